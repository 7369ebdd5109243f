//! What can go wrong between sources and components.

use std::io;
use std::path::{Path, PathBuf};

use attune_author::AuthorError;

/// Components could not be built, or disagree with their sources.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PluginsError {
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// No toolchain, or what it was given does not compile.
    #[error(transparent)]
    Author(#[from] AuthorError),
    #[error("{}: {problem}; run `cargo xtask plugins` and commit what it changes", path.display())]
    Sums { path: PathBuf, problem: String },
    #[error("{}: lacks the line `{lacks} …`; run `cargo xtask plugins`", path.display())]
    BadRecord { path: PathBuf, lacks: &'static str },
    #[error(
        "grids, plugins/guests, plugins/wit and the folders beside it: the sources have hash {found}, but the components were built from \
         {recorded}; run `cargo xtask plugins` and commit what it changes"
    )]
    Stale { recorded: String, found: String },
    #[error(
        "{}: a rebuild with the recorded toolchain gives other bytes; run `cargo xtask plugins` and commit \
         what it changes",
        path.display()
    )]
    Differs { path: PathBuf },
}

impl PluginsError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}
