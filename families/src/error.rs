//! Why a file that describes a model cannot be taken.

use std::path::PathBuf;

use attune_files::ReadError;

/// Why config.json, or another file that describes a model, cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is absent, unreadable, larger than anything that is meant, or no regular file.
    #[error("{source}; expected {expected}")]
    Io {
        /// Which file, and why.
        source: ReadError,
        /// What the file is for.
        expected: &'static str,
    },
    /// It is not JSON of the expected form.
    #[error("{file} cannot be read as {what}: {source}; {advice}")]
    BadJson {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// What it should be.
        what: &'static str,
        /// Line, column and reason.
        source: serde_json::Error,
        /// What to do.
        advice: &'static str,
    },
    /// A key is absent, has a value without meaning, or asks for something that is not implemented.
    #[error("{file}: `{key}` is {found}, expected {expected}")]
    BadConfig {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// The key, with dots for nesting.
        key: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
}
