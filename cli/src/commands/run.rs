//! `attune run`.

use std::path::Path;

use attune::continuation::Continuation;
use attune::{Outcome, Study, StudyBuilder};

use crate::args::{ContinueArgs, RunArgs};
use crate::error::CliError;
use crate::output;
use crate::signals;
use crate::view::progress::ProgressView;
use crate::view::{json, next, table};

pub(crate) fn run(store: &Path, args: &RunArgs) -> Result<(), CliError> {
    run_study(store, args.study(), args.json)
}

/// `attune continue`: the same with the profile that the study holds.
pub(crate) fn go_on(store: &Path, asked: &ContinueArgs) -> Result<(), CliError> {
    let found = Continuation::find(store, &asked.options())?;
    run_study(store, Study::builder().continuation(found), asked.json)
}

fn run_study(store: &Path, study: StudyBuilder, as_json: bool) -> Result<(), CliError> {
    let complaints = output::complaints();
    // Nothing is created or locked before the study has passed every check.
    let study = study.store(store).on_complaint(move |words| complaints(words)).build()?;
    let mut view = ProgressView::new(study.objectives().first().cloned());
    let described = json::Described::of(study.header());
    let name = study.header().study.clone();
    let model = study.subject().clone();
    signals::stop(study.handle(), &name);

    let mut broken = None;
    let outcome = study.run_with(&mut |event| {
        if as_json && broken.is_none() {
            broken = output::json(&json::event(event, &described)).err();
            if let Some(error) = &broken {
                output::note(format!("{}; the study goes on", error.message()));
            }
        }
        // After the object: words that nobody takes must not keep it from a script.
        view.show(event);
    })?;
    match outcome {
        Outcome::Finished(result) => {
            if !as_json {
                let next = next::after_run(&result.finished, &model, described.target.as_deref());
                output::line(table::result(&result.finished, &next, output::columns()).trim_end())?;
            }
            broken.map_or(Ok(()), Err)
        }
        _ => Err(CliError::Interrupted(format!(
            "study `{name}` is interrupted; the same command continues it"
        ))),
    }
}
