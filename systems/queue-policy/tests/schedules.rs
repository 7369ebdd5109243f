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
    let (jobs, cluster) = (jobs(list), Cluster { nodes: vec![nodes] });
    let outcome = simulate(&jobs, &[], &cluster, &policy, true);
    check(&jobs, &cluster, &outcome.log).expect("a schedule keeps to its cluster");
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
