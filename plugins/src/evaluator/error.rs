//! Failures before an evaluator can be opened.

use std::path::PathBuf;

use attune_core::technique::FailureKind;
use attune_files::ReadError;

use crate::error::HostError;

/// An evaluator could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluatorError {
    /// The file cannot be read.
    #[error("the evaluator: {0}")]
    Read(#[source] ReadError),
    /// The file is larger than any evaluator.
    #[error(
        "{}: {bytes} bytes, but an evaluator has at most {limit}; build it with `opt-level = \"s\"`, `lto` and `strip`",
        path.display()
    )]
    TooLarge {
        /// Path of the file, as the message names it.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// No evaluator of this name is built in as a component.
    #[error(
        "no evaluator `{name}` is built in as a component{hint}; built in are {known}; for a file, give a path that ends in .wasm"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// Nearest known name, ready to print.
        hint: String,
        /// All names.
        known: String,
    },
    /// The engine cannot run here.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The file is not a component of the world that this build knows.
    #[error("{evaluator}: not an evaluator: {reason}")]
    WrongWorld {
        /// The file, or the name.
        evaluator: String,
        /// Why.
        reason: String,
    },
    /// It failed while it described itself, or what it says makes no sense.
    #[error("evaluator {evaluator}: `describe`: {kind}")]
    Describe {
        /// The file, or the name.
        evaluator: String,
        /// What happened.
        kind: FailureKind,
    },
}
