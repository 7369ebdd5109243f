//! Projects: written, built, and checked.

use std::path::{Path, PathBuf};

use attune::backend::come_with_attune;
use attune_author::{Installed, Project, Template, Toolchain};
use attune_core::format;
use attune_plugins::BUILTIN_NAMES;

use super::check;
use crate::error::CliError;
use crate::output;

/// The model of the profiles of projects, beside the profiles that come with attune.
const MODEL: &str = "models/tiny-moe";

pub(super) fn new(name: &str, template: Template) -> Result<(), CliError> {
    if BUILTIN_NAMES.contains(&name) {
        let message = format!("`{name}` is a technique that comes with attune; choose another name");
        return Err(CliError::Input(message));
    }
    let (profiles, _) = come_with_attune();
    let model = profiles.parent().unwrap_or(&profiles).join(MODEL);
    let folder = Project { name, template, model: &model }.write(Path::new(""))?;
    let folder = folder.display();
    output::line(format!(
        "{folder}: {}\n\nnext:\n  attune technique build {folder}\n  attune run {folder}/{name}.ron\n\nThe technique is in \
         {folder}/src/lib.rs; {folder}/README.md says the rest.",
        template.summary()
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

/// Compiles a project, and says what a check finds.
pub(super) fn build(folder: &Path) -> Result<(), CliError> {
    let component = compile(folder)?;
    check::component(&component, &[])
}

/// Checks a component, or the one of a project.
pub(super) fn check(file: &Path, models: &[PathBuf]) -> Result<(), CliError> {
    if file.is_dir() { check::component(&compile(file)?, models) } else { check::component(file, models) }
}

/// The component of a project, anew.
fn compile(folder: &Path) -> Result<PathBuf, CliError> {
    // That a folder is not there is said by the build.
    let place = if folder.is_dir() { folder } else { Path::new(".") };
    let toolchain = Toolchain::find(&Installed::here(), place, None)?;
    let built = attune_author::build(folder, &toolchain)?;
    let name = built.file.file_name().unwrap_or_default();
    let file = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
    let size = format::bytes(built.bytes as f64);
    output::line(format!("{}: {size}, by {}\n", file.display(), built.toolchain))?;
    Ok(file)
}
