//! Outcomes of evaluations, failures included.

use std::time::Duration;

use attune_core::evaluator::{EvalFailure, Split};
use attune_core::scores::Scores;
use serde::{Deserialize, Serialize};

use super::WireError;
use super::float::Float;
use super::scores::ScoresV1;

/// Which data.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SplitV1 {
    Selection,
    Report,
    Elsewhere(String),
}

/// Scores or a failure.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OutcomeV1 {
    Scores(ScoresV1),
    Failure(FailureV1),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum FailureV1 {
    Unsupported { evaluator: String, edit: String, reason: String },
    BadRequest(String),
    NotFinite { metric: String, item: u64, value: Float },
    OutOfMemory { device: String, detail: String },
    Deadline { seconds: u64, nanoseconds: u32 },
    Interrupted,
    Failed { evaluator: String, reason: String },
    Internal(String),
}

impl From<&Split> for SplitV1 {
    fn from(split: &Split) -> Self {
        match split {
            Split::Selection => Self::Selection,
            Split::Report => Self::Report,
            Split::OutOfDomain(domain) => Self::Elsewhere(domain.clone()),
        }
    }
}

impl From<SplitV1> for Split {
    fn from(split: SplitV1) -> Self {
        match split {
            SplitV1::Selection => Self::Selection,
            SplitV1::Report => Self::Report,
            SplitV1::Elsewhere(domain) => Self::OutOfDomain(domain),
        }
    }
}

/// An outcome as it is written.
pub(super) fn to_wire(outcome: &Result<Scores, EvalFailure>) -> OutcomeV1 {
    match outcome {
        Ok(scores) => OutcomeV1::Scores(scores.into()),
        Err(failure) => OutcomeV1::Failure(failure.into()),
    }
}

/// An outcome as it is used.
pub(super) fn from_wire(outcome: OutcomeV1) -> Result<Result<Scores, EvalFailure>, WireError> {
    Ok(match outcome {
        OutcomeV1::Scores(scores) => Ok(scores.try_into()?),
        OutcomeV1::Failure(failure) => Err(failure.try_into()?),
    })
}

impl From<&EvalFailure> for FailureV1 {
    fn from(failure: &EvalFailure) -> Self {
        match failure.clone() {
            EvalFailure::Unsupported { evaluator, edit, reason } => {
                Self::Unsupported { evaluator, edit, reason }
            }
            EvalFailure::BadRequest(reason) => Self::BadRequest(reason),
            EvalFailure::NotFinite { metric, item, value } => {
                Self::NotFinite { metric, item: item as u64, value: Float(value) }
            }
            EvalFailure::OutOfMemory { device, detail } => Self::OutOfMemory { device, detail },
            EvalFailure::Deadline(limit) => {
                Self::Deadline { seconds: limit.as_secs(), nanoseconds: limit.subsec_nanos() }
            }
            EvalFailure::Interrupted => Self::Interrupted,
            EvalFailure::Failed { evaluator, reason } => Self::Failed { evaluator, reason },
            EvalFailure::Internal(reason) => Self::Internal(reason),
            // One that this format has no word for keeps its sentence.
            other => Self::Internal(other.to_string()),
        }
    }
}

impl TryFrom<FailureV1> for EvalFailure {
    type Error = WireError;

    fn try_from(failure: FailureV1) -> Result<Self, WireError> {
        Ok(match failure {
            FailureV1::Unsupported { evaluator, edit, reason } => {
                Self::Unsupported { evaluator, edit, reason }
            }
            FailureV1::BadRequest(reason) => Self::BadRequest(reason),
            FailureV1::NotFinite { metric, item, value } => {
                let item = usize::try_from(item)
                    .map_err(|_| WireError::Meaning(format!("item {item} is beyond this machine")))?;
                Self::NotFinite { metric, item, value: value.0 }
            }
            FailureV1::OutOfMemory { device, detail } => Self::OutOfMemory { device, detail },
            FailureV1::Deadline { seconds, nanoseconds } => {
                // `Duration::new` panics when the nanoseconds carry over into full seconds.
                if nanoseconds >= 1_000_000_000 {
                    return Err(WireError::Meaning(format!("{nanoseconds} ns are a second or more")));
                }
                Self::Deadline(Duration::new(seconds, nanoseconds))
            }
            FailureV1::Interrupted => Self::Interrupted,
            FailureV1::Failed { evaluator, reason } => Self::Failed { evaluator, reason },
            FailureV1::Internal(reason) => Self::Internal(reason),
        })
    }
}
