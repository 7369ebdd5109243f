//! Why there is no archive.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// The program could not be built or packed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DistError {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// A program could not be started.
    #[error("cannot run {program}: {source}")]
    Run { program: String, source: io::Error },
    /// The build failed; why stands above.
    #[error("cargo build ended with {0}; its messages are above")]
    Build(ExitStatus),
    /// A program says something else than it should.
    #[error("{program} says `{found}`, expected `{expected}`; build it from this checkout")]
    Said { program: String, expected: String, found: String },
    /// The archive could not be made.
    #[error("cannot pack {name}: {source}")]
    Pack { name: String, source: io::Error },
}

impl DistError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn run(program: &str, source: io::Error) -> Self {
        Self::Run { program: program.to_owned(), source }
    }
}
