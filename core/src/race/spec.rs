//! Specification of a race: its stages, its error bound, its order, and what can be wrong with them.

use rand::RngExt as _;

use crate::rng;

/// Items scored after each stage: `first`, `2·first`, `4·first`, … and then all.
pub fn stages(items: u32, first: u32) -> Vec<u32> {
    let mut stages = Vec::new();
    let mut stage = first.max(1);
    while stage < items {
        stages.push(stage);
        stage = stage.saturating_mul(2);
    }
    stages.push(items);
    stages
}

pub(super) fn check_error(error: f64) -> Result<(), RaceError> {
    if error > 0.0 && error < 1.0 { Ok(()) } else { Err(RaceError::ErrorBound { error }) }
}

/// Why a race cannot be run, or not this way.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RaceError {
    /// The rival has no items, or items, weights, floors and order differ in number.
    #[error("a race needs items, and as many {what} as items: {items} items, {got} {what}")]
    Length {
        /// `"weights"`, `"floors"` or `"places in the order"`.
        what: &'static str,
        /// Items of the rival.
        items: usize,
        /// How many there are instead.
        got: usize,
    },
    /// A loss or floor of the rival's side is infinite or not a number, or too large to be summed.
    #[error("{what} {item} is {value}: the rival and the floors need finite losses")]
    NotFinite {
        /// `"rival loss"` or `"floor"`.
        what: &'static str,
        /// The item.
        item: usize,
        /// The offending value.
        value: f64,
    },
    /// A weight is negative, infinite or not a number, or all are zero.
    #[error("weights must be finite, not negative and not all zero")]
    Weights,
    /// The order does not name every item exactly once.
    #[error("the order of a race names every item exactly once")]
    Order,
    /// The error bound is not a probability.
    #[error("the error bound of a race lies between 0 and 1, both excluded: {error}")]
    ErrorBound {
        /// The offending bound.
        error: f64,
    },
    /// An item was observed that is not the next one of the order; nothing was recorded.
    #[error("item {item} is out of turn{}", .expected.map_or(String::from(": the race is over"),
        |expected| format!(": the next one is {expected}")))]
    OutOfTurn {
        /// The item that was given.
        item: u32,
        /// The item whose turn it is; none after the last.
        expected: Option<u32>,
    },
}

/// The order of the items in the races of one generation: uniform over all permutations (Fisher & Yates;
/// Knuth, *The Art of Computer Programming* 2, §3.4.2, algorithm P), from a stream of its own.
///
/// Candidates and rival must be chosen before and without this order: that is what makes a race honest.
/// Later generations learn from earlier ones, so each generation draws its own.
pub fn order(items: u32, seed: u64, generation: u64) -> Vec<u32> {
    let mut random = rng::derive(seed, "race order", &[generation]);
    let mut order: Vec<u32> = (0..items).collect();
    for last in (1..order.len()).rev() {
        let other = random.random_range(0..=last as u64) as usize;
        order.swap(last, other);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_double_up_to_all_items() {
        assert_eq!(stages(32, 4), [4, 8, 16, 32]);
        assert_eq!(stages(20, 0), [1, 2, 4, 8, 16, 20]);
        assert_eq!(stages(3, 8), [3]);
    }

    #[test]
    fn an_error_bound_is_a_probability() {
        assert_eq!(check_error(0.05), Ok(()));
        for error in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(matches!(check_error(error), Err(RaceError::ErrorBound { .. })), "{error}");
        }
    }

    #[test]
    fn every_order_is_equally_likely_and_repeatable() {
        assert_eq!(order(64, 1, 2), order(64, 1, 2));
        assert_ne!(order(64, 1, 2), order(64, 1, 3));
        assert!(order(0, 1, 1).is_empty());
        let mut counts = std::collections::BTreeMap::new();
        for generation in 0..2400 {
            *counts.entry(order(4, 9, generation)).or_insert(0_i32) += 1;
        }
        // 24 orders, 100 each; χ² with 23 degrees of freedom exceeds 49.7 once in a thousand seeds.
        let chi: f64 = counts.values().map(|&count| f64::from(count - 100).powi(2) / 100.0).sum();
        assert!(counts.len() == 24 && chi < 49.7, "{chi}");
    }
}
