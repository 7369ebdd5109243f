//! `--to plan`: the plan itself as versioned JSON. Works for every technique.

use serde::Serialize;

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink};
use attune_core::facts::Facts;
use attune_core::plan::Plan;

use super::DESCRIPTION;
use crate::wire::{self, ModelJson, PlanJson, ProvenanceJson};

/// `format` of a plan file.
pub(crate) const FORMAT: &str = "attune-plan";
/// `version` of the plan files that this build writes and reads.
pub(crate) const VERSION: u64 = 1;

/// The one file of this target.
pub(crate) const FILE: &str = "plan.json";

/// Writes `plan.json`: edits, content hash, model and provenance.
#[derive(Clone, Copy, Debug)]
pub struct PlanExporter;

#[derive(Serialize)]
struct Document {
    format: &'static str,
    version: u64,
    plan: PlanJson,
    model: ModelJson,
    provenance: ProvenanceJson,
}

impl Exporter for PlanExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, _model: &Facts) -> Result<Exactness, ExportError> {
        match attune_vocabulary::model().conflict(plan) {
            None => Ok(Exactness::Exact),
            Some((one, other)) => Err(ExportError::Inexpressible {
                target: self.name(),
                edit: one.to_string(),
                reason: format!("the plan also holds {other}, and both cannot be honoured"),
            }),
        }
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        self.check(input.plan, input.model)?;
        let document = Document {
            format: FORMAT,
            version: VERSION,
            plan: input.plan.into(),
            model: input.model.into(),
            provenance: input.provenance.into(),
        };
        let bytes = wire::to_bytes(FILE, &document)?;
        sink.write(FILE, &bytes).map_err(|source| ExportError::Io {
            action: "write",
            file: FILE.to_owned(),
            source,
        })
    }
}
