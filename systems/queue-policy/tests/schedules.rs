//! Schedules that are worked out by hand.

use attune_queue_policy::{
    Ageing, Backfill, Cluster, Estimate, Job, Order, Outcome, Policy, Repacking, check, simulate,
};

/// Submission, GPUs, duration.
fn jobs(list: &[(u64, u32, u64)]) -> Vec<Job> {
    let job = |&(submit, gpus, duration): &(u64, u32, u64)| Job {
        submit,
        gpus,
        duration,
        cluster: 0,
        user: None,
        name: None,
        predicted: duration as f64,
    };
    list.iter().map(job).collect()
}

fn run(list: &[(u64, u32, u64)], nodes: u32, policy: Policy) -> Outcome {
    run_jobs(&jobs(list), nodes, policy)
}

fn run_jobs(jobs: &[Job], nodes: u32, policy: Policy) -> Outcome {
    let cluster = Cluster { nodes: vec![nodes] };
    let outcome = simulate(jobs, &[], &cluster, &policy, true);
    check(jobs, &cluster, &outcome.log).expect("a schedule keeps to its cluster");
    outcome
}

fn ends(list: &[(u64, u32, u64)], nodes: u32, policy: Policy) -> Vec<u64> {
    run(list, nodes, policy).jobs.iter().map(|job| job.end).collect()
}

const ORACLE: Policy = Policy { estimate: Estimate::Oracle, ..Policy::FIFO };

#[test]
fn the_order_says_who_is_next() {
    // One node. A long job runs while three wait that need the node whole, or nearly.
    let list = [(0, 8, 100), (1, 8, 50), (2, 8, 10), (3, 4, 15)];
    assert_eq!(ends(&list, 1, Policy::FIFO), [100, 150, 160, 175]);
    assert_eq!(ends(&list, 1, Policy { order: Order::Sjf, ..ORACLE }), [100, 175, 110, 125]);
    // 4 × 15 = 60 GPU-seconds before 8 × 10 = 80.
    assert_eq!(ends(&list, 1, Policy { order: Order::Service, ..ORACLE }), [100, 175, 125, 115]);
    // Without the GPUs it is shortest job first.
    let flat = Policy { order: Order::Service, exponent: 0.0, ..ORACLE };
    assert_eq!(ends(&list, 1, flat), ends(&list, 1, Policy { order: Order::Sjf, ..ORACLE }));
}

#[test]
fn strict_queues_wait_and_backfill_does_not() {
    // Half a node is busy for 100 s; the first who waits needs all of it; two small ones would fit now.
    let list = [(0, 4, 100), (1, 8, 50), (2, 4, 60), (3, 2, 200)];
    assert_eq!(ends(&list, 1, Policy::FIFO), [100, 150, 210, 350]);
    let greedy = Policy { backfill: Backfill::Greedy, ..Policy::FIFO };
    // The 4 GPUs at 2; then the 2 GPUs at 62, so that the first waits until 262.
    assert_eq!(ends(&list, 1, greedy), [100, 312, 62, 262]);
    let reserve = Policy { backfill: Backfill::Reserve, ..ORACLE };
    // The 60 s end before 100 and go; the 200 s would not.
    assert_eq!(ends(&list, 1, reserve), [100, 150, 62, 350]);
}

#[test]
fn a_reservation_lets_those_pass_who_leave_room() {
    // Two nodes, one busy until 100 with all GPUs and one until 1000 with half of them: the first who waits gets the first node, and a long job of 4 GPUs goes beside the other.
    let list = [(0, 8, 100), (0, 4, 1000), (1, 8, 50), (2, 4, 500)];
    let reserve = Policy { backfill: Backfill::Reserve, ..ORACLE };
    assert_eq!(ends(&list, 2, reserve), [100, 1000, 150, 502]);
}

