//! Intervals: percentile bootstrap over items, paired when two plans are compared.
//!
//! Efron & Tibshirani, *An Introduction to the Bootstrap* (1993), §13.3. Items are resampled with
//! replacement; a paired comparison uses the *same* resample for both plans, so what the items have in
//! common cancels. The generator is seeded from the caller's seed: the same scores give the same interval.
//! What it does not cover: items that are not exchangeable (neighbouring passages of one text are
//! nearly so), and very few items (below about 20 the interval is somewhat too narrow).
//!
//! Metrics that are shares by their declaration ([`Support::Share`]) and say yes or no of every item have the intervals of
//! proportions instead: `zero_one`.

mod zero_one;

use rand::RngExt as _;

use crate::rng;
use crate::scores::MetricScore;

/// Resamples per interval.
pub const RESAMPLES: usize = 4000;

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value on all items.
    pub mean: f64,
    /// 2.5 % quantile.
    pub low: f64,
    /// 97.5 % quantile.
    pub high: f64,
}

impl Estimate {
    /// Whether the interval lies wholly below zero (for a difference: certainly smaller).
    pub fn is_below_zero(&self) -> bool {
        self.high < 0.0
    }

    /// Whether the interval lies wholly above zero.
    pub fn is_above_zero(&self) -> bool {
        self.low > 0.0
    }
}

/// The support of a metric: which values an item can have, as the metric is declared, whatever values are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Any.
    Any,
    /// Those from 0 to 1.
    Share,
}

/// The two scores have different numbers of items and cannot be paired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot pair {left} items with {right}: both plans must be scored on the same items")]
pub struct NotPaired {
    /// Items of the first score.
    pub left: usize,
    /// Items of the second score.
    pub right: usize,
}

/// The value of one score of a metric with its interval.
pub fn estimate(support: Support, score: &MetricScore, seed: u64) -> Estimate {
    // Divergences of exactly 0 on every item are certain; a share of 0 in so many items is not. Only what the metric is
    // declared as tells one from the other.
    if support == Support::Share && zero_one::says_yes_or_no(score) {
        return zero_one::estimate(score);
    }
    bootstrap(score.items.len(), score.value(), seed, |counts| score.value_of(present(counts)))
}

/// The difference `left − right` of two scores of a metric with its paired interval.
///
/// # Errors
/// [`NotPaired`] when the scores do not cover the same number of items.
pub fn difference(
    support: Support,
    left: &MetricScore,
    right: &MetricScore,
    seed: u64,
) -> Result<Estimate, NotPaired> {
    if left.items.len() != right.items.len() {
        return Err(NotPaired { left: left.items.len(), right: right.items.len() });
    }
    let yes_or_no = zero_one::says_yes_or_no(left) && zero_one::says_yes_or_no(right);
    if support == Support::Share && yes_or_no && left.weights == right.weights {
        return Ok(zero_one::difference(left, right));
    }
    Ok(bootstrap(left.items.len(), left.value() - right.value(), seed, |counts| {
        left.value_of(present(counts)) - right.value_of(present(counts))
    }))
}

/// How much worse `worse` is than `better`, and the same as a share of the size of `bound`, which is one of them: both with their paired
/// intervals over items. No share where the bound is 0, or is in some resample. All three are of the same items.
pub fn gap(
    worse: &MetricScore,
    better: &MetricScore,
    bound: &MetricScore,
    seed: u64,
) -> (Estimate, Option<Estimate>) {
    let (items, mean) = (bound.items.len(), worse.value() - better.value());
    let distance = |counts: &[f64]| worse.value_of(present(counts)) - better.value_of(present(counts));
    let share = bootstrap(items, mean / bound.value().abs(), seed, |counts| {
        distance(counts) / bound.value_of(present(counts)).abs()
    });
    let is_one = [share.mean, share.low, share.high].iter().all(|value| value.is_finite());
    (bootstrap(items, mean, seed, distance), is_one.then_some(share))
}

fn present(counts: &[f64]) -> impl Iterator<Item = (usize, f64)> + '_ {
    counts.iter().copied().enumerate().filter(|(_, times)| *times > 0.0)
}

fn bootstrap(items: usize, mean: f64, seed: u64, statistic: impl Fn(&[f64]) -> f64) -> Estimate {
    if items == 0 || !mean.is_finite() {
        return Estimate { mean, low: f64::NAN, high: f64::NAN };
    }
    let mut random = rng::derive(seed, "bootstrap", &[items as u64]);
    let mut counts = vec![0.0; items];
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            counts.fill(0.0);
            for _ in 0..items {
                counts[random.random_range(0..items)] += 1.0;
            }
            statistic(&counts)
        })
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    let quantile = |q: f64| values[((RESAMPLES - 1) as f64 * q).round() as usize];
    Estimate { mean, low: quantile(0.025), high: quantile(0.975) }
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;
    use crate::scores::Aggregate;

    fn normal(count: usize, mean: f64, index: u64) -> MetricScore {
        let mut random = rng::derive(7, "test", &[index]);
        let items = (0..count)
            .map(|_| {
                let noise: f64 = StandardNormal.sample(&mut random);
                mean + noise
            })
            .collect();
        MetricScore { aggregate: Aggregate::Mean, items, weights: vec![1.0; count] }
    }

    #[test]
    fn the_interval_covers_the_truth_about_as_often_as_it_says() {
        // 200 studies of 50 items: coverage of a nominal 95 % interval is 186 ± 6 for this method
        // (the percentile interval is slightly narrow at 50 items).
        let hits = (0..200)
            .filter(|&index| {
                let interval = estimate(Support::Any, &normal(50, 1.0, index), index);
                interval.low <= 1.0 && 1.0 <= interval.high
            })
            .count();
        assert!((176..=198).contains(&hits), "{hits} of 200");
    }

    #[test]
    fn pairing_removes_what_items_share() {
        let base = normal(60, 5.0, 1);
        let mut better = base.clone();
        for (index, item) in better.items.iter_mut().enumerate() {
            *item -= 0.05 + 0.001 * (index % 3) as f64;
        }
        let delta = difference(Support::Any, &better, &base, 3).unwrap();
        assert!(delta.is_below_zero(), "{delta:?}");
        assert!(delta.high - delta.low < 0.01, "{delta:?}");
        assert!(estimate(Support::Any, &base, 3).high - estimate(Support::Any, &base, 3).low > 0.3);
    }

    #[test]
    fn unequal_items_are_refused() {
        assert!(difference(Support::Any, &normal(3, 0.0, 1), &normal(4, 0.0, 1), 0).is_err());
    }
}
