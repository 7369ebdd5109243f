//! The exporter: one JSON file, and where it comes from.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::description::BLOCKS;
use super::rules::Rules;
use super::{DESCRIPTION, TARGET};
use crate::checkpoint::{with_manifest, write};
use crate::wire;

/// MoA's name of the file.
const FILE: &str = "moa_alpha_beta.json";

/// Writes the spans of heads as MoA reads them.
#[derive(Clone, Copy, Debug)]
pub struct MoaExporter;

/// What was written.
#[derive(Serialize)]
struct Done {
    approximation: &'static str,
    /// Query heads that share a cache in the model; MoA needs one each.
    heads_per_kv_head: u32,
}

impl Exporter for MoaExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        Rules::new(plan, facts).map(|_| Exactness::Approximate { reason: BLOCKS.to_owned() })
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        let rules = Rules::new(input.plan, input.model)?;
        let model = ModelFacts::of(input.model);
        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            write(sink, FILE, &wire::to_bytes(FILE, &rules)?)?;
            Ok(Done { approximation: BLOCKS, heads_per_kv_head: model.heads / model.kv_heads.max(1) })
        })
    }
}
