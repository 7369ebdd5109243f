//! Why an engine says nothing of an export.

use super::NoPackage;

/// Why an engine says nothing of a folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The package that asks engines is missing.
    #[error(transparent)]
    NoPackage(#[from] NoPackage),
    /// The package cannot be run, or does not answer as it should.
    #[error("`{command}` {what}; expected one JSON object on its standard output{tail}")]
    Nonsense {
        /// What was run.
        command: String,
        /// What it did.
        what: String,
        /// The end of its standard error, where it said something.
        tail: String,
    },
    /// The engine is there and refuses the folder.
    #[error("{engine} {version} refuses {message}")]
    Refused {
        /// The engine.
        engine: String,
        /// Its version.
        version: String,
        /// What it says, with the folder.
        message: String,
    },
}
