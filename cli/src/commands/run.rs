//! `attune run`.

use std::path::Path;
use std::sync::Arc;

use attune::continuation::Continuation;
use attune::run_options::RunOptions;
use attune::setup;
use attune_core::event::Event;
use attune_core::profile::Profile;
use attune_core::store::Store;
use attune_search::session::{self, SessionEnd};
use attune_store::DeferredStore;

use crate::args::{ContinueArgs, RunArgs};
use crate::error::CliError;
use crate::output;
use crate::signals;
use crate::view::progress::ProgressView;
use crate::view::{json, next, table};

pub(crate) fn run(store: &Path, args: &RunArgs) -> Result<(), CliError> {
    let profile = setup::profile(&args.profile_options())?;
    run_profile(store, &args.run_options(), &profile, args.json)
}

/// `attune continue`: the same with the profile that the study holds.
pub(crate) fn go_on(store: &Path, asked: &ContinueArgs) -> Result<(), CliError> {
    let Continuation { args, profile } = Continuation::find(store, &asked.options())?;
    run_profile(store, &args, &profile, asked.json)
}

fn run_profile(store: &Path, args: &RunOptions, profile: &Profile, as_json: bool) -> Result<(), CliError> {
    attune_store::check_name(args.study.as_ref().unwrap_or(&profile.name)).map_err(attune::Error::from)?;
    let mut view = ProgressView::new(profile.objectives.first().cloned());
    // Nothing is created or locked before the study has passed every check.
    let store = Arc::new(DeferredStore::new(store));
    let setup = setup::study(args, profile, Arc::clone(&store) as Arc<dyn Store>, output::complaints())?;
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
            if as_json && broken.is_none() {
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
    match end.map_err(attune::Error::from)? {
        SessionEnd::Finished(finished) => {
            if !as_json {
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
