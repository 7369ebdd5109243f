//! How long a job is expected to run: an estimator's word, and the history of jobs that have ended.

use std::collections::BTreeMap;

use crate::{Aggregate, Fallback, Job, Matching, Policy, Random, Trace};

/// An estimate of `duration` with the error that Helios measured of its own (`priority_generater` of the artifact): of all jobs, 10 % are off by up to a tenth,
/// 40 % by a tenth to a half, 20 % by a half to the whole, 20 % by one to ten times and 10 % by ten to a hundred times the duration, each up or
/// down. It can be negative.
pub fn error_law(duration: f64, random: &mut Random) -> f64 {
    let level = random.unit();
    if level <= 0.1 {
        return duration + duration * random.between(-1.0, 1.0) * 0.1;
    }
    let (from, to) = match level {
        level if level <= 0.5 => (0.1, 0.5),
        level if level <= 0.7 => (0.5, 1.0),
        level if level <= 0.9 => (1.0, 10.0),
        _ => (10.0, 100.0),
    };
    let error = random.between(from, to);
    let sign = if random.unit() < 0.5 { -1.0 } else { 1.0 };
    duration + duration * error * sign
}

/// Gives every job an estimate by [`error_law`]; that of a job depends on the seed and its place in the trace alone.
pub fn predict(trace: &mut Trace, seed: u64) {
    for (index, job) in trace.jobs.iter_mut().enumerate() {
        job.predicted = error_law(job.duration as f64, &mut Random::of(seed, index as u64));
    }
}

/// What jobs can have in common: name, user, GPUs; `None` where it does not matter.
type Likeness = (Option<u32>, Option<u32>, Option<u32>);

/// Durations of jobs that are alike, in the order in which they ended.
#[derive(Default)]
struct Group {
    durations: Vec<f64>,
    sorted: Vec<f64>,
    sum: f64,
    log_sum: f64,
}

impl Group {
    fn add(&mut self, duration: f64) {
        self.durations.push(duration);
        let place = self.sorted.partition_point(|&other| other <= duration);
        self.sorted.insert(place, duration);
        self.sum += duration;
        self.log_sum += libm::log(duration);
    }

    fn aggregate(&self, aggregate: Aggregate, window: usize) -> f64 {
        let all = self.durations.len();
        if window == 0 || window >= all {
            return match aggregate {
                Aggregate::Mean => self.sum / all as f64,
                Aggregate::Median => middle(&self.sorted),
                Aggregate::Geometric => libm::exp(self.log_sum / all as f64),
            };
        }
        let latest = &self.durations[all - window..];
        match aggregate {
            Aggregate::Mean => latest.iter().sum::<f64>() / window as f64,
            Aggregate::Median => {
                let mut sorted = latest.to_vec();
                sorted.sort_by(f64::total_cmp);
                middle(&sorted)
            }
            Aggregate::Geometric => {
                libm::exp(latest.iter().map(|&duration| libm::log(duration)).sum::<f64>() / window as f64)
            }
        }
    }
}

fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

/// Jobs that have ended, as far as a policy reads of them.
pub(crate) struct History {
    groups: BTreeMap<Likeness, Group>,
    policy: Policy,
}

impl History {
    pub(crate) fn new(policy: &Policy, ended: &[Job]) -> Self {
        let mut history = Self { groups: BTreeMap::new(), policy: *policy };
        for job in ended {
            history.add(job);
        }
        history
    }

    /// A job has ended.
    pub(crate) fn add(&mut self, job: &Job) {
        if !self.is_read() {
            return;
        }
        for likeness in levels(self.policy.matching, job).into_iter().flatten() {
            self.groups.entry(likeness).or_default().add(job.duration as f64);
        }
    }

    /// Seconds that a job which comes now is expected to run.
    pub(crate) fn estimate(&self, job: &Job) -> f64 {
        let predicted = job.predicted;
        if !self.is_read() {
            return predicted;
        }
        let found = levels(self.policy.matching, job)
            .into_iter()
            .flatten()
            .find_map(|likeness| self.groups.get(&likeness));
        let Some(group) = found else { return predicted };
        let rolling = group.aggregate(self.policy.aggregate, self.policy.window);
        if predicted <= 0.0 && self.policy.fallback == Fallback::History {
            return rolling;
        }
        self.policy.history * rolling + (1.0 - self.policy.history) * predicted
    }

