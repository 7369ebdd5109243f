//! Evaluators on their own, without a study: which there are, and one opened on the model and the task of a profile.

#[cfg(feature = "backend")]
mod trial;

use std::path::Path;
#[cfg(feature = "backend")]
use std::path::PathBuf;
use std::sync::Arc;

use attune_core::evaluator::Evaluator;
use attune_core::profile::Profile;

#[cfg(feature = "backend")]
use crate::backend::profiles_that_come_with_attune;
use crate::error::Error;
#[cfg(feature = "backend")]
use crate::error::NoExample;
#[cfg(feature = "backend")]
use crate::run_options::ProfileOptions;
use crate::run_options::RunOptions;
use crate::setup::{self, ChosenTask, Complaints};

pub use crate::factory::{
    ComponentDetails, Described, INSTALL_TORCH, Listed, NoPackage, TORCH, TORCH_SUMMARY, described, list,
    names, spec, starting, torch_command,
};
pub use attune_workers::end_all;
#[cfg(feature = "backend")]
pub use trial::{TrialOptions, trial};

/// The first profile that comes with attune, in name order, and is for the evaluator of this name, with a model that is there.
///
/// # Errors
/// When there is none.
#[cfg(feature = "backend")]
pub fn example(name: &str) -> Result<PathBuf, Error> {
    let (folder, files) = profiles_that_come_with_attune();
    let is_for = |file: &PathBuf| {
        let options = ProfileOptions { file: file.clone(), ..ProfileOptions::default() };
        let Ok(profile) = setup::profile(&options) else { return false };
        let base = folder_of(file);
        let chosen = ChosenTask::of(&profile, base);
        let there = |chosen: &ChosenTask| {
            chosen.model(&profile, base).is_ok_and(|model| chosen.outline(&model).is_ok())
        };
        chosen.is_ok_and(|chosen| chosen.evaluator() == name && there(&chosen))
    };
    let found = files.into_iter().find(is_for);
    found.ok_or_else(|| Error::input(NoExample { evaluator: name.to_owned(), folder }))
}

/// The name of the evaluator that a profile is for, without opening it; `file` is where the profile is.
///
/// # Errors
/// When the profile names one that is not there, or a task that it does not have.
pub fn of_profile(profile: &Profile, file: &Path) -> Result<String, Error> {
    let chosen = ChosenTask::of(profile, folder_of(file)).map_err(Error::input)?;
    Ok(chosen.evaluator().to_owned())
}

/// The evaluator of a profile, ready to evaluate.
///
/// # Errors
/// Whatever keeps it from being opened.
pub fn open(
    profile: &Profile,
    options: &RunOptions,
    complaints: Complaints,
) -> Result<Arc<dyn Evaluator>, Error> {
    let base = folder_of(&options.profile);
    let chosen = ChosenTask::of(profile, base).map_err(Error::input)?;
    let model = chosen.model(profile, base)?;
    let prepared = chosen.prepare(options, &chosen.data(profile, base), &model, Arc::clone(&complaints))?;
    prepared.load(&setup::told(complaints)).map_err(Error::input)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}
