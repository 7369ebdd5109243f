//! How far the phases of a study are, counted in evaluations of one plan on one item.

use attune_core::evaluator::Split;
use attune_core::event::{Advance, Event, Phase};

use super::report::{front, random};
use super::{SessionError, SessionSetup};

/// One phase, from where it stands to its end.
pub(super) struct Meter(Advance);

impl Meter {
    /// A phase of `total` evaluations, of which `done` are done.
    pub(super) fn new(phase: Phase, done: u64, total: u64) -> Self {
        Self(Advance { phase, done, total: total.max(done), evaluated: 0 })
    }

    /// Of `done` more evaluations, `evaluated` were run.
    pub(super) fn add(&mut self, done: usize, evaluated: usize) {
        self.0.done += done as u64;
        self.0.total = self.0.total.max(self.0.done);
        self.0.evaluated += evaluated as u64;
    }

    pub(super) fn event(&self) -> Event {
        Event::Advanced(self.0)
    }
}

/// The trials of a study of which `finished` are.
pub(super) fn search(setup: &SessionSetup, finished: usize) -> Meter {
    let items = u64::from(setup.fidelity.items);
    Meter::new(Phase::Search, finished as u64 * items, setup.trials * items)
}

/// The report with this many baselines, as far as it is known before there are results.
pub(super) fn report(setup: &SessionSetup, baselines: usize) -> Result<Meter, SessionError> {
    let of =
        |split: &Split| -> Result<u64, SessionError> { Ok(u64::from(setup.report_fidelity(split)?.items)) };
    let items = of(&Split::Report)?;
    let mut elsewhere = 0;
    for domain in &setup.elsewhere {
        elsewhere += of(&Split::Elsewhere(domain.clone()))?;
    }
    // The winner and the dense model are there too.
    let entries = baselines as u64 + 2;
    let members = if setup.objectives.len() > 1 { front::MOST as u64 } else { 0 };
    let chance = random::most(setup, setup.report.random as usize, items as u32);
    Ok(Meter::new(Phase::Report, 0, chance + members * items + entries * (items + elsewhere)))
}
