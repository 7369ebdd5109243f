//! Failures before a technique can be called.

use std::io;
use std::path::PathBuf;

use attune_core::technique::TechniqueFailure;
use attune_files::ReadError;

/// The host itself could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The WebAssembly engine refuses this machine.
    #[error("the WebAssembly engine cannot run on this machine: {0}")]
    Engine(String),
    /// The thread that watches the time could not be started.
    #[error("the thread that watches over techniques could not be started: {0}")]
    Ticker(#[from] io::Error),
}

/// A technique could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("the technique: {0}")]
    Read(#[source] ReadError),
    /// The file is larger than any technique.
    #[error(
        "{}: {bytes} bytes, but a technique has at most {limit}; build it with `opt-level = \"s\"`, `lto` and `strip`",
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
    /// No technique of this name is built in.
    #[error(
        "no technique `{name}` is built in{hint}; built in are {known}; for a file, give a path that ends in .wasm"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// Nearest known name, ready to print.
        hint: String,
        /// All names.
        known: String,
    },
    /// The file is no technique, or failed while it described itself.
    #[error(transparent)]
    Technique(#[from] TechniqueFailure),
}
