//! `attune run`.

use std::path::Path;
use std::sync::Arc;

use attune_core::event::Event;
use attune_core::profile::Profile;
use attune_core::store::{Store, StoreError};
use attune_search::session::{self, SessionEnd, SessionError};
use attune_store::DeferredStore;

use crate::args::{ContinueArgs, RunArgs};
use crate::continuation::Continuation;
use crate::error::CliError;
use crate::output;
use crate::setup;
use crate::signals;
use crate::view::progress::ProgressView;
use crate::view::{json, next, table};

pub(crate) fn run(store: &Path, args: &RunArgs) -> Result<(), CliError> {
    run_profile(store, args, &setup::profile(args)?)
}

/// `attune continue`: the same with the profile that the study holds.
pub(crate) fn go_on(store: &Path, asked: &ContinueArgs) -> Result<(), CliError> {
    let Continuation { args, profile } = Continuation::find(store, asked)?;
    run_profile(store, &args, &profile)
}

fn run_profile(store: &Path, args: &RunArgs, profile: &Profile) -> Result<(), CliError> {
    attune_store::check_name(args.study.as_ref().unwrap_or(&profile.name))
        .map_err(|error| store_error(&error))?;
    let mut view = ProgressView::new(profile.objectives.first().cloned());
    // Nothing is created or locked before the study has passed every check.
    let store = Arc::new(DeferredStore::new(store));
    let setup = setup::study(args, profile, Arc::clone(&store) as Arc<dyn Store>, setup::on_stderr())?;
    let dimensions = setup.header.dimensions.clone();
    let study = setup.header.study.clone();
    let model = setup.evaluator.model().clone();
    let commands = signals::commands(&study)?;

    let mut broken = None;
    let end = session::run(
        setup,
        &mut |event| {
            for note in store.notes() {
                view.show(&Event::Warning { message: note.to_string() });
            }
            if args.json && broken.is_none() {
                broken = output::json(&json::event(&event, &dimensions)).err();
                if let Some(error) = &broken {
                    output::note(format!("{}; the study goes on", error.message()));
                }
            }
            // After the object: words that nobody takes must not keep it from a script.
            view.show(&event);
        },
        commands,
    );
    match end.map_err(session_error)? {
        SessionEnd::Finished(finished) => {
            if !args.json {
                let next = next::after_run(&finished, &model);
                output::line(table::result(&finished, &next, output::columns()).trim_end())?;
            }
            broken.map_or(Ok(()), Err)
        }
        SessionEnd::Interrupted => Err(CliError::Interrupted(format!(
            "study `{study}` is interrupted; the same command continues it"
        ))),
    }
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
        | SessionError::FewItems { .. }
        | SessionError::NothingRuns { .. } => CliError::input(error),
        _ => CliError::run(error),
    }
}
