//! What no policy can beat.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::metrics::{mean, percentile};
use crate::{GPUS_PER_NODE, Instance, Job};

/// Bounds on the metrics of an instance; queueing is at least 0, utilisation at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Seconds that the mean job takes at least.
    pub mean_jct: f64,
    /// Seconds that 99 % of jobs take at least.
    pub p99_jct: f64,
    /// Seconds that the mean job is in the queue at least, where nothing is preempted or moved.
    pub mean_queue: f64,
}

/// Bounds from two relaxations: nobody waits; and the virtual cluster is one machine that works on any job with all its GPUs, so that a job of work p = GPUs ×
/// duration is busy around a mean moment M. Σ M is least where the smallest p always goes first (Goemans 1997), and no job ends before M + duration / 2.
/// The larger of the two, over all virtual clusters, counts; preemption is free in both.
pub fn bounds(instance: &Instance) -> Bounds {
    let durations: Vec<f64> = instance.jobs.iter().map(|job| job.duration as f64).collect();
    let mut total = 0.0;
    for (cluster, &nodes) in instance.cluster.nodes.iter().enumerate() {
        let jobs: Vec<&Job> = instance.jobs.iter().filter(|job| job.cluster as usize == cluster).collect();
        let alone: f64 = jobs.iter().map(|job| job.duration as f64).sum();
        let came: f64 = jobs.iter().map(|job| job.submit as f64).sum();
        let one_machine = mean_busy_times(&jobs, f64::from(nodes * GPUS_PER_NODE)) + alone / 2.0 - came;
        // Sums of many reals: a hair less than computed, so that it stays below what they stand for.
        total += alone.max(one_machine * (1.0 - 1e-9));
    }
    let mean_jct = total / instance.jobs.len().max(1) as f64;
    let mean_queue = (mean_jct - mean(&durations)).max(0.0);
    Bounds { mean_jct, p99_jct: percentile(durations, 0.99), mean_queue }
}

/// The least sum of mean busy moments of `jobs` on one machine that does `speed` GPU-seconds in a second.
fn mean_busy_times(jobs: &[&Job], speed: f64) -> f64 {
    let work = |job: &Job| u64::from(job.gpus) * job.duration;
    let mut coming = jobs.iter().peekable();
    // Work, which is the priority, and what is left of it.
    let mut ready: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut left = Vec::with_capacity(jobs.len());
    let (mut now, mut sum) = (0.0_f64, 0.0);
    loop {
        let arrival = coming.peek().map(|job| job.submit as f64);
        let Some(&Reverse((total, index))) = ready.peek() else {
            let Some(job) = coming.next() else { return sum };
            now = now.max(job.submit as f64);
            ready.push(Reverse((work(job), left.len())));
            left.push(work(job) as f64);
            continue;
        };
        if arrival.is_some_and(|arrival| arrival <= now) {
            if let Some(job) = coming.next() {
                ready.push(Reverse((work(job), left.len())));
                left.push(work(job) as f64);
            }
            continue;
        }
        let needed = left[index] / speed;
        let until = arrival.map_or(now + needed, |arrival| arrival.min(now + needed));
        let done = (until - now) * speed;
        sum += done / total as f64 * (now + until) / 2.0;
        if until >= now + needed {
            ready.pop();
        } else {
            left[index] -= done;
        }
        now = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cluster, Policy, metrics, simulate};

    fn job(submit: u64, gpus: u32, duration: u64) -> Job {
        Job { submit, gpus, duration, cluster: 0, user: None, name: None, predicted: duration as f64 }
    }

    #[test]
    fn a_node_that_is_wanted_whole_by_all_leaves_no_gap() {
        // 10 s and 20 s of the whole node one after the other: (10 + 30) / 2.
        let jobs = vec![job(0, 8, 20), job(0, 8, 10)];
        let instance = Instance { jobs, ended: Vec::new(), cluster: Cluster { nodes: vec![1] } };
        assert!((bounds(&instance).mean_jct - 20.0).abs() < 1e-6);
        assert!((bounds(&instance).mean_queue - 5.0).abs() < 1e-6);
    }

    #[test]
    fn nobody_waits_on_an_empty_cluster() {
        let jobs = vec![job(0, 1, 100), job(1000, 1, 300)];
        let instance = Instance { jobs, ended: Vec::new(), cluster: Cluster { nodes: vec![1] } };
        let outcome = simulate(&instance.jobs, &[], &instance.cluster, &Policy::FIFO, false);
        assert_eq!(bounds(&instance).mean_jct, 200.0);
        assert_eq!(metrics(&instance, &outcome).mean_jct, 200.0);
    }
}
