//! Manifest of a pruned checkpoint.

use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::fold::Fold;
use super::shards::Tensors;
use crate::checkpoint::Companions;

/// What was done to the checkpoint.
#[derive(Serialize)]
pub(super) struct Done {
    exact: &'static str,
    /// As in the answer of the check.
    approximation: Option<String>,
    experts_before: u32,
    experts: u32,
    experts_per_token_before: u32,
    experts_per_token: u32,
    /// Layers behind the last that predict tokens further on.
    #[serde(skip_serializing_if = "is_none")]
    predictors_left_out: u32,
    tensors: Tensors,
    files: Companions,
}

impl Done {
    pub(super) fn new(
        fold: &Fold,
        model: &ModelFacts,
        predictors_left_out: u32,
        approximation: Option<String>,
        tensors: Tensors,
        files: Companions,
    ) -> Self {
        Self {
            approximation,
            exact: if tensors.has_merged() {
                "routers keep the rows that the plan routes by; merged experts are summed in float32 and rounded to \
                 the stored element type; every other tensor is a byte-for-byte copy"
            } else {
                "routers keep the rows of the kept experts, which are numbered anew in the order of the plan; \
                 every other tensor is a byte-for-byte copy"
            },
            experts_before: fold.of,
            experts: fold.count(),
            experts_per_token_before: model.experts_per_token,
            experts_per_token: fold.per_token,
            predictors_left_out,
            tensors,
            files,
        }
    }
}

fn is_none(count: &u32) -> bool {
    *count == 0
}
