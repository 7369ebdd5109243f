//! Failures.

use serde::{Deserialize, Serialize};

/// Why a plan, or a request, has no result: `{"kind": …, "message": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Failure {
    /// An edit that the worker cannot honour.
    Unsupported {
        /// The edit, in its canonical text form.
        edit: String,
        /// Why.
        #[serde(default)]
        message: String,
    },
    /// Data, an item, a signal or an option that there is not.
    BadRequest {
        /// What was asked for, and what there is.
        #[serde(default)]
        message: String,
        /// Of `open` and `load`: what has to change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<About>,
    },
    /// A score that is NaN or infinite: the plan breaks the subject numerically.
    NotFinite {
        /// The metric.
        metric: String,
        /// Position among the items that were asked for, from 0.
        item: usize,
        /// The value: `nan`, `inf` or `-inf`.
        value: String,
        /// More words.
        #[serde(default)]
        message: String,
    },
    /// The device ran out of memory.
    OutOfMemory {
        /// What it was doing.
        #[serde(default)]
        message: String,
    },
    /// The plan took longer than the request allows.
    Deadline {
        /// More words.
        #[serde(default)]
        message: String,
    },
    /// The request was called off.
    Interrupted {
        /// More words.
        #[serde(default)]
        message: String,
    },
    /// Anything that says more about the worker than about the plan.
    Internal {
        /// What went wrong.
        #[serde(default)]
        message: String,
    },
}

/// What has to change before a subject can be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// This file.
    File(String),
    /// The data of this split.
    Split(String),
    /// This option of the task.
    TaskOption(String),
    /// This option of the evaluator.
    Option(String),
    /// The task.
    Task,
    /// The subject.
    Model,
    /// The device.
    Device,
}

impl Failure {
    /// What it says, in words.
    pub fn message(&self) -> &str {
        match self {
            Self::Unsupported { message, .. }
            | Self::BadRequest { message, .. }
            | Self::NotFinite { message, .. }
            | Self::OutOfMemory { message }
            | Self::Deadline { message }
            | Self::Interrupted { message }
            | Self::Internal { message } => message,
        }
    }

    /// Its kind, as it is written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "unsupported",
            Self::BadRequest { .. } => "bad-request",
            Self::NotFinite { .. } => "not-finite",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::Deadline { .. } => "deadline",
            Self::Interrupted { .. } => "interrupted",
            Self::Internal { .. } => "internal",
        }
    }
}
