//! Errors of starting and opening a worker.

use std::path::PathBuf;

use attune_core::evaluator::{EvalFailure, OpenFailure, OpenFault};

use crate::ending::Ending;
use crate::wire::{About, Failure};

/// Why a worker cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The command does not start.
    #[error("cannot start the worker `{command}`: {reason}")]
    Start {
        /// The command.
        command: String,
        /// Why.
        reason: String,
    },
    /// It ended before it was ready.
    #[error("the worker `{command}` ended while it was asked to {during}: {ending}")]
    Ended {
        /// The command.
        command: String,
        /// What it was asked to do.
        during: &'static str,
        /// How it ended.
        ending: Ending,
    },
    /// It refuses.
    #[error("the worker `{command}` cannot {during}: {}", failure.message())]
    Refused {
        /// The command.
        command: String,
        /// What it was asked to do.
        during: &'static str,
        /// What it says.
        failure: Failure,
    },
    /// What it says of itself makes no sense.
    #[error("the worker `{command}` says of itself what makes no sense: {why}")]
    Description {
        /// The command.
        command: String,
        /// What is wrong.
        why: String,
    },
    /// It was started again and is another one.
    #[error(
        "the worker `{command}` was started again, and its {what} was {before} and is {now}: results of both cannot be mixed; put \
         back what was changed to go on with this study, or begin another one under another name"
    )]
    Changed {
        /// The command.
        command: String,
        /// What differs.
        what: String,
        /// As it was.
        before: String,
        /// As it is.
        now: String,
    },
    /// It was started again and again.
    #[error("the worker was started {starts} times in a row without success; the last time: {last}")]
    GivenUp {
        /// How often.
        starts: u32,
        /// The last failure.
        last: Box<WorkerError>,
    },
    /// Somebody asked to stop.
    #[error("the worker was not waited for")]
    Interrupted,
}

impl From<WorkerError> for EvalFailure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Interrupted => Self::Interrupted,
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<WorkerError> for OpenFailure {
    fn from(error: WorkerError) -> Self {
        Self::new(error.about(), error)
    }
}

impl WorkerError {
    /// What has to change.
    fn about(&self) -> OpenFault {
        let Self::Refused { failure: Failure::BadRequest { about: Some(about), .. }, .. } = self else {
            return OpenFault::Evaluator;
        };
        match about {
            About::File(path) => OpenFault::File(PathBuf::from(path)),
            About::Split(split) => OpenFault::Split(split.clone()),
            About::TaskOption(option) => OpenFault::TaskOption(option.clone()),
            About::Option(option) => OpenFault::Option(option.clone()),
            About::Task => OpenFault::Task,
            About::Model => OpenFault::Model,
            About::Device => OpenFault::Device,
        }
    }
}
