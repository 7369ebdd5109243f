//! What an evaluator chose for an edit, a line for each piece.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Bytes that were chosen for an edit of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Choice {
    /// The place of the edit in the plan, counted from 0.
    pub edit: usize,
    /// Which of its parts, counted from 0. Lines of one part follow each other, and their bytes are put together.
    pub part: usize,
    /// In base64 with padding.
    pub bytes: String,
}

impl Choice {
    /// Its bytes.
    ///
    /// # Errors
    /// In words, what makes no sense.
    pub(crate) fn decoded(&self) -> Result<Vec<u8>, String> {
        let Self { edit, part, bytes } = self;
        STANDARD
            .decode(bytes)
            .map_err(|error| format!("`bytes` of part {part} of edit {edit} are not base64: {error}"))
    }
}
