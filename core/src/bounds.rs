//! Known bounds: values that no plan can beat, item by item, and how far a plan is from them.
//!
//! A bound is a lower bound of a metric that is minimised, an upper one of a metric that is maximised, or the optimum itself. It may be
//! loose: then the gap to it is more than what is left to find.

use std::collections::BTreeMap;

use crate::objective::Direction;
use crate::scores::MetricScore;
use crate::stats::{self, Estimate};

pub use crate::evaluator::{KnownBounds, fault};

/// Metric name → gap to its known bounds.
pub type Gaps = BTreeMap<String, Gap>;

/// Bounds and values that differ by no more than this share of the bound are the same: both are sums of rounded numbers.
const SAME: f64 = 1e-9;

/// How far the value of a metric is from the best that any plan can score, over the items whose bound is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Which way is better: a gap lies above the bound of what is minimised.
    pub direction: Direction,
    /// The bounds of the items, aggregated as the metric is.
    pub bound: f64,
    /// How much worse the value is than `bound`, in the metric's unit, with its interval over items.
    pub distance: Estimate,
    /// The same as a share of the bound's size; `None` where that is 0.
    pub share: Option<Estimate>,
    /// Items whose bound is known.
    pub known: u32,
    /// All items.
    pub items: u32,
    /// Items that reach their bound, up to rounding.
    pub reached: u32,
}

impl Gap {
    /// The gap of a score to the bounds of its items; `None` where no bound is known, or where there are not as many bounds as items.
    pub fn of(direction: Direction, score: &MetricScore, bounds: &[Option<f64>], seed: u64) -> Option<Self> {
        if bounds.len() != score.items.len() {
            return None;
        }
        let empty = || MetricScore { aggregate: score.aggregate, items: Vec::new(), weights: Vec::new() };
        let (mut values, mut best) = (empty(), empty());
        let mut reached = 0;
        for ((bound, value), weight) in bounds.iter().zip(&score.items).zip(&score.weights) {
            let Some(bound) = *bound else { continue };
            let same = is_same(*value, bound);
            reached += u32::from(same);
            // What differs by rounding alone is no gap.
            for (side, value) in [(&mut values, if same { bound } else { *value }), (&mut best, bound)] {
                side.items.push(value);
                side.weights.push(*weight);
            }
        }
        if best.items.is_empty() {
            return None;
        }
        let (worse, better) = match direction {
            Direction::Minimise => (&values, &best),
            Direction::Maximise => (&best, &values),
        };
        let (distance, share) = stats::gap(worse, better, &best, seed);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (known, items) = (count(best.items.len()), count(bounds.len()));
        Some(Self { direction, bound: best.value(), distance, share, known, items, reached })
    }

    /// Whether a table has a column for it: a distance from 0 is the value itself.
    pub fn is_worth_a_column(&self) -> bool {
        self.share.is_some()
    }

    /// Whether every item with a known bound reaches it.
    pub fn is_closed(&self) -> bool {
        self.reached == self.known
    }
}

fn is_same(value: f64, bound: f64) -> bool {
    (value - bound).abs() <= SAME * bound.abs()
}

/// The first item at which a score beats its bound, by position: then the bound is none.
pub fn beaten(direction: Direction, score: &MetricScore, bounds: &[Option<f64>]) -> Option<usize> {
    let better = |value: f64, bound: f64| match direction {
        Direction::Minimise => value < bound,
        Direction::Maximise => value > bound,
    };
    let mut pairs = score.items.iter().zip(bounds);
    pairs
        .position(|(&value, bound)| bound.is_some_and(|bound| better(value, bound) && !is_same(value, bound)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::Aggregate;

    fn score(items: &[f64]) -> MetricScore {
        MetricScore { aggregate: Aggregate::Mean, items: items.to_vec(), weights: vec![1.0; items.len()] }
    }

    #[test]
    fn a_gap_is_taken_over_the_items_whose_bound_is_known() {
        let bounds = [Some(100.0), None, Some(200.0), Some(100.0)];
        let gap = Gap::of(Direction::Minimise, &score(&[100.0, 7.0, 220.0, 108.0]), &bounds, 1).unwrap();
        assert_eq!((gap.known, gap.items, gap.reached), (3, 4, 1));
        assert_eq!(gap.bound, 400.0 / 3.0);
        assert!((gap.distance.mean - 28.0 / 3.0).abs() < 1e-12, "{gap:?}");
        let share = gap.share.unwrap();
        assert!((share.mean - 0.07).abs() < 1e-12, "{gap:?}");
        // A resample is of items with their own bounds: none of them is worse than the worst item.
        assert!((0.0..=0.07).contains(&share.low) && (0.07..=0.1).contains(&share.high), "{gap:?}");
        assert!(!gap.is_closed());
    }

    #[test]
    fn what_is_maximised_lies_below_its_bound() {
        let gap = Gap::of(Direction::Maximise, &score(&[0.9, 0.7]), &[Some(1.0), Some(1.0)], 1).unwrap();
        assert!((gap.distance.mean - 0.2).abs() < 1e-12 && gap.reached == 0, "{gap:?}");
        let closed = Gap::of(Direction::Maximise, &score(&[1.0, 1.0]), &[Some(1.0), Some(1.0)], 1).unwrap();
        assert!(closed.is_closed() && closed.distance.high == 0.0, "{closed:?}");
    }

    #[test]
    fn rounding_is_no_gap() {
        let gap =
            Gap::of(Direction::Minimise, &score(&[0.1 + 0.2, 0.5]), &[Some(0.3), Some(0.5)], 1).unwrap();
        assert!(gap.is_closed() && gap.distance.mean == 0.0 && gap.share.unwrap().high == 0.0, "{gap:?}");
    }

    #[test]
    fn nothing_is_a_share_of_nothing() {
        let gap = Gap::of(Direction::Minimise, &score(&[0.5, 0.25]), &[Some(0.0), Some(0.0)], 1).unwrap();
        assert_eq!((gap.share, gap.distance.mean), (None, 0.375));
        assert_eq!(Gap::of(Direction::Minimise, &score(&[0.5]), &[None], 1), None);
        assert_eq!(Gap::of(Direction::Minimise, &score(&[0.5]), &[], 1), None);
    }

    #[test]
    fn a_bound_that_is_beaten_is_found_and_rounding_beats_none() {
        let bounds = [Some(1.0), None, Some(0.3)];
        assert_eq!(beaten(Direction::Minimise, &score(&[1.0, -5.0, 0.1 + 0.2]), &bounds), None);
        assert_eq!(beaten(Direction::Minimise, &score(&[1.0, 0.0, 0.29]), &bounds), Some(2));
        assert_eq!(beaten(Direction::Maximise, &score(&[1.1, 0.0, 0.29]), &bounds), Some(0));
    }
}
