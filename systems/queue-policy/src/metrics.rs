use crate::{Instance, Outcome};

/// What is measured of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its unit, empty for a share.
    pub unit: &'static str,
    /// Whether more is better.
    pub maximise: bool,
}

/// The metrics, in the order of [`Metrics::values`].
pub const METRICS: [Metric; 6] = [
    Metric { name: "mean-jct", unit: "s", maximise: false },
    Metric { name: "p99-jct", unit: "s", maximise: false },
    Metric { name: "mean-queue", unit: "s", maximise: false },
    Metric { name: "p99-queue", unit: "s", maximise: false },
    Metric { name: "utilisation", unit: "", maximise: true },
    Metric { name: "fragmentation", unit: "", maximise: false },
];

/// What became of the jobs of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Mean of the times from submission to end, in seconds.
    pub mean_jct: f64,
    /// 99 % of jobs took at most so long from submission to end, in seconds.
    pub p99_jct: f64,
    /// Mean of the times in the queue, in seconds; after preemptions too.
    pub mean_queue: f64,
    /// 99 % of jobs were at most so long in the queue, in seconds.
    pub p99_queue: f64,
    /// Share of GPU-seconds with a job, from the first submission to the last.
    pub utilisation: f64,
    /// Share of GPU-seconds, from the first submission to the last, that were idle while a job waited that the sum of free GPUs would have been enough for.
    pub fragmentation: f64,
}

impl Metrics {
    /// In the order of [`METRICS`].
    pub fn values(&self) -> [f64; 6] {
        [self.mean_jct, self.p99_jct, self.mean_queue, self.p99_queue, self.utilisation, self.fragmentation]
    }
}

/// The metrics of what became of an instance's jobs.
pub fn metrics(instance: &Instance, outcome: &Outcome) -> Metrics {
    let taken = |index: usize| (outcome.jobs[index].end - instance.jobs[index].submit) as f64;
    let times: Vec<f64> = (0..instance.jobs.len()).map(taken).collect();
    let queued: Vec<f64> = outcome.jobs.iter().map(|job| job.queued as f64).collect();
    let share = |part: u64| part as f64 / outcome.capacity.max(1) as f64;
    Metrics {
        mean_jct: mean(&times),
        p99_jct: percentile(times, 0.99),
        mean_queue: mean(&queued),
        p99_queue: percentile(queued, 0.99),
        utilisation: share(outcome.busy),
        fragmentation: share(outcome.fragmented),
    }
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The number that a share of `values` does not exceed, between neighbours on the straight line.
pub(crate) fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let place = share * last as f64;
    let (below, part) = (place.floor(), place - place.floor());
    let (low, high) = (values[below as usize], values[(below as usize + 1).min(last)]);
    low + part * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_neighbours() {
        let values: Vec<f64> = (0..101).map(f64::from).rev().collect();
        assert_eq!(percentile(values, 0.99), 99.0);
        assert_eq!(percentile(vec![10.0, 20.0], 0.99), 19.9);
        assert_eq!(percentile(vec![7.0], 0.99), 7.0);
    }
}
