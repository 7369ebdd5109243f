//! A study in this process: as `attune run`, with the screens as its view.

use std::path::Path;
use std::sync::Arc;

use attune_core::event::Event;
use attune_core::profile::Profile;
use attune_core::store::{self, Record, Store};
use attune_search::session::{self, SessionEnd, SessionSetup};
use attune_store::DeferredStore;

use super::running::{Running, Turn};
use super::stored;
use crate::backend::{Answer, Mailbox, Opening, RunLocation};
use crate::error::Error;
use crate::run_options::RunOptions;
use crate::setup::{self, Complaints};

/// Runs a study from what describes it to its end, on the thread that calls.
pub(super) fn launch(
    store: &Path,
    running: &Running,
    described: Result<(RunOptions, Profile), Error>,
    mailbox: &Mailbox,
) {
    let ready = described.and_then(|(args, profile)| prepare(store, running, &args, &profile, mailbox));
    let ready = match ready {
        Ok(ready) => ready,
        Err(error) => return mailbox.send(Answer::Opened(Err(error.sentence()))),
    };
    let Ready { turn, setup, opening, store } = ready;
    let study = setup.header.study.clone();
    if !turn.starts() {
        return mailbox.send(Answer::Opened(Err("the screens have closed".to_owned())));
    }
    let tell = |event| mailbox.send(Answer::Event { study: study.clone(), event });
    mailbox.send(Answer::Opened(Ok(Box::new(opening))));
    let commands = turn.commands.clone();
    let mut events = |event| {
        for note in store.notes() {
            tell(Event::Warning { message: note.to_string() });
        }
        tell(event);
    };
    let ended = session::run(setup, &mut events, commands).map_err(Error::from);
    // The session has let go of the study: whoever sees the end can go on with it.
    drop((turn, store));
    let failure = match ended {
        Ok(SessionEnd::Finished(_) | SessionEnd::Interrupted) => None,
        Err(error) => Some(error.sentence()),
    };
    mailbox.send(Answer::Ended { study, failure });
}

/// Everything that can go wrong before a study runs has not.
struct Ready {
    turn: Turn,
    setup: SessionSetup,
    opening: Opening,
    store: Arc<DeferredStore>,
}

fn prepare(
    path: &Path,
    running: &Running,
    args: &RunOptions,
    profile: &Profile,
    mailbox: &Mailbox,
) -> Result<Ready, Error> {
    let study = args.study.clone().unwrap_or_else(|| profile.name.clone());
    attune_store::check_name(&study)?;
    let turn = running.begin(&study)?;
    let store = running.store(path);
    let setup =
        setup::study(args, profile, Arc::clone(&store) as Arc<dyn Store>, complaints(&study, mailbox))?;
    let records = store.records(&study)?;
    if let Some(Record::Header(existing)) = records.first()
        && store::has_scores(&records)
    {
        store::same_study(existing, &setup.header)?;
    }
    let taken = store.notes_on(&study)?;
    // More trials than the result is about extend the study: then there is none yet.
    let finished =
        session::stored(&records, &taken).filter(|finished| finished.report.trials >= setup.trials);
    let opening = Opening {
        header: setup.header.clone(),
        edits: setup.evaluator.info().edits.clone(),
        objectives: setup.objectives.clone(),
        budget: setup.trials,
        layers: attune_vocabulary::ModelFacts::of(setup.evaluator.model()).layers,
        place: RunLocation::Here,
        failure: None,
        profile: Some(args.profile.display().to_string()),
        device: Some(args.device.clone()),
        trials: stored::trials(&records),
        notes: taken,
        finished: finished.map(Box::new),
    };
    Ok(Ready { turn, setup, opening, store })
}

/// What a technique complains about belongs in the log of its study.
fn complaints(study: &str, mailbox: &Mailbox) -> Complaints {
    let (study, mailbox) = (study.to_owned(), mailbox.clone());
    Arc::new(move |message| {
        mailbox.send(Answer::Event { study: study.clone(), event: Event::Warning { message } });
    })
}
