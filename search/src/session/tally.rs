//! Counters of a study and its best trial.

use std::cmp::Ordering;

use attune_core::event::Progress;
use attune_core::objective::compare;
use attune_core::trial::{Trial, TrialState};

/// Counters, and the trial with the lowest first loss; of equal ones the earliest.
pub(super) struct Tally {
    progress: Progress,
    best: Option<(usize, f64)>,
}

impl Tally {
    pub(super) fn new(budget: u64) -> Self {
        Self { progress: Progress { budget, ..Progress::default() }, best: None }
    }

    /// Counts a finished trial.
    pub(super) fn count(&mut self, trial: &Trial) {
        self.progress.trials += 1;
        match trial.state() {
            TrialState::Complete(outcome) if outcome.reused => self.progress.reused += 1,
            TrialState::Complete(outcome) => {
                self.progress.evaluated += 1;
                self.progress.work += outcome.scores.work;
            }
            _ => self.progress.failed += 1,
        }
    }

    /// Compares a trial, in order, with the best so far. Returns whether it is better; NaN never is.
    pub(super) fn rank(&mut self, trial: &Trial, losses: Option<&[f64]>) -> bool {
        let Some(&loss) = losses.and_then(|losses| losses.first()) else { return false };
        let better = match self.best {
            None => !loss.is_nan(),
            Some((_, best)) => compare(loss, best) == Ordering::Less,
        };
        if better {
            self.best = Some((trial.id as usize, loss));
        }
        better
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    /// Position of the best trial.
    pub(super) fn best(&self) -> Option<usize> {
        self.best.map(|(position, _)| position)
    }
}