#[test]
fn shortest_remaining_time_first_stops_who_has_more_left() {
    let srtf = Policy { order: Order::Srtf, exponent: 0.0, preemption: 1.0, ..ORACLE };
    // Stopped at 10, on at 30, with 90 s and 30 s of overhead to go.
    let outcome = run(&[(0, 8, 100), (10, 8, 20)], 1, srtf);
    assert_eq!(outcome.jobs.iter().map(|job| job.end).collect::<Vec<_>>(), [150, 30]);
    assert_eq!((outcome.jobs[0].preemptions, outcome.jobs[0].overhead, outcome.jobs[0].queued), (1, 30, 20));
    // One with less left than who comes is not.
    assert_eq!(ends(&[(0, 8, 100), (95, 8, 20)], 1, srtf), [100, 120]);
}

#[test]
fn only_those_are_stopped_who_are_needed() {
    // Two nodes: 8 GPUs for long, two halves for less long. A short job of 4 needs one half, and the last in the order is on the other node.
    let srtf = Policy { order: Order::Srtf, exponent: 0.0, preemption: 1.0, ..ORACLE };
    let outcome = run(&[(0, 8, 300), (0, 4, 200), (0, 4, 100), (10, 4, 20)], 2, srtf);
    assert_eq!(outcome.jobs.iter().map(|job| job.preemptions).collect::<Vec<_>>(), [1, 0, 0, 0]);
}

#[test]
fn a_cool_down_delays_a_preemption() {
    let srtf = Policy { order: Order::Srtf, exponent: 0.0, preemption: 1.0, cooldown: 40, ..ORACLE };
    // Not at 10 but at 40.
    assert_eq!(ends(&[(0, 8, 100), (10, 8, 20)], 1, srtf), [150, 60]);
}

#[test]
fn least_attained_service_shares_in_rounds() {
    let las = Policy { order: Order::Las, exponent: 0.0, preemption: 1.0, cooldown: 50, ..Policy::FIFO };
    // The second comes at 10 and gets the node at 60, when the first leaves the level of new jobs; the first goes on at 110 with 40 s and 30 s to go.
    let outcome = run(&[(0, 8, 100), (10, 8, 50)], 1, las);
    assert_eq!(outcome.jobs.iter().map(|job| job.end).collect::<Vec<_>>(), [180, 110]);
}

#[test]
fn who_has_outrun_an_estimate_is_looked_at_again() {
    let srtf = Policy { order: Order::Srtf, exponent: 0.0, preemption: 1.0, ..Policy::FIFO };
    let mut list = jobs(&[(0, 8, 1_000_000), (5, 8, 100)]);
    list[0].predicted = 10.0;
    // 10 s are expected, then 20, 40, 80, 160 and, from 160 on, 320, of which 160 are left: more than 100.
    let outcome = run_jobs(&list, 1, srtf);
    assert_eq!(outcome.jobs.iter().map(|job| job.end).collect::<Vec<_>>(), [1_000_130, 260]);
    // An estimate that cannot be is outrun at once: after a second there is one left, at 2 there are two, at 128 there are 128.
    list[0].predicted = -1e6;
    assert_eq!(run_jobs(&list, 1, srtf).jobs[1].end, 228);
}

#[test]
fn who_had_a_high_level_before_is_stopped_when_the_cool_down_ends() {
    let las = Policy { order: Order::Las, exponent: 0.0, preemption: 1.0, cooldown: 50, ..Policy::FIFO };
    // The first is stopped at 60, in the second level, and goes on at 110. It has read its checkpoint and run for 50 s at 190; the third level begins later.
    let outcome = run(&[(0, 8, 200), (10, 8, 50), (120, 8, 20)], 1, las);
    assert_eq!(outcome.jobs.iter().map(|job| job.end).collect::<Vec<_>>(), [330, 110, 210]);
}

