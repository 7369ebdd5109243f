//! Intervals of metrics that say yes or no: every item is 0 or 1 and weighs the same.
//!
//! A resample of items that all agree has no spread, so that a bootstrap would be sure after ten right answers that there are
//! no wrong ones. The intervals here are those of proportions: Wilson, *JASA* 22 (1927), for one score; for the difference of two
//! on the same items Agresti & Min, *Statistics in Medicine* 24 (2005), which is Wald's with half an item added to each of the four
//! cells (both, neither, only the one, only the other).

use super::Estimate;
use crate::scores::{Aggregate, MetricScore};

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// What is added to each cell of a paired comparison.
const ADDED: f64 = 0.5;

/// Whether a score is a share of items.
pub(super) fn is_share(score: &MetricScore) -> bool {
    let weight = score.weights.first();
    score.aggregate == Aggregate::Mean
        && !score.items.is_empty()
        && score.items.iter().all(|&item| item == 0.0 || item == 1.0)
        && weight.is_some_and(|weight| *weight > 0.0 && score.weights.iter().all(|other| other == weight))
}

/// The interval of one share.
pub(super) fn estimate(score: &MetricScore) -> Estimate {
    let (n, mean) = (score.items.len() as f64, score.value());
    let (middle, widening) = (mean + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    let half = Z * (mean * (1.0 - mean) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends it is exact, and rounding must not leave the value itself outside.
    let (low, high) = ((middle - half) / widening, (middle + half) / widening);
    Estimate { mean, low: low.clamp(0.0, mean), high: high.clamp(mean, 1.0) }
}

/// The interval of `left − right`, which are shares of the same items.
pub(super) fn difference(left: &MetricScore, right: &MetricScore) -> Estimate {
    let pairs = || left.items.iter().zip(&right.items);
    let only_left = pairs().filter(|(left, right)| left > right).count() as f64;
    let only_right = pairs().filter(|(left, right)| left < right).count() as f64;
    let n = left.items.len() as f64;
    let (more, less, all) = (only_left + ADDED, only_right + ADDED, n + 4.0 * ADDED);
    let (middle, mean) = ((more - less) / all, (only_left - only_right) / n);
    let half = Z * (more + less - (more - less).powi(2) / all).sqrt() / all;
    Estimate { mean, low: (middle - half).clamp(-1.0, mean), high: (middle + half).clamp(mean, 1.0) }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::super::{difference, estimate};
    use super::*;
    use crate::rng;

    fn score(items: Vec<f64>) -> MetricScore {
        let weights = vec![1.0; items.len()];
        MetricScore { aggregate: Aggregate::Mean, items, weights }
    }

    fn coin(random: &mut rng::Rng, share: f64) -> f64 {
        f64::from(u8::from(random.random_range(0.0..1.0) < share))
    }

    #[test]
    fn items_that_all_agree_leave_room_for_others() {
        let all = estimate(&score(vec![1.0; 20]), 1);
        assert_eq!((all.mean, all.high), (1.0, 1.0));
        // Wilson at 20 of 20: 1/(1 + z²/20).
        assert!((all.low - 0.8389).abs() < 1e-4, "{all:?}");
        let none = super::estimate(&score(vec![0.0; 20]));
        assert!((none.high - (1.0 - all.low)).abs() < 1e-12 && none.low == 0.0, "{none:?}");
        let nothing = score(vec![0.0; 20]);
        // A divergence from itself is 0 on every item, and certain.
        assert_eq!((estimate(&nothing, 1).low, estimate(&nothing, 1).high), (0.0, 0.0));
        let same = difference(&nothing, &nothing, 1).unwrap();
        assert_eq!((same.low, same.high), (0.0, 0.0));
        let tied = difference(&score(vec![1.0, 0.0, 1.0, 1.0]), &score(vec![1.0, 0.0, 1.0, 1.0]), 1).unwrap();
        assert!(tied.mean == 0.0 && tied.low < -0.2 && tied.high > 0.2, "{tied:?}");
    }

    #[test]
    fn the_paired_interval_is_that_of_the_source() {
        // 100 items, only left 12, only right 3: (12.5 − 3.5)/102 ± z·√(16 − 81/102)/102.
        let left: Vec<f64> = (0..100).map(|item| f64::from(u8::from(item < 62))).collect();
        let right: Vec<f64> = (0..100).map(|item| f64::from(u8::from((12..65).contains(&item)))).collect();
        let found = difference(&score(left), &score(right), 1).unwrap();
        assert!((found.mean - 0.09).abs() < 1e-12);
        assert!((found.low - 0.013_306).abs() < 1e-5 && (found.high - 0.163_165).abs() < 1e-5, "{found:?}");
        assert!(found.is_above_zero());
    }

    #[test]
    fn the_paired_interval_covers_the_truth_at_least_as_often_as_it_says() {
        // Pairs mostly tie, as those of a model and its compressed form do.
        for (number, (items, shared, left, right)) in
            [(16, 0.9, 0.5, 0.5), (32, 0.95, 0.2, 0.8), (32, 0.5, 0.9, 0.9), (64, 0.8, 0.1, 0.3)]
                .into_iter()
                .enumerate()
        {
            let truth = (1.0 - shared) * (left - right);
            let hits = (0..1000)
                .filter(|&study| {
                    let mut random = rng::derive(study, "ties", &[number as u64]);
                    let pairs: Vec<(f64, f64)> = (0..items)
                        .map(|_| match coin(&mut random, shared) {
                            0.0 => (coin(&mut random, left), coin(&mut random, right)),
                            _ => {
                                let both = coin(&mut random, 0.6);
                                (both, both)
                            }
                        })
                        .collect();
                    let (left, right) = pairs.into_iter().unzip();
                    let found = difference(&score(left), &score(right), study).unwrap();
                    found.low <= truth && truth <= found.high
                })
                .count();
            assert!(hits >= 935, "{hits} of 1000 at {items} items, {shared} tied");
        }
    }

    #[test]
    fn other_scores_are_resampled() {
        let uneven = MetricScore { weights: vec![1.0, 2.0, 1.0], ..score(vec![1.0, 1.0, 1.0]) };
        assert!(!is_share(&uneven) && !is_share(&score(vec![0.5, 1.0])) && !is_share(&score(Vec::new())));
        assert!(!is_share(&MetricScore { aggregate: Aggregate::ExpMean, ..score(vec![1.0]) }));
        let whole = estimate(&uneven, 1);
        assert_eq!((whole.low, whole.high), (1.0, 1.0));
    }
}
