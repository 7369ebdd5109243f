//! What holds for every policy, on traces of every shape.

use attune_queue_policy::{
    Ageing, Aggregate, Backfill, Change, Cluster, Entry, Estimate, Fallback, Generator, Half, Instance,
    Matching, Order, Policy, Random, Repacking, bounds, check, generate, metrics, predict, published,
    simulate, windows,
};

fn instance(seed: u64, load: f64, jobs: usize) -> Instance {
    let mut trace = generate(&Generator { jobs, clusters: 2, nodes: 4, load, users: 8, seed });
    predict(&mut trace, seed);
    let cluster = Cluster::for_trace(&trace, &[4]).expect("four nodes take every job");
    windows(&trace, &cluster, Half::Second, 1).expect("a trace has a second half").remove(0)
}

fn any(random: &mut Random) -> Policy {
    let mut pick = |count: usize| random.below(count);
    let orders = [Order::Fifo, Order::Sjf, Order::Service, Order::Srtf, Order::Las];
    Policy {
        order: orders[pick(5)],
        exponent: pick(5) as f64 / 2.0,
        estimate: [Estimate::Predicted, Estimate::Oracle][pick(2)],
        history: pick(3) as f64 / 2.0,
        window: [0, 3, 10][pick(3)],
        aggregate: [Aggregate::Mean, Aggregate::Median, Aggregate::Geometric][pick(3)],
        matching: [Matching::Name, Matching::User, Matching::Gpus][pick(3)],
        fallback: [Fallback::Keep, Fallback::History][pick(2)],
        backfill: [Backfill::Strict, Backfill::Greedy, Backfill::Reserve][pick(3)],
        ageing: [Ageing::None, Ageing::Linear(3.0), Ageing::Logarithmic(5000.0)][pick(3)],
        preemption: [0.0, 0.5, 1.0][pick(3)],
        cooldown: [0, 60, 3600][pick(3)],
        repacking: [Repacking::Off, Repacking::Idle(0.1)][pick(2)],
    }
}

#[test]
fn every_policy_makes_a_schedule() {
    let mut random = Random::new(5);
    let (mut preempted, mut moved) = (0, 0);
    for round in 0..120 {
        let instance = instance(round, [0.5, 0.9, 1.5][round as usize % 3], 240);
        let policy = any(&mut random);
        let outcome = simulate(&instance.jobs, &instance.ended, &instance.cluster, &policy, true);
        check(&instance.jobs, &instance.cluster, &outcome.log)
            .unwrap_or_else(|fault| panic!("{policy:?}: {fault}"));
        let of = metrics(&instance, &outcome);
        let least = bounds(&instance);
        assert!(of.mean_jct >= least.mean_jct * (1.0 - 1e-9), "{policy:?}: {of:?} {least:?}");
        assert!(of.p99_jct >= least.p99_jct && of.utilisation <= 1.0 && of.fragmentation <= 1.0);
        let preemptions: u32 = outcome.jobs.iter().map(|job| job.preemptions).sum();
        assert!(policy.preemption > 0.0 || preemptions == 0);
        let moves: u32 = outcome.jobs.iter().map(|job| job.moves).sum();
        assert!(policy.repacking != Repacking::Off || moves == 0);
        if preemptions == 0 {
            assert!(of.mean_queue >= least.mean_queue * (1.0 - 1e-9) - moves as f64 * 60.0, "{policy:?}");
        }
        (preempted, moved) = (preempted + preemptions, moved + moves);
    }
    assert!(preempted > 100 && moved > 100, "{preempted} {moved}");
}

#[test]
fn fifo_never_reorders() {
    let instance = instance(1, 1.2, 400);
    let outcome = simulate(&instance.jobs, &[], &instance.cluster, &Policy::FIFO, true);
    for cluster in 0..2 {
        let started: Vec<usize> = outcome
            .log
            .iter()
            .filter(|entry| {
                matches!(entry.change, Change::Start(_)) && instance.jobs[entry.job].cluster == cluster
            })
            .map(|entry| entry.job)
            .collect();
        assert!(started.is_sorted(), "{started:?}");
    }
}

#[test]
fn nobody_is_stopped_within_the_cool_down() {
    let instance = instance(2, 1.3, 400);
    let policy = Policy {
        order: Order::Las,
        preemption: 1.0,
        cooldown: 900,
        backfill: Backfill::Greedy,
        ..Policy::FIFO
    };
    let outcome = simulate(&instance.jobs, &[], &instance.cluster, &policy, true);
    let mut started = vec![0; instance.jobs.len()];
    let mut stopped = 0;
    for Entry { time, job, change } in &outcome.log {
        match change {
            Change::Start(_) => started[*job] = *time,
            Change::Preempt => {
                assert!(time - started[*job] >= 900);
                stopped += 1;
            }
            _ => {}
        }
    }
    assert!(stopped > 10);
}