    fn is_read(&self) -> bool {
        self.policy.history > 0.0 || self.policy.fallback == Fallback::History
    }
}

/// What other jobs may have in common with `job`, the closest first. Levels that the trace says nothing of are left out.
fn levels(matching: Matching, job: &Job) -> [Option<Likeness>; 5] {
    let (name, user, gpus) = (job.name, job.user, Some(job.gpus));
    let (named, sent) = (name.is_some(), user.is_some());
    let level = |known: bool, likeness: Likeness| known.then_some(likeness);
    let all = Some((None, None, None));
    match matching {
        Matching::Name => [
            level(named && sent, (name, user, gpus)),
            level(named && sent, (name, user, None)),
            level(named, (name, None, None)),
            level(sent, (None, user, None)),
            all,
        ],
        Matching::User => [level(sent, (None, user, gpus)), level(sent, (None, user, None)), all, None, None],
        Matching::Gpus => [Some((None, None, gpus)), all, None, None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: u32, user: u32, gpus: u32, duration: u64) -> Job {
        let (name, user) = (Some(name), Some(user));
        Job { submit: 0, gpus, duration, cluster: 0, user, name, predicted: 1000.0 }
    }

    fn rolling(matching: Matching, window: usize, aggregate: Aggregate) -> Policy {
        Policy { history: 1.0, matching, window, aggregate, ..Policy::FIFO }
    }

    #[test]
    fn the_closest_jobs_count() {
        let ended = [job(1, 1, 1, 10), job(1, 1, 2, 20), job(1, 2, 1, 40), job(2, 1, 1, 80)];
        let history = History::new(&rolling(Matching::Name, 0, Aggregate::Mean), &ended);
        assert_eq!(history.estimate(&job(1, 1, 1, 1)), 10.0);
        assert_eq!(history.estimate(&job(1, 1, 4, 1)), 15.0);
        assert_eq!(history.estimate(&job(1, 3, 1, 1)), 70.0 / 3.0);
        assert_eq!(history.estimate(&job(3, 2, 1, 1)), 40.0);
        assert_eq!(history.estimate(&job(3, 3, 1, 1)), 37.5);
        let history = History::new(&rolling(Matching::Gpus, 0, Aggregate::Mean), &ended);
        assert_eq!(history.estimate(&job(1, 1, 2, 1)), 20.0);
    }

    #[test]
    fn a_window_forgets() {
        let ended = [10, 1000, 30, 50].map(|duration| job(1, 1, 1, duration));
        let estimate = |window, aggregate| {
            History::new(&rolling(Matching::Name, window, aggregate), &ended).estimate(&job(1, 1, 1, 1))
        };
        assert_eq!(estimate(2, Aggregate::Mean), 40.0);
        assert_eq!(estimate(3, Aggregate::Median), 50.0);
        assert_eq!(estimate(0, Aggregate::Median), 40.0);
        assert!((estimate(2, Aggregate::Geometric) - 1500.0_f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_is_replaced_only_where_the_policy_says_so() {
        let mut negative = job(1, 1, 1, 1);
        negative.predicted = -5.0;
        let with = |fallback| {
            History::new(&Policy { fallback, ..Policy::FIFO }, &[job(1, 1, 1, 10)]).estimate(&negative)
        };
        assert_eq!(with(Fallback::Keep), -5.0);
        assert_eq!(with(Fallback::History), 10.0);
    }

    #[test]
    fn errors_are_spread_as_published() {
        let mut counts = [0; 5];
        for index in 0..20_000 {
            let error = (error_law(1.0, &mut Random::of(3, index)) - 1.0).abs();
            counts[[0.1, 0.5, 1.0, 10.0].iter().filter(|&&bound| error > bound).count()] += 1;
        }
        for (count, share) in counts.into_iter().zip([0.1, 0.4, 0.2, 0.2, 0.1]) {
            assert!((f64::from(count) / 20_000.0 - share).abs() < 0.01, "{counts:?}");
        }
    }
}
