//! `attune run`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_core::event::{Command, Event};
use attune_core::store::{Store, StoreError};
use attune_search::session::{self, SessionEnd, SessionError};
use attune_store::DeferredStore;
use crossbeam_channel::{Receiver, unbounded};

use crate::args::RunArgs;
use crate::error::CliError;
use crate::output;
use crate::setup;
use crate::view::progress::ProgressView;
use crate::view::{json, table};

pub(crate) fn run(store: &Path, args: &RunArgs) -> Result<(), CliError> {
    let profile = setup::profile(args)?;
    attune_store::check_name(args.study.as_ref().unwrap_or(&profile.name))
        .map_err(|error| store_error(&error))?;
    let mut view = ProgressView::new(profile.objectives.first().cloned());
    // Nothing is created or locked before the study has passed every check.
    let store = Arc::new(DeferredStore::new(store));
    let setup = setup::study(args, &profile, Arc::clone(&store) as Arc<dyn Store>, setup::on_stderr())?;
    let dimensions = setup.header.dimensions.clone();
    let study = setup.header.study.clone();
    let commands = interrupts(&study)?;

    let mut broken = None;
    let end = session::run(
        setup,
        &mut |event| {
            for note in store.notes() {
                view.show(&Event::Warning { message: note.to_string() });
            }
            view.show(&event);
            if args.json && broken.is_none() {
                broken = output::line(json::event(&event, &dimensions)).err();
            }
        },
        commands,
    );
    match end.map_err(session_error)? {
        SessionEnd::Finished(finished) => {
            if !args.json {
                output::line(table::result(&finished).trim_end())?;
            }
            broken.map_or(Ok(()), Err)
        }
        SessionEnd::Interrupted => Err(CliError::Interrupted(format!(
            "study `{study}` is interrupted; the same command continues it"
        ))),
    }
}

/// Ctrl-C and SIGTERM become a command; a second one ends the process at once (nothing finished is lost).
fn interrupts(study: &str) -> Result<Receiver<Command>, CliError> {
    let (send, receive) = unbounded();
    let asked = AtomicBool::new(false);
    let study = study.to_owned();
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping; what has finished is kept. Press Ctrl-C again to end `{study}` without waiting");
        // The receiver is gone when the study has just ended: then there is nothing to stop.
        let _ = send.send(Command::StopNow);
    })
    .map_err(|error| CliError::Run(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(receive)
}

pub(crate) fn store_error(error: &StoreError) -> CliError {
    match error {
        StoreError::DifferentStudy { .. }
        | StoreError::UnknownStudy { .. }
        | StoreError::NameTaken { .. }
        | StoreError::BadName { .. } => CliError::input(error),
        _ => CliError::run(error),
    }
}

pub(crate) fn session_error(error: SessionError) -> CliError {
    match &error {
        SessionError::Store(source) => store_error(source),
        SessionError::Technique(failure) => setup::technique_error(failure),
        SessionError::Strategy(_)
        | SessionError::UnknownObjective { .. }
        | SessionError::NoObjective
        | SessionError::NoItems
        | SessionError::NoSplit { .. }
        | SessionError::FewItems { .. } => CliError::input(error),
        _ => CliError::run(error),
    }
}
