//! Evaluators on their own, without a study: which there are, and one opened on the model and the task of a profile.

mod command;
mod factory;
mod python;
mod started;
#[cfg(feature = "backend")]
mod trial;

use std::path::Path;
#[cfg(feature = "backend")]
use std::path::PathBuf;
use std::sync::Arc;

use attune_core::evaluator::{Evaluator, EvaluatorSpec};
use attune_core::profile::{EvaluatorChoice, Profile};
use attune_eval::registry::{self, UnknownEvaluator};

#[cfg(feature = "backend")]
use crate::backend::profiles_that_come_with_attune;
use crate::error::Error;
#[cfg(feature = "backend")]
use crate::error::NoExample;
#[cfg(feature = "backend")]
use crate::run_options::ProfileOptions;
use crate::run_options::RunOptions;
use crate::setup::{self, ChosenTask, Complaints};

pub use attune_workers::end_all;
#[cfg(feature = "backend")]
pub(crate) use command::beside;
pub(crate) use factory::Factory;
pub use python::{INSTALL_TORCH, NoTorch, TORCH, TORCH_SUMMARY, torch_command};
#[cfg(feature = "backend")]
pub use trial::{TrialOptions, trial};

/// An evaluator that profiles can name, as far as it is known without starting it.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed {
    /// One of this build.
    Native(EvaluatorSpec),
    /// A program that is there, and the command that starts it.
    Worker {
        /// Its name.
        name: &'static str,
        /// What it evaluates, in one sentence.
        summary: &'static str,
        /// Program and arguments, or where they were looked for.
        command: Result<Vec<String>, NoTorch>,
    },
}

impl Listed {
    /// What `evaluator.name` of a profile calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Native(spec) => &spec.name,
            Self::Worker { name, .. } => name,
        }
    }
}

/// Every evaluator that a profile can name. No program of an evaluator is started.
pub fn list() -> Vec<Listed> {
    let natives = registry::all().map(|factory| Listed::Native(factory.spec()));
    let torch = Listed::Worker { name: TORCH, summary: TORCH_SUMMARY, command: torch_command() };
    natives.chain([torch]).collect()
}

/// The names that profiles may have under `evaluator.name`, each with what it evaluates. Nothing is looked for.
pub fn names() -> Vec<(String, String)> {
    let natives = registry::all().map(|factory| factory.spec()).map(|spec| (spec.name, spec.summary));
    natives.chain([(TORCH.to_owned(), TORCH_SUMMARY.to_owned())]).collect()
}

/// Whether a profile is for an evaluator of another process.
pub(crate) fn is_worker(profile: &Profile) -> bool {
    profile.evaluator.as_ref().is_some_and(|choice| !is_native(choice))
}

/// Whether an evaluator is one of this build.
fn is_native(choice: &EvaluatorChoice) -> bool {
    choice.command.is_empty() && registry::by_name(&choice.name).is_ok()
}

/// What an evaluator says of itself: the one of a name, or a program, whose paths are relative to `base`. A program is started
/// for that, and opens nothing.
///
/// # Errors
/// When there is none.
pub fn spec(choice: &EvaluatorChoice, base: &Path) -> Result<EvaluatorSpec, Error> {
    let known: Vec<String> = names().into_iter().map(|(name, _)| name).collect();
    if choice.command.is_empty() && !known.contains(&choice.name) {
        return Err(Error::input(UnknownEvaluator::among(&choice.name, known)));
    }
    Factory::chosen(choice, base).map(|factory| factory.spec()).map_err(Error::input)
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
