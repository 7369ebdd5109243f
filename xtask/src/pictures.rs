//! The pictures of the README.

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
    let journey =
        ["test", "--release", "-q", "-p", "attune-tests", "--test", "it", "pictures", "--", "--ignored"];
    let status =
        Command::new("cargo").args(journey).current_dir(root).status().map_err(PicturesError::Spawn)?;
    if !status.success() {
        return Err(PicturesError::Failed(status));
    }
    Ok("drew docs/screens".to_owned())
}
