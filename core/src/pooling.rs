//! Pooling: what a config scores over all items that it was scored on, when its strategy
//! [asked for it again](crate::strategy::Origin::Again) on other ones.
//!
//! Items differ more than configs do, so a mean over more items says nothing beside one over fewer unless the items are
//! taken out of it. In the additive model `x(config, item) = a(config) + b(item)` (randomised blocks; Cochran & Cox,
//! *Experimental Designs*, ch. 4) a block of new items is harder than a config's first ones by
//!
//! `d = mean over the configs scored on the block of (their mean over the block − their mean over their items before it)`,
//!
//! where items of earlier blocks have had their `d` taken off. The pooled scores of a config are its first items and its new
//! ones less `d` of their block. So two configs that were asked
//! again equally often differ by their paired difference over all items, and one that was asked again alone stays where it
//! was: nobody else says how hard its new items are.
//!
//! ```
//! use attune_core::plan::Plan;
//! use attune_core::pooling::Pool;
//! use attune_core::scores::{Aggregate, MetricScore, Scores};
//! use attune_core::space::Config;
//! use attune_core::strategy::Origin;
//! use attune_core::trial::{Outcome, Repeat, Trial, TrialState};
//!
//! let scores = |items: Vec<f64>| {
//!     let weights = vec![1.0; items.len()];
//!     let score = MetricScore { aggregate: Aggregate::Mean, items, weights };
//!     Scores { metrics: [("loss".to_owned(), score)].into() }
//! };
//! let trial = |id, origin, state| {
//!     let mut trial = Trial::new(id, Config::new(vec![]), Plan::empty(), vec![], origin);
//!     trial.advance(state).expect("a waiting trial may end");
//!     trial
//! };
//! let first = |id, items| {
//!     trial(id, Origin::Random, TrialState::Complete(Outcome { scores: scores(items), reused: false }))
//! };
//! let again = |id, of, items| {
//!     let repeat = Repeat { items: vec![2, 3], scores: scores(items), reused: false };
//!     trial(id, Origin::Again { of }, TrialState::Repeated(repeat))
//! };
//! // The second looks better by 1 on the first items, and is worse by 2 on the new ones, which are harder.
//! let trials = [
//!     first(0, vec![3.0, 3.0]),
//!     first(1, vec![2.0, 2.0]),
//!     again(2, 0, vec![7.0, 7.0]),
//!     again(3, 1, vec![9.0, 9.0]),
//! ];
//! let pool = Pool::new(&trials);
//! let value = |of| pool.scores(&trials[of]).and_then(|scores| scores.value("loss"));
//! assert_eq!((value(0), value(1)), (Some(2.25), Some(2.75)));
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::scores::{MetricScore, Scores};
use crate::trial::{Repeat, Trial, TrialState};

/// The trials of a study, with those together that have one config.
pub struct Pool<'a> {
    trials: &'a [Trial],
    /// By first trial: its repeats, in order.
    repeats: BTreeMap<u64, Vec<&'a Repeat>>,
    /// By block of items and metric: how much higher it scores than the items before it.
    offsets: BTreeMap<(&'a [u32], &'a str), f64>,
}

impl<'a> Pool<'a> {
    /// All trials of a study so far, each at the place of its number.
    pub fn new(trials: &'a [Trial]) -> Self {
        let mut repeats: BTreeMap<u64, Vec<&Repeat>> = BTreeMap::new();
        let mut blocks: BTreeMap<&[u32], Vec<(u64, &Repeat)>> = BTreeMap::new();
        for trial in trials {
            if let (TrialState::Repeated(repeat), Some(of)) = (trial.state(), trial.again_of()) {
                repeats.entry(of).or_default().push(repeat);
                blocks.entry(&repeat.items).or_default().push((of, repeat));
            }
        }
        let mut offsets = BTreeMap::new();
        let mut before: BTreeMap<(u64, &str), Sum> = BTreeMap::new();
        for (items, block) in blocks {
            let mut sums: BTreeMap<&str, Vec<(u64, Sum)>> = BTreeMap::new();
            for (of, repeat) in block {
                for (metric, score) in &repeat.scores.metrics {
                    let first = || first(trials, of)?.metrics.get(metric).map(Sum::of);
                    if let (Entry::Vacant(vacant), Some(first)) = (before.entry((of, metric)), first()) {
                        vacant.insert(first);
                    }
                    sums.entry(metric).or_default().push((of, Sum::of(score)));
                }
            }
            for (metric, sums) in sums {
                let shift = |(of, sum): &(u64, Sum)| Some(sum.mean() - before.get(&(*of, metric))?.mean());
                let shifts: Vec<f64> =
                    sums.iter().filter_map(shift).filter(|shift| shift.is_finite()).collect();
                if shifts.is_empty() {
                    continue;
                }
                let offset = shifts.iter().sum::<f64>() / shifts.len() as f64;
                offsets.insert((items, metric), offset);
                for (of, sum) in sums {
                    if let Some(before) = before.get_mut(&(of, metric)) {
                        before.values += sum.values - offset * sum.weights;
                        before.weights += sum.weights;
                    }
                }
            }
        }
        Self { trials, repeats, offsets }
    }

    /// Whether any config was asked again.
    pub fn is_empty(&self) -> bool {
        self.repeats.is_empty()
    }

