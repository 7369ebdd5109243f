//! A study in this process: as `attune run`, with the screens as its view.

use std::path::Path;
use std::sync::Arc;

use attune_core::event::Event;
use attune_core::profile::Profile;
use attune_core::store::{self, Record, Store};
use attune_search::session::{self, SessionEnd, SessionSetup};
use attune_store::DeferredStore;
use attune_tui::desk::{Answer, Mail, Opening, RunLocation};

use super::running::{Running, Turn};
use super::stored;
use crate::args::RunArgs;
use crate::commands::run::{session_error, store_error};
use crate::error::CliError;
use crate::setup::{self, Complaints};

/// Runs a study from what describes it to its end, on the thread that calls.
pub(super) fn launch(
    store: &Path,
    running: &Running,
    described: Result<(RunArgs, Profile), CliError>,
    mail: &Mail,
) {
    let ready = described.and_then(|(args, profile)| prepare(store, running, &args, &profile, mail));
    let ready = match ready {
        Ok(ready) => ready,
        Err(error) => return mail.send(Answer::Opened(Err(error.sentence()))),
    };
    let Ready { turn, setup, opening, store } = ready;
    let study = setup.header.study.clone();
    if !turn.starts() {
        return mail.send(Answer::Opened(Err("the screens have closed".to_owned())));
    }
    let tell = |event| mail.send(Answer::Event { study: study.clone(), event });
    mail.send(Answer::Opened(Ok(Box::new(opening))));
    let commands = turn.commands.clone();
    let mut events = |event| {
        for note in store.notes() {
            tell(Event::Warning { message: note.to_string() });
        }
        tell(event);
    };
    let ended = session::run(setup, &mut events, commands).map_err(session_error);
    // The session has let go of the study: whoever sees the end can go on with it.
    drop((turn, store));
    let failure = match ended {
        Ok(SessionEnd::Finished(_) | SessionEnd::Interrupted) => None,
        Err(error) => Some(error.sentence()),
    };
    mail.send(Answer::Ended { study, failure });
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
    args: &RunArgs,
    profile: &Profile,
    mail: &Mail,
) -> Result<Ready, CliError> {
    let study = args.study.clone().unwrap_or_else(|| profile.name.clone());
    attune_store::check_name(&study).map_err(|error| store_error(&error))?;
    let turn = running.begin(&study)?;
    let store = running.store(path);
    let setup = setup::study(args, profile, Arc::clone(&store) as Arc<dyn Store>, complaints(&study, mail))?;
    let records = store.records(&study).map_err(|error| store_error(&error))?;
    if let Some(Record::Header(existing)) = records.first()
        && store::has_scores(&records)
    {
        store::same_study(existing, &setup.header).map_err(|error| store_error(&error))?;
    }
    let taken = store.notes_on(&study).map_err(|error| store_error(&error))?;
    // More trials than the result is about extend the study: then there is none yet.
    let finished =
        session::stored(&records, &taken).filter(|finished| finished.report.trials >= setup.trials);
    let opening = Opening {
        header: setup.header.clone(),
        objectives: setup.objectives.clone(),
        budget: setup.trials,
        layers: setup.evaluator.model().layers,
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
fn complaints(study: &str, mail: &Mail) -> Complaints {
    let (study, mail) = (study.to_owned(), mail.clone());
    Arc::new(move |message| {
        mail.send(Answer::Event { study: study.clone(), event: Event::Warning { message } });
    })
}
