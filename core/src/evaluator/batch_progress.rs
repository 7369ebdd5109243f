//! Progress of a batch, while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Parts of one evaluation that can be told apart.
const PARTS: f64 = 65_536.0;

/// How much of a request is done, counted in evaluations of one plan on one item. Clones are the same counter: an evaluator
/// moves it on while it works, from any thread, and whoever waits for it looks at it. It is for people: scores do not depend
/// on it, and an evaluator that leaves it alone is only known to be done when it says so.
#[derive(Clone, Debug, Default)]
pub struct BatchProgress(Arc<AtomicU64>);

impl BatchProgress {
    /// So many more evaluations are done; a part of one counts.
    pub fn add(&self, evaluations: f64) {
        self.0.fetch_add(parts(evaluations), Ordering::Relaxed);
    }

    /// Evaluations that are done.
    pub fn evaluations(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64 / PARTS
    }

    /// At least so many are done.
    pub fn at_least(&self, evaluations: f64) {
        self.0.fetch_max(parts(evaluations), Ordering::Relaxed);
    }

    /// What was done after `evaluations` has to be done again.
    pub fn back_to(&self, evaluations: f64) {
        self.0.fetch_min(parts(evaluations), Ordering::Relaxed);
    }
}

/// Whether both are the same counter.
impl PartialEq for BatchProgress {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

fn parts(evaluations: f64) -> u64 {
    (evaluations * PARTS).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_one_counter_and_parts_add_up() {
        let progress = BatchProgress::default();
        let other = progress.clone();
        (0..3).for_each(|_| other.add(1.0 / 3.0));
        assert!((progress.evaluations() - 1.0).abs() < 1e-4);
        other.at_least(4.0);
        other.at_least(2.0);
        assert_eq!(progress.evaluations(), 4.0);
        other.back_to(3.0);
        other.back_to(5.0);
        assert_eq!(progress.evaluations(), 3.0);
        assert!(progress == other && progress != BatchProgress::default());
    }
}