    /// What the config of a trial scores over all items that it was scored on, whether the trial is its first or a repeat;
    /// `None` when it has no scores on all its first items.
    pub fn scores<'t>(&'t self, trial: &'t Trial) -> Option<Cow<'t, Scores>> {
        let id = trial.again_of().unwrap_or(trial.id);
        let first = if id == trial.id { trial.scores()? } else { first(self.trials, id)? };
        let Some(repeats) = self.repeats.get(&id) else { return Some(Cow::Borrowed(first)) };
        let mut pooled = first.clone();
        for repeat in repeats {
            let fresh = self.fresh(repeat);
            pooled.metrics.retain(|metric, _| fresh.metrics.contains_key(metric));
            for (metric, score) in fresh.metrics {
                if let Some(pooled) = pooled.metrics.get_mut(&metric) {
                    pooled.items.extend(score.items);
                    pooled.weights.extend(score.weights);
                }
            }
        }
        Some(Cow::Owned(pooled))
    }

    /// What a repeat found, less how much harder its items are than first ones.
    pub fn fresh(&self, repeat: &Repeat) -> Scores {
        let mut fresh = repeat.scores.clone();
        for (metric, score) in &mut fresh.metrics {
            let offset = self.offsets.get(&(&repeat.items[..], metric.as_str())).copied().unwrap_or(0.0);
            score.items.iter_mut().for_each(|value| *value -= offset);
        }
        fresh
    }
}

/// The scores of the first trial of a config.
fn first(trials: &[Trial], of: u64) -> Option<&Scores> {
    trials.get(usize::try_from(of).ok()?)?.scores()
}

/// Weighted values of single items, before any aggregate.
struct Sum {
    values: f64,
    weights: f64,
}

impl Sum {
    fn of(score: &MetricScore) -> Self {
        let values = score.items.iter().zip(&score.weights).map(|(item, weight)| item * weight).sum();
        Self { values, weights: score.weights.iter().sum() }
    }

    fn mean(&self) -> f64 {
        self.values / self.weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::scores::Aggregate;
    use crate::space::Config;
    use crate::strategy::Origin;
    use crate::trial::Outcome;

    fn scores(aggregate: Aggregate, items: &[f64]) -> Scores {
        let score = MetricScore { aggregate, items: items.to_vec(), weights: vec![1.0; items.len()] };
        Scores { metrics: [("loss".to_owned(), score)].into() }
    }

    fn trial(id: u64, origin: Origin, state: TrialState) -> Trial {
        let mut trial = Trial::new(id, Config::new(vec![]), Plan::empty(), vec![], origin);
        trial.advance(state).unwrap();
        trial
    }

    fn first_of(id: u64, items: &[f64]) -> Trial {
        let scores = scores(Aggregate::ExpMean, items);
        trial(id, Origin::Random, TrialState::Complete(Outcome { scores, reused: false }))
    }

    fn again(id: u64, of: u64, block: &[u32], items: &[f64]) -> Trial {
        let scores = scores(Aggregate::ExpMean, items);
        let repeat = Repeat { items: block.to_vec(), scores, reused: false };
        trial(id, Origin::Again { of }, TrialState::Repeated(repeat))
    }

    /// Natural logarithm of the pooled value, the mean over items.
    fn pooled(trials: &[Trial], of: usize) -> f64 {
        Pool::new(trials).scores(&trials[of]).unwrap().value("loss").unwrap().ln()
    }

    #[test]
    fn in_an_additive_world_pooling_finds_the_differences_of_configs_whoever_was_asked_again() {
        let config = [0.3, -0.2, 0.9];
        let item = [0.0, 1.0, 5.0, -2.0, 40.0];
        let on =
            |c: usize, items: &[usize]| -> Vec<f64> { items.iter().map(|i| config[c] + item[*i]).collect() };
        let trials = [
            first_of(0, &on(0, &[0, 1])),
            first_of(1, &on(1, &[0, 1])),
            first_of(2, &on(2, &[0, 1])),
            again(3, 2, &[2, 3], &on(2, &[2, 3])),
            again(4, 0, &[2, 3], &on(0, &[2, 3])),
            again(5, 2, &[4], &on(2, &[4])),
        ];
        for (one, other) in [(0, 1), (1, 2), (0, 2)] {
            let difference = pooled(&trials, one) - pooled(&trials, other);
            assert!(
                (difference - (config[one] - config[other])).abs() < 1e-12,
                "{one} {other}: {difference}"
            );
        }
        assert_eq!(pooled(&trials, 5), pooled(&trials, 2), "a repeat speaks for its config");
    }

    #[test]
    fn a_config_that_was_asked_again_alone_stays_where_it_was() {
        let trials = [
            first_of(0, &[1.0, 2.0]),
            first_of(1, &[1.5, 2.5]),
            again(2, 0, &[2, 3], &[8.0, 8.5]),
            again(3, 1, &[2, 3], &[9.0, 9.5]),
            again(4, 0, &[4], &[0.0]),
        ];
        for trials in [&trials[..3], &trials[..4], &trials[..]] {
            let difference = pooled(trials, 0) - pooled(trials, 1);
            let paired = if trials.len() == 3 { -0.5 } else { -0.75 };
            assert!((difference - paired).abs() < 1e-12, "{difference}");
        }
    }

    #[test]
    fn a_repeat_that_is_no_number_is_none_for_its_config_only() {
        let trials = [
            first_of(0, &[1.0]),
            first_of(1, &[2.0]),
            again(2, 0, &[1], &[f64::NAN]),
            again(3, 1, &[1], &[4.0]),
        ];
        assert!(pooled(&trials, 0).is_nan());
        assert!((pooled(&trials, 1) - 2.0).abs() < 1e-12);
    }
}
