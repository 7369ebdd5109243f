//! Evaluators by what a profile says of them: those of this build, and programs that are one.

mod chosen;
mod command;
mod python;
mod started;

use std::path::Path;

use attune_core::evaluator::EvaluatorSpec;
use attune_core::profile::{EvaluatorChoice, Profile, TaskFault};
use attune_eval::registry::{self, UnknownEvaluator};

use crate::error::Error;

pub use crate::error::NoPackage;
pub(crate) use chosen::Factory;
#[cfg(feature = "backend")]
pub(crate) use command::beside;
#[cfg(feature = "export")]
pub(crate) use python::engines_command;
pub use python::{INSTALL_TORCH, TORCH, TORCH_SUMMARY, torch_command};
pub use started::starting;
#[cfg(feature = "backend")]
pub(crate) use started::wait_for_none_but;

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
        command: Result<Vec<String>, NoPackage>,
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
pub(crate) fn is_native(choice: &EvaluatorChoice) -> bool {
    choice.command.is_empty() && registry::by_name(&choice.name).is_ok()
}

/// What an evaluator says of itself: the one of a name, or a program, whose paths are relative to `base`. A program is started
/// for that, and opens nothing.
///
/// # Errors
/// When there is none.
pub fn spec(choice: &EvaluatorChoice, base: &Path) -> Result<EvaluatorSpec, Error> {
    spec_of(choice, base, Factory::chosen)
}

/// The same for a form, which may name another one before this one has said what it is.
///
/// # Errors
/// As there.
#[cfg(feature = "backend")]
pub(crate) fn spec_for_form(choice: &EvaluatorChoice, base: &Path) -> Result<EvaluatorSpec, Error> {
    spec_of(choice, base, Factory::for_form)
}

fn spec_of(
    choice: &EvaluatorChoice,
    base: &Path,
    find: fn(&EvaluatorChoice, &Path) -> Result<Factory, TaskFault>,
) -> Result<EvaluatorSpec, Error> {
    let known: Vec<String> = names().into_iter().map(|(name, _)| name).collect();
    if choice.command.is_empty() && !known.contains(&choice.name) {
        return Err(Error::input(UnknownEvaluator::among(&choice.name, known)));
    }
    find(choice, base).map(|factory| factory.spec()).map_err(Error::input)
}
