//! Objectives: which metrics count, in which direction, and how two outcomes compare.

use std::cmp::Ordering;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smaller is better.
    Minimise,
    /// Larger is better.
    Maximise,
}

/// One metric or cost to optimise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Name of a metric (`kl`) or of a technique's cost (`memory`).
    pub metric: String,
    /// Which way is better.
    pub direction: Direction,
}

impl Objective {
    /// `value` turned so that smaller is better.
    pub fn loss(&self, value: f64) -> f64 {
        match self.direction {
            Direction::Minimise => value,
            Direction::Maximise => -value,
        }
    }
}

/// Compares two losses (smaller is better). NaN policy: a NaN is worse than every number and equal to
/// another NaN, so it never wins and never panics.
pub fn compare(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        // `partial_cmp` and not `total_cmp`: −0 and +0 are the same loss.
        (false, false) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
    }
}

/// Whether losses `left` dominate `right`: nowhere worse and somewhere better.
pub fn dominates(left: &[f64], right: &[f64]) -> bool {
    debug_assert_eq!(left.len(), right.len());
    let mut better = false;
    for (&l, &r) in left.iter().zip(right) {
        match compare(l, r) {
            Ordering::Greater => return false,
            Ordering::Less => better = true,
            Ordering::Equal => {}
        }
    }
    better
}

/// Indices of the losses that nothing dominates, in input order; of equal points the first stays.
pub fn front(points: &[Vec<f64>]) -> Vec<usize> {
    (0..points.len())
        .filter(|&i| {
            points[i].iter().all(|value| !value.is_nan())
                && !points
                    .iter()
                    .enumerate()
                    .any(|(j, other)| dominates(other, &points[i]) || (j < i && *other == points[i]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_worst_and_never_dominates() {
        assert_eq!(compare(f64::NAN, f64::INFINITY), Ordering::Greater);
        assert_eq!(compare(f64::NAN, f64::NAN), Ordering::Equal);
        assert!(dominates(&[1.0, 2.0], &[1.0, f64::NAN]));
        assert!(!dominates(&[f64::NAN, 2.0], &[1.0, 2.0]));
    }

    #[test]
    fn the_front_of_a_staircase() {
        let points = [[1.0, 4.0], [2.0, 2.0], [2.0, 3.0], [4.0, 1.0], [2.0, 2.0], [f64::NAN, 0.0]];
        let points: Vec<Vec<f64>> = points.iter().map(|point| point.to_vec()).collect();
        assert_eq!(front(&points), [0, 1, 3]);
    }

    #[test]
    fn directions_turn_values_into_losses() {
        let objective = |direction| Objective { metric: "accuracy".into(), direction };
        assert_eq!(objective(Direction::Minimise).loss(2.0), 2.0);
        assert_eq!(objective(Direction::Maximise).loss(2.0), -2.0);
    }
}
