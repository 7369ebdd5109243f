//! Warm start: what a study may start from, a trial of another study, on the same model.

use attune_core::space::{Config, Dimension};
use attune_core::technique::{Signal, Technique};

use super::SessionError;

/// The baseline that a technique makes of what the study starts from.
pub(super) const START: &str = "start";

/// A trial of another study, on the same model.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The study.
    pub study: String,
    /// The trial.
    pub trial: u64,
    /// The technique of that study.
    pub technique: String,
    /// Its dimensions: where they are those of this study, the config is one of this study, too.
    pub dimensions: Vec<Dimension>,
    /// The trial's config.
    pub config: Config,
    /// What its plan says to techniques of other spaces, as signals whose names begin with `start-`: none where it
    /// says nothing.
    pub signals: Vec<Signal>,
}

impl Start {
    /// A technique makes nothing of it.
    pub(super) fn says_nothing_to(&self, technique: &dyn Technique) -> SessionError {
        SessionError::NoStart {
            study: self.study.clone(),
            trial: self.trial,
            technique: technique.info().name.clone(),
            other: self.technique.clone(),
        }
    }
}
