//! What the trials of a study took, from the notes on its runs.

use std::collections::BTreeMap;

use attune_core::store::RunNote;
use attune_core::trial::Trial;

/// Layer work, summed up trial by trial.
pub(super) struct Efforts {
    computed: u64,
    trials: BTreeMap<u64, u64>,
}

impl Efforts {
    /// What was measured comes before the first trial.
    pub(super) fn new(notes: &[RunNote]) -> Self {
        let mut efforts = Self { computed: 0, trials: BTreeMap::new() };
        for note in notes {
            match note {
                RunNote::Measured(measured) => efforts.computed += measured.work.computed,
                RunNote::Trials(trials) => {
                    for effort in trials {
                        *efforts.trials.entry(effort.trial).or_default() += effort.work.computed;
                    }
                }
                _ => {}
            }
        }
        efforts
    }

    /// Everything up to a trial, which comes after those that were asked for before.
    pub(super) fn until(&mut self, trial: &Trial) -> u64 {
        self.computed += self.trials.remove(&trial.id).unwrap_or(0);
        self.computed
    }
}
