//! The evaluator of a study, opened once more.

use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::Evaluator;
use attune_core::profile::Profile;

use crate::continuation::Continuation;
use crate::error::Error;
use crate::run_options::{ContinueOptions, ExportOptions};
use crate::setup::{self, ChosenTask, Complaints};

/// An evaluator that was opened.
pub(super) struct Reopened {
    pub(super) evaluator: Arc<dyn Evaluator>,
    /// What it was asked to run on.
    pub(super) device: String,
}

/// The evaluator of the study on `device`, with the profile as `changed` has it; paths of that are relative to the folder that it is
/// called with.
///
/// # Errors
/// Whatever keeps it from being opened.
pub(super) fn evaluator(
    store: &Path,
    args: &ExportOptions,
    device: &str,
    tell: Complaints,
    changed: impl FnOnce(Profile, &Path) -> Result<Profile, Error>,
) -> Result<Reopened, Error> {
    let asked = ContinueOptions { model: args.model.clone(), ..ContinueOptions::new(&args.study, device) };
    let Continuation { args: options, profile } = Continuation::find(store, &asked)?;
    let base = options.profile.parent().unwrap_or(Path::new(""));
    let profile = changed(profile, base)?;
    let chosen = ChosenTask::of(&profile, base).map_err(Error::input)?;
    let model = chosen.model(&profile, base)?;
    let prepared = chosen.prepare(&options, &chosen.data(&profile, base), &model, Arc::clone(&tell))?;
    let evaluator = prepared.load(&setup::told(tell)).map_err(Error::input)?;
    Ok(Reopened { evaluator, device: device.to_owned() })
}
