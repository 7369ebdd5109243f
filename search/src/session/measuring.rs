//! What is measured for the search besides trials: it takes model work like they do.

use std::time::Instant;

use attune_core::event::Event;
use attune_core::scores::Work;
use attune_core::signal::SignalRequest;
use attune_core::store::{MeasuringEffort, RunNote};
use attune_core::technique::Signal;

use super::tally::Tally;
use super::{SessionError, SessionSetup};

/// Measures signals of the dense model, in order.
pub(super) fn signals(
    setup: &SessionSetup,
    wanted: &[SignalRequest],
    tally: &mut Tally,
    events: &mut dyn FnMut(Event),
) -> Result<Vec<Signal>, SessionError> {
    let mut signals = Vec::with_capacity(wanted.len());
    for request in wanted {
        events(Event::Measuring { what: request.to_string() });
        let clock = Instant::now();
        let measured = setup.evaluator.signal(request, setup.fidelity).map_err(|failure| {
            SessionError::Evaluator { during: format!("measuring `{request}`"), failure }
        })?;
        took(setup, tally, &request.name, measured.work, clock.elapsed().as_secs_f64())?;
        signals.push(measured.signal);
    }
    Ok(signals)
}

/// Counts what measuring took, in this run and beside the journal.
pub(super) fn took(
    setup: &SessionSetup,
    tally: &mut Tally,
    what: &str,
    work: Work,
    seconds: f64,
) -> Result<(), SessionError> {
    if work == Work::default() {
        return Ok(());
    }
    tally.measured(work);
    let effort = MeasuringEffort { what: what.to_owned(), work, seconds };
    Ok(setup.store.note(&setup.header.study, &RunNote::Measured(effort))?)
}
