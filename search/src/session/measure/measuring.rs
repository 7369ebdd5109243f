//! Measurements for the search besides trials: it takes model work like they do.

use std::time::Instant;

use attune_core::evaluator::{EvalFailure, Request, Split};
use attune_core::event::Event;
use attune_core::scores::Work;
use attune_core::signal::SignalRequest;
use attune_core::store::{MeasuringEffort, RunNote};
use attune_core::technique::Signal;

use super::interruptible::interruptible;
use super::meter::Meter;
use super::scoring::Scoring;
use crate::session::counters::Counters;
use crate::session::{SessionError, SessionSetup};

/// Where things are measured.
pub(in crate::session) struct Measuring<'a, 'env> {
    pub(in crate::session) setup: &'a SessionSetup,
    pub(in crate::session) scoring: &'a mut Scoring<'env>,
    pub(in crate::session) counters: &'a mut Counters,
    pub(in crate::session) meter: &'a mut Meter,
    pub(in crate::session) events: &'a mut dyn FnMut(Event),
}

impl Measuring<'_, '_> {
    /// Measures signals of the dense model, in order. `None` when someone asked to stop.
    pub(in crate::session) fn signals(
        &mut self,
        wanted: &[SignalRequest],
    ) -> Result<Option<Vec<Signal>>, SessionError> {
        let setup = self.setup;
        let mut signals = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            (self.events)(Event::Measuring { what: wanted.to_string() });
            let during = format!("measuring `{wanted}`");
            let items = setup.fidelity.all();
            let stop = self.scoring.control.flag();
            let request = Request { stop, ..Request::new(Split::Selection, items) };
            let clock = Instant::now();
            let (meter, events) = (&mut *self.meter, &mut *self.events);
            let items = request.items.len();
            let mut going = || {
                if meter.hear_of_signal(items as u64, request.progress.evaluations().round() as u64) {
                    events(meter.event());
                }
            };
            let measure = || setup.evaluator.signal(wanted, &request);
            let measured = match interruptible(&mut self.scoring.control, &during, &mut going, measure)? {
                None | Some(Err(EvalFailure::Interrupted)) => return Ok(None),
                Some(Err(failure)) => return Err(SessionError::Evaluator { during, failure }),
                Some(Ok(measured)) => measured,
            };
            self.took(&wanted.name, measured.work, clock.elapsed().as_secs_f64())?;
            self.meter.add_signal(items);
            (self.events)(self.meter.event());
            signals.push(measured.signal);
        }
        Ok(Some(signals))
    }

    /// Counts the configs that a sensitivity table took: evaluations like trials, whoever ran them first.
    pub(in crate::session) fn probed(&mut self, configs: u64) -> Result<(), SessionError> {
        self.counters.probed(configs);
        Ok(self.setup.store.note(&self.setup.header.study, &RunNote::Probed(configs))?)
    }

    /// Counts what measuring took, in this run and beside the journal.
    pub(in crate::session) fn took(
        &mut self,
        what: &str,
        work: Work,
        seconds: f64,
    ) -> Result<(), SessionError> {
        if work == Work::default() {
            return Ok(());
        }
        self.counters.measured(work);
        let effort = MeasuringEffort { what: what.to_owned(), work, seconds };
        Ok(self.setup.store.note(&self.setup.header.study, &RunNote::Measured(effort))?)
    }
}
