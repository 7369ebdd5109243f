//! The run: opens the journal, starts the executor, lets the dispatcher work and says how it ended.

mod announcing;
mod dispatcher;
mod generation;
mod journal;
mod phases;
mod proposals;
mod repeats;
mod seeds;
mod tabulating;
mod unnoted;

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use attune_core::event::{Command, Event, Finished};
use attune_core::report::Report;
use attune_core::store::{RunNote, RunTime};
use attune_core::technique::Technique;
use crossbeam_channel::Receiver;

use super::caught::caught;
use super::counters::Counters;
use super::measure::{Control, Executor, Metered, PauseGate, Scoring};
use super::outcome::finished;
use super::whereabouts::note_whereabouts;
use super::{SessionError, SessionSetup};
use announcing::Announcing;
use dispatcher::{Dispatcher, End};
use journal::Journal;
pub use tabulating::tabulate;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionEnd {
    /// The study is over; this is its result.
    Finished(Box<Finished>),
    /// It was asked to stop. Running it again continues.
    Interrupted,
}

/// Runs a study: continues it where the journal ends, or returns the stored result if there is nothing left
/// to do. Every event goes to `events`, on the calling thread; `commands` are obeyed between two results.
///
/// # Errors
/// [`SessionError`]. Nothing that was finished is lost: running again continues after the last finished trial.
pub fn run(
    setup: SessionSetup,
    events: &mut dyn FnMut(Event),
    commands: Receiver<Command>,
) -> Result<SessionEnd, SessionError> {
    let clock = Instant::now();
    let metered = Arc::new(Metered::new(Arc::clone(&setup.technique)));
    let setup = SessionSetup { technique: Arc::clone(&metered) as Arc<dyn Technique>, ..setup };
    setup.check()?;
    // Before the journal is read: from here on nobody else adds to it.
    let _claim = setup.store.claim(&setup.header.study)?;
    let journal = Journal::open(&*setup.store, &setup.header)?;
    note_whereabouts(&setup)?;
    let size = caught(|| "counting the search space".to_owned(), || Ok(setup.space.count()))?;
    events(Event::Started {
        study: setup.header.study.clone(),
        technique: setup.header.technique.clone(),
        model: setup.header.model.clone(),
        device: setup.evaluator.info().device.clone(),
        space: Some(size),
        resumed: journal.trials().len() as u64,
        budget: setup.trials.max(journal.trials().len() as u64),
    });
    if let Some(report) = journal.settled(setup.trials, size) {
        let mut counters = Counters::new(setup.trials.max(report.trials));
        journal.trials().iter().for_each(|trial| counters.count(trial));
        counters.work_of(&setup.store.notes_on(&setup.header.study)?);
        return finish(&setup, &journal, &counters, report.clone(), events);
    }

    setup.store.note(&setup.header.study, &RunNote::Budget(setup.trials))?;
    let gate = PauseGate::default();
    let mut announcing = Announcing::new(&*setup.store, &setup.header.study);
    let mut told = |event: Event| {
        announcing.hear(&event);
        events(event);
    };
    let (outcome, journal, counters) = thread::scope(|scope| {
        let executor = Executor::start(scope, &*setup.evaluator, setup.workers, &gate);
        let scoring = Scoring::new(&setup, executor, Control::new(commands, &gate));
        let mut dispatcher = Dispatcher::new(&setup, &metered, journal, scoring, &mut told);
        let outcome = caught(|| "running the study".to_owned(), || dispatcher.run());
        (outcome, dispatcher.journal, dispatcher.counters)
    });
    let run = RunTime { seconds: clock.elapsed().as_secs_f64(), peak_memory: setup.evaluator.peak_memory() };
    let mut noted = setup.store.note(&setup.header.study, &RunNote::Run(run));
    if let Err(error) = &outcome {
        noted = noted.and(setup.store.note(&setup.header.study, &RunNote::Failed(error.to_string())));
    }
    let end = outcome?;
    noted?;
    match end {
        End::Reported(report) => finish(&setup, &journal, &counters, *report, events),
        End::Interrupted => {
            events(Event::Interrupted { progress: counters.progress() });
            Ok(SessionEnd::Interrupted)
        }
    }
}

fn finish(
    setup: &SessionSetup,
    journal: &Journal<'_>,
    counters: &Counters,
    report: Report,
    events: &mut dyn FnMut(Event),
) -> Result<SessionEnd, SessionError> {
    let notes = setup.store.notes_on(&setup.header.study)?;
    let finished = finished(journal.header(), counters, report, &notes);
    events(Event::Finished(Box::new(finished.clone())));
    Ok(SessionEnd::Finished(Box::new(finished)))
}