#[test]
fn the_same_input_gives_the_same_output() {
    let mut random = Random::new(9);
    for _ in 0..10 {
        let policy = any(&mut random);
        let run = || {
            let instance = instance(4, 1.0, 200);
            simulate(&instance.jobs, &instance.ended, &instance.cluster, &policy, true)
        };
        assert_eq!(run(), run());
    }
}

#[test]
fn what_a_checker_finds_wrong() {
    let instance = instance(3, 1.2, 100);
    let log = simulate(&instance.jobs, &[], &instance.cluster, &Policy::FIFO, true).log;
    let fault = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut log = log.clone();
        change(&mut log);
        check(&instance.jobs, &instance.cluster, &log).unwrap_err()
    };
    let ended = |log: &[Entry]| log.iter().rposition(|entry| entry.change == Change::End).unwrap();
    assert!(fault(&|log| log.truncate(log.len() - 1)).contains("does not end"));
    assert!(
        fault(&|log| {
            let last = ended(log);
            log[last].time += 1
        })
        .contains("it ran")
    );
    assert!(
        fault(&|log| {
            log.remove(0);
        })
        .contains("is not running")
    );
    let everywhere = |log: &mut Vec<Entry>| {
        for entry in log.iter_mut() {
            if let Change::Start(parts) = &mut entry.change {
                parts.iter_mut().for_each(|part| part.node = 0);
            }
        }
    };
    assert!(!fault(&everywhere).is_empty());
}

#[test]
fn service_first_beats_fifo_and_knowing_beats_guessing() {
    let mut sums = [0.0; 5];
    for seed in 0..5 {
        let instance = instance(seed, 1.0, 600);
        for (sum, one) in sums.iter_mut().zip(published()) {
            let outcome = simulate(&instance.jobs, &instance.ended, &instance.cluster, &one.policy, false);
            *sum += metrics(&instance, &outcome).mean_jct;
        }
    }
    let [fifo, qssf, sjf, service, srtf] = sums;
    assert!(qssf < fifo && sjf < qssf && service < qssf && srtf < sjf, "{sums:?}");
}

#[test]
fn windows_know_of_what_was_before_and_of_nothing_else() {
    let trace = generate(&Generator { jobs: 200, clusters: 1, nodes: 4, load: 0.8, users: 5, seed: 1 });
    let cluster = Cluster::for_trace(&trace, &[4]).unwrap();
    let first = windows(&trace, &cluster, Half::First, 4).unwrap();
    let second = windows(&trace, &cluster, Half::Second, 4).unwrap();
    let all: Vec<_> = first.iter().chain(&second).flat_map(|window| window.jobs.clone()).collect();
    assert_eq!(all, trace.jobs);
    assert!(first[0].ended.is_empty());
    for window in first.iter().chain(&second) {
        let start = window.jobs[0].submit;
        assert!(window.ended.iter().all(|job| job.submit + job.duration <= start));
    }
    assert!(windows(&trace, &cluster, Half::First, 101).unwrap_err().to_string().contains("100 jobs"));
}

#[test]
fn a_job_that_could_never_start_is_refused() {
    let trace = generate(&Generator { jobs: 300, clusters: 1, nodes: 4, load: 0.8, users: 20, seed: 1 });
    let message = Cluster::for_trace(&trace, &[1]).unwrap_err().to_string();
    assert!(message.contains("would never start"), "{message}");
    assert!(
        Cluster::for_trace(&trace, &[4, 4]).unwrap_err().to_string().contains("2 numbers of nodes for 1 ")
    );
}

#[test]
fn a_generated_trace_has_the_shape_that_it_claims() {
    let trace = generate(&Generator { jobs: 4000, clusters: 2, nodes: 8, load: 0.9, users: 30, seed: 2 });
    let single = trace.jobs.iter().filter(|job| job.gpus == 1).count() as f64 / 4000.0;
    assert!((0.45..0.85).contains(&single), "{single}");
    let mut durations: Vec<u64> = trace.jobs.iter().map(|job| job.duration).collect();
    durations.sort_unstable();
    let mean = durations.iter().sum::<u64>() / 4000;
    assert!(mean > 4 * durations[2000], "mean {mean}, median {}", durations[2000]);
    let span = (trace.jobs[3999].submit - trace.jobs[0].submit) as f64;
    let work: f64 = trace.jobs.iter().map(|job| job.duration as f64 * f64::from(job.gpus)).sum();
    let load = work / (span * 128.0);
    assert!((0.7..1.15).contains(&load), "{load}");
    assert!(trace.jobs.is_sorted_by_key(|job| job.submit));
}
