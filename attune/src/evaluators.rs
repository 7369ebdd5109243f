//! Evaluators on their own, without a study: which there are, and one opened on the model and the task of a profile.

use std::path::Path;
#[cfg(feature = "backend")]
use std::path::PathBuf;
use std::sync::Arc;

use attune_core::evaluator::{Evaluator, EvaluatorSpec};
use attune_core::profile::Profile;
use attune_eval::registry;

#[cfg(feature = "backend")]
use crate::backend::profiles_that_come_with_attune;
use crate::error::Error;
#[cfg(feature = "backend")]
use crate::error::NoExample;
#[cfg(feature = "backend")]
use crate::run_options::ProfileOptions;
use crate::run_options::RunOptions;
use crate::setup::{self, ChosenTask, Complaints};

/// What the evaluators that come with attune say of themselves.
pub fn specs() -> Vec<EvaluatorSpec> {
    registry::all().map(|factory| factory.spec()).collect()
}

/// What the evaluator of this name says of itself.
///
/// # Errors
/// When there is none.
pub fn spec(name: &str) -> Result<EvaluatorSpec, Error> {
    registry::by_name(name).map(|factory| factory.spec()).map_err(Error::input)
}

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
        let model = folder_of(file).join(&profile.model);
        let chosen = ChosenTask::of(&profile, &model);
        chosen.is_ok_and(|chosen| chosen.evaluator() == name && chosen.outline(&model).is_ok())
    };
    let found = files.into_iter().find(is_for);
    found.ok_or_else(|| Error::input(NoExample { evaluator: name.to_owned(), folder }))
}

/// The name of the evaluator that a profile is for, without opening it; `file` is where the profile is.
///
/// # Errors
/// When the profile names one that is not there, or a task that it does not have.
pub fn of_profile(profile: &Profile, file: &Path) -> Result<&'static str, Error> {
    let model = folder_of(file).join(&profile.model);
    ChosenTask::of(profile, &model).map(|chosen| chosen.evaluator()).map_err(Error::input)
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
    let model = setup::absolute(base, &profile.model)?;
    let chosen = ChosenTask::of(profile, &model).map_err(Error::input)?;
    let prepared = chosen.prepare(options, &chosen.data(profile, base), &model, complaints)?;
    prepared.load().map_err(Error::input)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}
