//! Evaluators without an example.

use std::path::PathBuf;

/// The profile that an evaluator is to be tried on is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no profile in {} is for evaluator `{evaluator}`, with a model that is there; name one with --profile FILE", folder.display())]
pub struct NoExample {
    /// The evaluator.
    pub evaluator: String,
    /// Where the profiles that come with attune are.
    pub folder: PathBuf,
}
