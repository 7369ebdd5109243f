//! attune-export.json: what a checkpoint is, where it comes from and how to check it.

use serde::Serialize;

use attune_core::exporter::{ExportError, ExportInput, FileSink};

use super::write;
use crate::wire::{self, ModelJson, PlanJson, ProvenanceJson};

const FILE: &str = "attune-export.json";

#[derive(Serialize)]
struct Document<'a, D> {
    format: &'static str,
    version: u64,
    target: &'static str,
    attune: &'static str,
    plan: PlanJson,
    model: ModelJson,
    provenance: ProvenanceJson,
    done: &'a D,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify: Option<&'static str>,
}

/// Writes the manifest of `target`: what was `done`, and a command that checks it.
pub(crate) fn write_manifest(
    target: &'static str,
    input: &ExportInput<'_>,
    done: &impl Serialize,
    verify: Option<&'static str>,
    sink: &mut FileSink<'_>,
) -> Result<(), ExportError> {
    let document = Document {
        format: "attune-export",
        version: 1,
        target,
        attune: env!("CARGO_PKG_VERSION"),
        plan: input.plan.into(),
        model: input.model.into(),
        provenance: input.provenance.into(),
        done,
        verify,
    };
    write(sink, FILE, &wire::to_bytes(FILE, &document)?)
}
