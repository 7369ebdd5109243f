//! Paths that cannot be used.

use std::path::PathBuf;

use attune_core::printable::quoted;

/// A path that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It names a place on another machine.
    #[error("{file}: {key} is `{}`: {problem}", quoted(path))]
    Remote {
        /// The profile.
        file: String,
        /// The key in it.
        key: String,
        /// What was found.
        path: String,
        /// What it is, and what to do.
        problem: String,
    },
    /// A study keeps texts: as another one, this path would name another place.
    #[error(
        "the path {} is no UTF-8, so a study cannot keep it; give the folder another name, or make a link to it",
        .0.display()
    )]
    NotText(PathBuf),
    /// The system does not tell where a relative path starts from.
    #[error("cannot tell where {} is: {}", path.display(), attune_core::describe::of_system(source))]
    Absolute {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
