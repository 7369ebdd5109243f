//! Projects of evaluators: written, built, and checked.

use std::path::Path;

use attune::evaluators::{self, TrialOptions};
use attune_author::EvaluatorProject;
use attune_core::profile::EvaluatorChoice;

use super::check;
use crate::commands::compiled;
use crate::error::CliError;
use crate::output;

pub(super) fn new(name: &str) -> Result<(), CliError> {
    if evaluators::names().iter().any(|(known, _)| known == name) {
        let message = format!("`{name}` is an evaluator that comes with attune; choose another name");
        return Err(CliError::Input(message));
    }
    let folder = EvaluatorProject { name }.write(Path::new(""))?;
    let folder = folder.display();
    output::line(format!(
        "{folder}: a toy scheduler, whose order of jobs is to be tuned\n\nnext:\n  attune evaluator build {folder}\n  attune run \
         {folder}/{name}.ron\n\nThe evaluator is in {folder}/src/lib.rs; {folder}/README.md says the rest."
    ))
}

/// Compiles a project, and says what a check finds.
pub(super) fn build(folder: &Path) -> Result<(), CliError> {
    let component = compiled(folder)?;
    let evaluator = EvaluatorChoice::named(component.to_string_lossy());
    check(&TrialOptions { evaluator, ..TrialOptions::default() }, "cpu")
}
