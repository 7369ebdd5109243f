//! attune-export.json: what this checkpoint is, where it comes from and how to check it.

use serde::Serialize;

use attune_core::exporter::{ExportError, ExportInput, FileSink};
use attune_core::facts::ModelFacts;

use super::companions::Companions;
use super::fold::Fold;
use super::shards::Tensors;
use super::{TARGET, write};
use crate::wire::{self, ModelJson, PlanJson, ProvenanceJson};

const FILE: &str = "attune-export.json";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u64,
    target: &'static str,
    attune: &'static str,
    plan: PlanJson,
    model: ModelJson,
    provenance: ProvenanceJson,
    done: &'a Done,
    verify: &'static str,
}

/// What was done to the checkpoint.
#[derive(Serialize)]
pub(super) struct Done {
    exact: &'static str,
    experts_before: u32,
    experts: u32,
    experts_per_token_before: u32,
    experts_per_token: u32,
    tensors: Tensors,
    files: Companions,
}

impl Done {
    pub(super) fn new(fold: &Fold, model: &ModelFacts, tensors: Tensors, files: Companions) -> Self {
        Self {
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
            tensors,
            files,
        }
    }
}

pub(super) fn write_manifest(
    input: &ExportInput<'_>,
    done: &Done,
    sink: &mut FileSink<'_>,
) -> Result<(), ExportError> {
    let document = Document {
        format: "attune-export",
        version: 1,
        target: TARGET,
        attune: env!("CARGO_PKG_VERSION"),
        plan: input.plan.into(),
        model: input.model.into(),
        provenance: input.provenance.into(),
        done,
        verify: "python tests/golden/check_export.py DIR_OF_THE_DENSE_MODEL DIR_OF_THIS_FILE DIR_OF_THIS_FILE/attune-export.json",
    };
    write(sink, FILE, &wire::to_bytes(FILE, &document)?)
}
