//! attune-export.json: what a checkpoint is, where it comes from, what is in its folder and how to check it.

use serde::Serialize;

use attune_core::exporter::{ExportError, ExportInput, FileSink};

use super::write;
use crate::wire::{self, ModelJson, PlanJson, ProvenanceJson, WrittenJson};

/// The manifest's own name.
pub(crate) const MANIFEST: &str = "attune-export.json";

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
    /// The other files of the folder, so that a later export of the same study may replace them.
    written: &'a [WrittenJson],
    #[serde(skip_serializing_if = "Option::is_none")]
    verify: Option<&'static str>,
}

/// Writes the files of `target` with `body`, then the manifest: what `body` says was done, what it wrote, and a command
/// that checks it.
pub(crate) fn with_manifest<D: Serialize>(
    target: &'static str,
    input: &ExportInput<'_>,
    verify: Option<&'static str>,
    sink: &mut FileSink<'_>,
    body: impl FnOnce(&mut FileSink<'_>) -> Result<D, ExportError>,
) -> Result<(), ExportError> {
    let mut written = Vec::new();
    let done = body(&mut |name, bytes| {
        sink(name, bytes)?;
        written.push(WrittenJson { name: name.to_owned(), bytes: bytes.len() as u64 });
        Ok(())
    })?;
    let document = Document {
        format: "attune-export",
        version: 1,
        target,
        attune: env!("CARGO_PKG_VERSION"),
        plan: input.plan.into(),
        model: input.model.into(),
        provenance: input.provenance.into(),
        done: &done,
        written: &written,
        verify,
    };
    write(sink, MANIFEST, &wire::to_bytes(MANIFEST, &document)?)
}
