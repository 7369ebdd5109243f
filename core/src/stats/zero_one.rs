//! Intervals of shares that say yes or no: every item is 0 or 1.
//!
//! A resample of items that all agree has no spread, so that a bootstrap would be sure after ten right answers that there are
//! no wrong ones. A share that could lie between 0 and 1, and does so on no item of a sample, has no more spread than one that
//! cannot: nothing between 0 and 1 has more variance, at the same mean, than what is always one of the two. The intervals here
//! are those of proportions: Wilson, *JASA* 22 (1927), for one score; for the difference of two on the same items Agresti & Min,
//! *Statistics in Medicine* 24 (2005), which is Wald's with half an item added to each of the four cells (both, neither, only the
//! one, only the other). Items that weigh unlike count as fewer of equal weight: `(Σw)²/Σw²` of them (Kish, *Survey Sampling*,
//! 1965, §11.7).

use super::Estimate;
use crate::scores::{Aggregate, MetricScore};

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// What is added to each cell of a paired comparison.
const ADDED: f64 = 0.5;

/// Whether a score is a share of items, each with or without.
pub(super) fn says_yes_or_no(score: &MetricScore) -> bool {
    score.aggregate == Aggregate::Mean
        && score.items.iter().all(|&item| item == 0.0 || item == 1.0)
        && worth(score) > 0.0
}

/// How many items of equal weight the items of a score are worth.
fn worth(score: &MetricScore) -> f64 {
    let first = score.weights.first().copied().unwrap_or(0.0);
    if first > 0.0 && score.weights.iter().all(|weight| *weight == first) {
        return score.items.len() as f64;
    }
    let (sum, squares) = score
        .weights
        .iter()
        .fold((0.0, 0.0), |(sum, squares), weight| (sum + weight, squares + weight * weight));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// The interval of one share.
pub(super) fn estimate(score: &MetricScore) -> Estimate {
    let (n, mean) = (worth(score), score.value());
    let (middle, widening) = (mean + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    let half = Z * (mean * (1.0 - mean) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends it is exact, and rounding must not leave the value itself outside.
    let (low, high) = ((middle - half) / widening, (middle + half) / widening);
    Estimate { mean, low: low.clamp(0.0, mean), high: high.clamp(mean, 1.0) }
}

/// The interval of `left − right`, which are shares of the same items with the same weights.
pub(super) fn difference(left: &MetricScore, right: &MetricScore) -> Estimate {
    let n = worth(left);
    // Equal weights are all 1: what is counted is whole.
    let even = n == left.items.len() as f64;
    let unit = if even { 1.0 } else { n / left.weights.iter().sum::<f64>() };
    let count = |apart: fn(&f64, &f64) -> bool| -> f64 {
        let pairs = left.items.iter().zip(&right.items).zip(&left.weights);
        let apart = pairs.filter(|((left, right), _)| apart(left, right));
        apart.map(|(_, weight)| if even { 1.0 } else { weight * unit }).sum()
    };
    let (only_left, only_right) = (count(|left, right| left > right), count(|left, right| left < right));
    let (more, less, all) = (only_left + ADDED, only_right + ADDED, n + 4.0 * ADDED);
    let (middle, mean) = ((more - less) / all, (only_left - only_right) / n);
    let half = Z * (more + less - (more - less).powi(2) / all).sqrt() / all;
    Estimate { mean, low: (middle - half).clamp(-1.0, mean), high: (middle + half).clamp(mean, 1.0) }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::super::{Support, difference, estimate};
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
        let all = estimate(Support::Share, &score(vec![1.0; 20]), 1);
        assert_eq!((all.mean, all.high), (1.0, 1.0));
        // Wilson at 20 of 20: 1/(1 + z²/20).
        assert!((all.low - 0.8389).abs() < 1e-4, "{all:?}");
        let nothing = score(vec![0.0; 20]);
        let none = estimate(Support::Share, &nothing, 1);
        assert!((none.high - (1.0 - all.low)).abs() < 1e-12 && none.low == 0.0, "{none:?}");
        let none = difference(Support::Share, &nothing, &nothing, 1).unwrap();
        assert!(none.mean == 0.0 && none.low < 0.0 && none.high > 0.0, "{none:?}");
        let tied =
            difference(Support::Share, &score(vec![1.0, 0.0, 1.0, 1.0]), &score(vec![1.0, 0.0, 1.0, 1.0]), 1)
                .unwrap();
        assert!(tied.mean == 0.0 && tied.low < -0.2 && tied.high > 0.2, "{tied:?}");
    }

    #[test]
    fn what_is_no_share_by_its_declaration_has_no_interval_of_one() {
        // A divergence from itself is 0 on every item, and certain; so is a loss of 1 on every item.
        for value in [0.0, 1.0] {
            let score = score(vec![value; 20]);
            let found = estimate(Support::Any, &score, 1);
            assert_eq!((found.low, found.high), (value, value));
            let same = difference(Support::Any, &score, &score, 1).unwrap();
            assert_eq!((same.low, same.high), (0.0, 0.0));
        }
    }

    #[test]
    fn the_paired_interval_is_that_of_the_source() {
        // 100 items, only left 12, only right 3: (12.5 − 3.5)/102 ± z·√(16 − 81/102)/102.
        let left: Vec<f64> = (0..100).map(|item| f64::from(u8::from(item < 62))).collect();
        let right: Vec<f64> = (0..100).map(|item| f64::from(u8::from((12..65).contains(&item)))).collect();
        let found = difference(Support::Share, &score(left), &score(right), 1).unwrap();
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
                    let found = difference(Support::Share, &score(left), &score(right), study).unwrap();
                    found.low <= truth && truth <= found.high
                })
                .count();
            assert!(hits >= 935, "{hits} of 1000 at {items} items, {shared} tied");
        }
    }

    #[test]
    fn items_that_weigh_more_count_for_more_and_leave_room_all_the_same() {
        // Kish: (1 + 1 + 2 + 4)²/(1 + 1 + 4 + 16) = 64/22 items.
        let uneven =
            |items: [f64; 4]| MetricScore { weights: vec![1.0, 1.0, 2.0, 4.0], ..score(items.to_vec()) };
        let n = 64.0 / 22.0;
        let none = estimate(Support::Share, &uneven([0.0; 4]), 1);
        assert!(none.low == 0.0 && (none.high - Z * Z / (n + Z * Z)).abs() < 1e-12, "{none:?}");
        let (left, right) = (uneven([1.0, 0.0, 0.0, 1.0]), uneven([1.0, 1.0, 0.0, 0.0]));
        let apart = difference(Support::Share, &left, &right, 1).unwrap();
        assert!((apart.mean - (left.value() - right.value())).abs() < 1e-12, "{apart:?}");
        assert!(apart.low < 0.0 && apart.high > apart.mean, "{apart:?}");
    }

    #[test]
    fn other_scores_are_resampled() {
        assert!(!says_yes_or_no(&score(vec![0.5, 1.0])) && !says_yes_or_no(&score(Vec::new())));
        let nobody = MetricScore { weights: vec![0.0, 0.0], ..score(vec![1.0, 1.0]) };
        assert!(!says_yes_or_no(&nobody));
        let all = MetricScore { aggregate: Aggregate::ExpMean, ..score(vec![1.0; 3]) };
        let found = estimate(Support::Share, &all, 1);
        assert_eq!((found.low, found.high), (all.value(), all.value()));
    }
}
