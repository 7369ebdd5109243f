//! Reuse within a study: what it has needed so far, by itself, invariants 3 and 4.

use std::collections::{HashMap, HashSet};

use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::trial::{Dropped, Outcome, Repeat, Trial, TrialState};

/// Items on which the plans of a study's probes and trials were scored. A trial is "reused" when all of its items are among
/// them: the study, alone in a store, would not have evaluated anything for it. What other studies left in the store
/// changes what is computed and never what is said here, and so a study that continues says the same as one that
/// was not disturbed.
#[derive(Default)]
pub(in crate::session) struct Needed(HashMap<ContentHash, HashSet<u32>>);

impl Needed {
    /// A plan was scored on `items`.
    pub(in crate::session) fn add(&mut self, plan: &Plan, items: impl IntoIterator<Item = u32>) {
        self.0.entry(plan.hash()).or_default().extend(items);
    }

    /// A trial of the journal, in order; one that ran to its end was scored on `items`.
    pub(in crate::session) fn learn(&mut self, trial: &Trial, items: u32) {
        match trial.state() {
            TrialState::Complete(_) => self.add(&trial.plan, 0..items),
            TrialState::Dropped(Dropped { items, .. }) | TrialState::Repeated(Repeat { items, .. }) => {
                self.add(&trial.plan, items.iter().copied());
            }
            _ => {}
        }
    }

    /// The state in which a trial of `plan` is journalled: reused when everything was needed before.
    pub(in crate::session) fn judge(&self, plan: &Plan, state: TrialState, items: u32) -> TrialState {
        let known = self.0.get(&plan.hash());
        let all = |mut wanted: Box<dyn Iterator<Item = u32> + '_>| {
            known.is_some_and(|known| wanted.all(|item| known.contains(&item)))
        };
        match state {
            TrialState::Complete(outcome) => {
                TrialState::Complete(Outcome { reused: all(Box::new(0..items)), ..outcome })
            }
            TrialState::Dropped(dropped) => {
                let reused = all(Box::new(dropped.items.iter().copied()));
                TrialState::Dropped(Dropped { reused, ..dropped })
            }
            TrialState::Repeated(repeat) => {
                let reused = all(Box::new(repeat.items.iter().copied()));
                TrialState::Repeated(Repeat { reused, ..repeat })
            }
            other => other,
        }
    }
}
