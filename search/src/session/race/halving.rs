//! Successive halving: after each stage only a share of a generation goes on, the better ones so far.
//!
//! Jamieson & Talwalkar, arXiv 1502.07943; EvoPress selects its offspring the same way on growing data (arXiv
//! 2410.14649, §3.3). Unlike a race it bounds no error: what is left behind may have been better on all items.

use attune_core::objective::{Objective, compare};
use attune_core::scores::Scores;
use attune_core::trial::{Trial, TrialState};

/// Who goes on in one generation.
pub(in crate::session) struct Halving {
    keep: f64,
    objective: Objective,
    /// Proposals of the generation.
    size: usize,
    /// Those that are journalled already: after an interruption they hold the places that they won before it.
    known: Vec<Trial>,
}

/// How a trial did on the items so far.
pub(in crate::session) struct Standing {
    pub(in crate::session) trial: u64,
    pub(in crate::session) loss: f64,
}

impl Halving {
    /// `None` when everybody goes on.
    pub(in crate::session) fn new<'a>(
        keep: f64,
        objective: &Objective,
        size: usize,
        known: impl Iterator<Item = &'a Trial>,
    ) -> Option<Self> {
        let known = || known.cloned().collect();
        (keep < 1.0).then(|| Self { keep, objective: objective.clone(), size, known: known() })
    }

    /// The loss that scores stand for; NaN without any.
    pub(in crate::session) fn loss(&self, scores: &Scores) -> f64 {
        scores.value(&self.objective.metric).map_or(f64::NAN, |value| self.objective.loss(value))
    }

    /// The numbers of those of `running` that do not go on after `stage`, which ends with `items`; before them the last
    /// one that does. At least one trial goes on.
    pub(in crate::session) fn behind(
        &self,
        stage: usize,
        items: &[u32],
        running: Vec<Standing>,
    ) -> (u64, Vec<u64>) {
        let places = (self.size as f64 * self.keep.powi(stage as i32 + 1)).ceil().max(1.0) as usize;
        let mut all = running;
        all.extend(self.known.iter().filter_map(|trial| self.past(trial, stage, items)));
        all.sort_by(|one, other| compare(one.loss, other.loss).then(one.trial.cmp(&other.trial)));
        let (on, behind) = all.split_at(places.min(all.len()));
        let last = on.last().map_or(0, |standing| standing.trial);
        (last, behind.iter().map(|standing| standing.trial).collect())
    }

    /// How a journalled trial stood when `stage` ended, if it went on.
    fn past(&self, trial: &Trial, stage: usize, items: &[u32]) -> Option<Standing> {
        let chosen: Vec<(&Scores, usize)> = match trial.state() {
            TrialState::Complete(outcome) => {
                items.iter().map(|&item| (&outcome.scores, item as usize)).collect()
            }
            TrialState::Dropped(dropped) if dropped.stage as usize > stage + 1 => {
                (0..items.len()).map(|place| (&dropped.scores, place)).collect()
            }
            _ => return None,
        };
        Some(Standing { trial: trial.id, loss: self.loss(&Scores::assemble(&chosen)) })
    }
}
