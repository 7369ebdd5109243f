//! Counters of a study and its best trial.

use std::cmp::Ordering;

use attune_core::event::Progress;
use attune_core::objective::compare;
use attune_core::pooling::Pool;
use attune_core::scores::Work;
use attune_core::store::RunNote;
use attune_core::trial::{Dropped, Outcome, Repeat, Trial, TrialState};

use super::losses::Losses;

/// Counters, and the trial with the lowest first loss; of equal ones the earliest.
pub(super) struct Counters {
    progress: Progress,
    /// Trials that evaluations of other studies answered.
    shared: u64,
    best: Option<(usize, f64)>,
}

impl Counters {
    pub(super) fn new(budget: u64) -> Self {
        Self { progress: Progress { budget, ..Progress::default() }, shared: 0, best: None }
    }

    /// Counts a finished trial.
    pub(super) fn count(&mut self, trial: &Trial) {
        self.progress.trials += 1;
        match trial.state() {
            TrialState::Complete(Outcome { reused, .. }) | TrialState::Repeated(Repeat { reused, .. }) => {
                self.answered(*reused);
            }
            TrialState::Dropped(Dropped { reused, .. }) => {
                self.progress.dropped += 1;
                self.answered(*reused);
            }
            _ => self.progress.failed += 1,
        }
    }

    fn answered(&mut self, reused: bool) {
        if reused {
            self.progress.reused += 1;
        } else {
            self.progress.evaluated += 1;
        }
    }

    /// Counts trials that evaluations of other studies answered. In the journal they are like any other.
    pub(super) fn shared(&mut self, trials: u64) {
        self.shared += trials;
    }

    /// Counts what evaluating a trial took.
    pub(super) fn work(&mut self, work: Work) {
        self.progress.work += work;
    }

    /// Counts what measuring something for the search took.
    pub(super) fn measured(&mut self, work: Work) {
        self.progress.work += work;
        self.progress.measuring += work;
    }

    /// Counts the configs of a sensitivity table, which every run finds the same.
    pub(super) fn probed(&mut self, configs: u64) {
        self.progress.probes = configs;
    }

    /// Counts what earlier runs noted.
    pub(super) fn work_of(&mut self, notes: &[RunNote]) {
        for note in notes {
            match note {
                RunNote::Trials(trials) => trials.iter().for_each(|trial| self.work(trial.work)),
                RunNote::Measured(effort) => self.measured(effort.work),
                RunNote::Probed(configs) => self.probed(*configs),
                RunNote::Shared(trials) => self.shared(trials.len() as u64),
                RunNote::Budget(_)
                | RunNote::Run(_)
                | RunNote::Planned(_)
                | RunNote::Found(_)
                | RunNote::Failed(_) => {}
            }
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

    /// Compares all trials anew, after configs were scored again. Returns the position of the best one when it is another
    /// one than before.
    pub(super) fn rank_again(&mut self, trials: &[Trial], losses: &Losses) -> Option<usize> {
        let pool = Pool::new(trials);
        let before = self.best.take();
        for trial in trials.iter().filter(|trial| trial.again_of().is_none()) {
            self.rank(trial, losses.pooled(&pool, trial).as_deref());
        }
        let now = self.best();
        now.filter(|now| before.map(|(before, _)| before) != Some(*now))
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress.with_shared(self.shared)
    }

    /// Position of the best trial.
    pub(super) fn best(&self) -> Option<usize> {
        self.best.map(|(position, _)| position)
    }
}