#[test]
fn nobody_is_stopped_for_a_job_that_would_delay_the_first() {
    let reserve =
        Policy { order: Order::Sjf, backfill: Backfill::Reserve, preemption: 1.0, cooldown: 1000, ..ORACLE };
    // At 1950 the first half of the node is free from 2500 on, and can be freed at once; the other, which cannot be, from 2640 on. The one of 500 s needs both.
    let ends_with = |last| ends(&[(0, 4, 2500), (1940, 4, 700), (1950, 8, 500), (1950, 4, last)], 1, reserve);
    assert_eq!(ends_with(1000), [2500, 2640, 3140, 4140]);
    // Who is done before 2640 may have the first half.
    assert_eq!(ends_with(520), [3720, 2640, 3140, 2470]);
}

#[test]
fn a_reservation_lets_those_preempt_who_leave_room() {
    let reserve =
        Policy { order: Order::Sjf, backfill: Backfill::Reserve, preemption: 1.0, cooldown: 1000, ..ORACLE };
    // Two jobs of 4 GPUs on the first node, of which one can be stopped, and one of 8 on the second, which the first who waits gets at 2640. Who comes after that takes the place of
    // the one that can be stopped, who would still run at 2640.
    let list = [(0, 4, 5000), (1940, 4, 3000), (1940, 8, 700), (1950, 8, 500), (1950, 4, 1000)];
    assert_eq!(ends(&list, 2, reserve), [6030, 4940, 2640, 3140, 2950]);
}

#[test]
fn ageing_brings_the_long_job_before_new_short_ones() {
    // A job of 100 s comes at 1, jobs of 10 s at 9, 19, ...: without ageing it is the last.
    let mut list = vec![(0, 8, 10), (1, 8, 100)];
    list.extend((1..=20).map(|index| (index * 10 - 1, 8, 10)));
    let sjf = Policy { order: Order::Sjf, ..ORACLE };
    assert_eq!(ends(&list, 1, sjf)[1], 310);
    // 100 + 2 · 1 against 10 + 2 · submission: those who come after 46 are behind it.
    let aged = Policy { ageing: Ageing::Linear(2.0), ..sjf };
    assert_eq!(ends(&list, 1, aged)[1], 150);
    let logarithmic = Policy { ageing: Ageing::Logarithmic(1.0), ..sjf };
    assert_eq!(ends(&list, 1, logarithmic)[1], 110);
}

#[test]
fn repacking_makes_room_for_who_fits_the_sum() {
    // Two nodes with 4 of 8 GPUs busy each, jobs of 1 that leave holes: 8 are free, on two nodes.
    let list = [(0, 4, 10), (0, 4, 100), (0, 4, 10), (0, 4, 100), (20, 8, 50)];
    assert_eq!(ends(&list, 2, Policy::FIFO)[4], 150);
    let packed = run(&list, 2, Policy { repacking: Repacking::Idle(0.25), ..Policy::FIFO });
    // One of the two moves for 30 s; the large one starts when it comes.
    assert_eq!(packed.jobs[4].end, 70);
    assert_eq!(packed.jobs.iter().map(|job| job.moves).sum::<u32>(), 1);
    let mut later = [packed.jobs[1].end, packed.jobs[3].end];
    later.sort_unstable();
    assert_eq!(later, [100, 130]);
    // Half of the GPUs are idle, and that is less than the trigger.
    assert_eq!(ends(&list, 2, Policy { repacking: Repacking::Idle(0.6), ..Policy::FIFO })[4], 150);
}

#[test]
fn shares_of_time_are_counted_to_the_last_submission() {
    // 100 s of one node: 4 GPUs busy for 50 s, then 8 idle. One of 8 waits for 40 s with 4 idle, which are no 8; one of 4 waits behind it from 30 on.
    let outcome = run(&[(0, 4, 50), (10, 8, 10), (30, 4, 10), (100, 1, 1)], 1, Policy::FIFO);
    assert_eq!(outcome.capacity, 800);
    assert_eq!(outcome.busy, 4 * 50 + 8 * 10 + 4 * 10);
    assert_eq!(outcome.fragmented, 4 * 20);
}
