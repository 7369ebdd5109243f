//! The pictures of the README, and the recorded walk of a new user.

use std::path::Path;
use std::process::Command;

/// Why there are no pictures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PicturesError {
    /// Cargo could not be run.
    #[error("cannot run cargo: {0}")]
    Spawn(std::io::Error),
    /// The screens did not show what they should.
    #[error("the journey through the screens ended with {0}; its last screen is above")]
    Failed(std::process::ExitStatus),
}

/// Walks through the screens as a person would (`tests/it/pictures.rs`) and writes what they show to `docs/screens`.
pub(crate) fn draw(root: &Path) -> Result<String, PicturesError> {
    journey(root, "pictures")?;
    Ok("drew docs/screens".to_owned())
}

/// Walks from the first screen to an exported result (`tests/it/walk.rs`) and records it in `docs/screens/walk.cast`.
pub(crate) fn walk(root: &Path) -> Result<String, PicturesError> {
    journey(root, "walk")?;
    Ok("recorded docs/screens/walk.cast".to_owned())
}

fn journey(root: &Path, name: &str) -> Result<(), PicturesError> {
    // The development profile is optimised, too, and its dependencies are there already.
    let journey = ["test", "-q", "-p", "attune-tests", "--test", "it", name, "--", "--ignored"];
    let status =
        Command::new("cargo").args(journey).current_dir(root).status().map_err(PicturesError::Spawn)?;
    if status.success() { Ok(()) } else { Err(PicturesError::Failed(status)) }
}
