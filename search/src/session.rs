//! The session: runs one study from wherever it stands to its report.
//!
//! Two actors. The *dispatcher*, on the caller's thread, owns the strategy, the journal and the event stream and
//! puts everything in order; the *executor*'s workers call the evaluator and know nothing else. They exchange
//! plans and scores over channels, so a worker could as well sit on another machine.
//!
//! Resume is replay: a study that was interrupted anywhere is asked again from its first proposal, finished
//! trials come from the journal, and what was evaluated but not journalled comes from the cache. What
//! this does not cover: failures that need not repeat (a deadline, no memory) are journalled when they happen, so
//! two studies that differ in one of them differ from there on.

mod advance;
mod announcing;
mod caught;
mod control;
mod counters;
mod dispatcher;
mod error;
mod executor;
mod generation;
mod halving;
mod interruptible;
mod journal;
mod known;
mod losses;
mod lowering;
mod measuring;
mod metered;
mod needed;
mod observing;
mod pause_gate;
mod preflight;
mod probing;
mod racing_schedule;
mod report;
mod scoring;
mod seeds;
mod setup;

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use attune_core::event::{Command, Event, Finished};
use attune_core::report::Report;
use attune_core::store::{Record, RunNote, RunTime, StoreError, StudyHeader, Whereabouts};
use attune_core::technique::Technique;
use crossbeam_channel::Receiver;

pub use error::SessionError;
pub use preflight::{Honours, Preflight};
use racing_schedule::can_race;
pub use setup::{SessionSetup, Start};

use announcing::Announcing;
use caught::caught;
use control::Control;
use counters::Counters;
use dispatcher::{Dispatcher, End};
use executor::Executor;
use journal::Journal;
use metered::Metered;
use pause_gate::PauseGate;
use scoring::Scoring;

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
        let mut tally = Counters::new(setup.trials.max(report.trials));
        journal.trials().iter().for_each(|trial| tally.count(trial));
        tally.work_of(&setup.store.notes_on(&setup.header.study)?);
        return finish(&setup, &journal, &tally, report.clone(), events);
    }

    setup.store.note(&setup.header.study, &RunNote::Budget(setup.trials))?;
    let gate = PauseGate::default();
    let mut announcing = Announcing::new(&*setup.store, &setup.header.study);
    let mut told = |event: Event| {
        announcing.hear(&event);
        events(event);
    };
    let (outcome, journal, tally) = thread::scope(|scope| {
        let executor = Executor::start(scope, &*setup.evaluator, setup.workers, &gate);
        let scoring = Scoring::new(&setup, executor, Control::new(commands, &gate));
        let mut dispatcher = Dispatcher::new(&setup, &metered, journal, scoring, &mut told);
        let outcome = caught(|| "running the study".to_owned(), || dispatcher.run());
        (outcome, dispatcher.journal, dispatcher.tally)
    });
    let run = RunTime { seconds: clock.elapsed().as_secs_f64(), peak_memory: setup.evaluator.peak_memory() };
    let mut noted = setup.store.note(&setup.header.study, &RunNote::Run(run));
    if let Err(error) = &outcome {
        noted = noted.and(setup.store.note(&setup.header.study, &RunNote::Failed(error.to_string())));
    }
    let end = outcome?;
    noted?;
    match end {
        End::Reported(report) => finish(&setup, &journal, &tally, *report, events),
        End::Interrupted => {
            events(Event::Interrupted { progress: tally.progress() });
            Ok(SessionEnd::Interrupted)
        }
    }
}

/// Notes where profile and model are, unless that is known.
fn note_whereabouts(setup: &SessionSetup) -> Result<(), StoreError> {
    let Some(now) = &setup.whereabouts else { return Ok(()) };
    let study = &setup.header.study;
    if whereabouts(&setup.store.notes_on(study)?) == Some(now) {
        return Ok(());
    }
    setup.store.note(study, &RunNote::Found(now.clone()))
}

/// Where the study's things were when it last ran, as far as that was noted.
pub fn whereabouts(notes: &[RunNote]) -> Option<&Whereabouts> {
    notes.iter().rev().find_map(|note| match note {
        RunNote::Found(found) => Some(found),
        _ => None,
    })
}

/// The result that a store holds of a study, without running anything: what `run` returns when nothing is
/// left to do. `None` while there is no report over all trials.
pub fn stored(records: &[Record], notes: &[RunNote]) -> Option<Finished> {
    let Some(Record::Header(header)) = records.first() else { return None };
    let Some(Record::Report(report)) = records.last() else { return None };
    let mut tally = Counters::new(report.trials);
    for record in records {
        if let Record::Trial(trial) = record {
            tally.count(trial);
        }
    }
    tally.work_of(notes);
    Some(finished(header, &tally, (**report).clone(), notes))
}

fn finished(header: &StudyHeader, tally: &Counters, report: Report, notes: &[RunNote]) -> Finished {
    let runs: Vec<RunTime> = notes
        .iter()
        .filter_map(|note| match note {
            RunNote::Run(run) => Some(*run),
            _ => None,
        })
        .collect();
    let planned = notes.iter().rev().find_map(|note| match note {
        RunNote::Planned(planned) => Some(planned.clone()),
        _ => None,
    });
    Finished {
        study: header.study.clone(),
        technique: header.technique.clone(),
        model: header.model.clone(),
        device: header.device.clone(),
        progress: tally.progress(),
        seconds: runs.iter().map(|run| run.seconds).sum(),
        peak_memory: runs.iter().filter_map(|run| run.peak_memory).max(),
        seed: header.seed,
        planned,
        report,
    }
}

fn finish(
    setup: &SessionSetup,
    journal: &Journal<'_>,
    tally: &Counters,
    report: Report,
    events: &mut dyn FnMut(Event),
) -> Result<SessionEnd, SessionError> {
    let notes = setup.store.notes_on(&setup.header.study)?;
    let finished = finished(journal.header(), tally, report, &notes);
    events(Event::Finished(Box::new(finished.clone())));
    Ok(SessionEnd::Finished(Box::new(finished)))
}

#[cfg(test)]
mod tests;
