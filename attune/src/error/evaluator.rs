//! Evaluators that there is nothing to try on.

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

/// The profile that an evaluator is to be tried on is for another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is for evaluator `{meant}`, not `{wanted}`; name another one with --profile FILE", file.display())]
pub struct OtherEvaluator {
    /// The profile.
    pub file: PathBuf,
    /// The evaluator that it is for.
    pub meant: String,
    /// The one that was to be tried.
    pub wanted: String,
}
