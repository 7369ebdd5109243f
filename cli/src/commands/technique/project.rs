//! Projects: written, built, and checked.

use std::path::Path;

use attune::backend::come_with_attune;
use attune_author::{Language, Project, Template};
use attune_plugins::BUILTIN_NAMES;

use super::check::{self, On};
use crate::commands::compiled;
use crate::error::CliError;
use crate::output;

/// The model of the profiles of projects, beside the profiles that come with attune.
const MODEL: &str = "models/tiny-moe";

pub(super) fn new(name: &str, language: Language, template: Template) -> Result<(), CliError> {
    if BUILTIN_NAMES.contains(&name) {
        let message = format!("`{name}` is a technique that comes with attune; choose another name");
        return Err(CliError::Input(message));
    }
    let (profiles, _) = come_with_attune();
    let model = profiles.parent().unwrap_or(&profiles).join(MODEL);
    let folder = Project { name, language, template, model: &model }.write(Path::new(""))?;
    let folder = folder.display();
    let tool =
        installing(language).map(|command| format!("  (cd {folder} && {command})\n")).unwrap_or_default();
    output::line(format!(
        "{folder}: {}\n\nnext:\n{tool}  attune technique build {folder}\n  attune run {folder}/{name}.ron\n\nThe technique is in \
         {folder}/{}; {folder}/README.md says the rest.",
        template.summary(),
        language.source()
    ))?;
    if !model.is_dir() {
        output::note(format!(
            "no model is at {}, which the profile names: set ATTUNE_SHARE to the folder that holds `profiles` and `models`, or \
             have the profile name a model and texts of yours",
            model.display()
        ));
    }
    Ok(())
}

/// The command that brings what makes components of a language, where a project has that beside it.
fn installing(language: Language) -> Option<&'static str> {
    match language {
        Language::Rust => None,
        Language::Python => Some("python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"),
        Language::JavaScript => Some("npm install"),
    }
}

/// Compiles a project, and says what a check finds.
pub(super) fn build(folder: &Path) -> Result<(), CliError> {
    let component = compiled(folder)?;
    check::component(&component, &On::of(&[], None)?)
}

/// Checks a component, or the one of a project.
pub(super) fn check(file: &Path, on: &On) -> Result<(), CliError> {
    if file.is_dir() { check::component(&compiled(file)?, on) } else { check::component(file, on) }
}
