//! The number that the queue is sorted by.

use crate::{Ageing, Job, Order, Policy};

/// A rank in the queue: the smaller, the sooner; then who came first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rank {
    pub(crate) key: f64,
    pub(crate) job: usize,
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.total_cmp(&other.key).then(self.job.cmp(&other.job))
    }
}

/// GPU-seconds of the first of the levels that attained service is told apart by; each further one is twice as long (Tiresias, NSDI 2019). Without levels two long
/// jobs would stop each other for ever.
const LEVEL: f64 = 60.0;

/// Seconds that a job is expected to run from now on. An estimate that it has outrun doubles until it has not.
pub(crate) fn remaining(estimate: f64, ran: u64) -> f64 {
    let ran = ran as f64;
    // A job that has not run yet keeps even an estimate that cannot be: the published policy sorts by it.
    if ran == 0.0 {
        return estimate;
    }
    let mut total = estimate.max(1.0);
    while total <= ran {
        total *= 2.0;
    }
    total - ran
}

/// What a job has attained at the start of its level, and at its end, in units of N^β seconds.
fn level(attained: f64) -> (f64, f64) {
    let (mut start, mut end) = (0.0, LEVEL);
    while end <= attained {
        (start, end) = (end, 2.0 * end + LEVEL);
    }
    (start, end)
}

/// Seconds that a job has to have run in all before its key is next higher than it is after `ran`, more than those; nothing where it never is.
pub(crate) fn next_rise(policy: &Policy, job: &Job, estimate: f64, ran: u64) -> Option<u64> {
    let rise = match policy.order {
        Order::Fifo | Order::Sjf | Order::Service => return None,
        // The estimate is outrun.
        Order::Srtf => ran as f64 + remaining(estimate, ran),
        Order::Las => {
            let weight = libm::pow(f64::from(job.gpus), policy.exponent);
            level(weight * ran as f64).1 / weight
        }
    };
    Some((rise.ceil() as u64).max(ran + 1))
}

/// The key of a job whose duration is estimated as `estimate` and that has run for `ran` seconds.
///
/// With linear ageing of rate r it is p + r · submission, which orders as p − r · waited does; with logarithmic ageing of τ it is
/// submission + τ · ln(1 + p).
pub(crate) fn key(policy: &Policy, job: &Job, estimate: f64, ran: u64) -> f64 {
    let weight = || libm::pow(f64::from(job.gpus), policy.exponent);
    let size = match policy.order {
        Order::Fifo => return job.submit as f64,
        Order::Sjf => estimate,
        Order::Service => weight() * estimate,
        Order::Srtf => weight() * remaining(estimate, ran),
        Order::Las => level(weight() * ran as f64).0,
    };
    match policy.ageing {
        Ageing::None => size,
        Ageing::Linear(rate) => size + rate * job.submit as f64,
        Ageing::Logarithmic(seconds) => job.submit as f64 + seconds * libm::log1p(size.max(0.0)),
    }
}
