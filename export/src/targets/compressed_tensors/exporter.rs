//! The exporter: a checkpoint whose weights are codes, and what config.json says of them.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use serde::Serialize;

use super::levels::Levels;
use super::{DESCRIPTION, TARGET, config, groups, shards};
use crate::checkpoint::{CONFIG, Companions, Layout, Rewritten, copy, with_manifest, write};
use crate::chosen::{self, ChosenCodes};

/// Writes a checkpoint in the format of compressed-tensors.
#[derive(Clone, Copy, Debug)]
pub struct CompressedTensorsExporter;

/// What was done to the checkpoint.
#[derive(Serialize)]
struct Done {
    approximation: Option<String>,
    /// Which engine does not load it, and which does.
    unread: Option<String>,
    tensors: Rewritten,
    files: Companions,
}

impl Exporter for CompressedTensorsExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        let levels = Levels::new(plan, facts)?;
        Ok(levels.approximation.map_or(Exactness::Exact, |reason| Exactness::Approximate { reason }))
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        Levels::new(plan, facts)?;
        config::text(files).map(|_| ())
    }

    fn reads_choices(&self, plan: &Plan) -> bool {
        chosen::has(plan)
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let mut levels = Levels::new(input.plan, input.model)?;
        let text = config::text(input.files)?;
        let chosen = ChosenCodes::of(TARGET, input)?;
        let layout = Layout::open(input.files)?;
        shards::complete(&layout, &mut levels)?;
        let others = shards::others(&layout, &levels);
        let config = config::patched(&text, &groups::quantization(&levels, &others))?;

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            let tensors = shards::write_shards(input.files, &layout, &levels, &chosen, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.as_bytes())?;
            let (approximation, unread) = (levels.approximation.clone(), levels.unread.clone());
            Ok(Done { approximation, unread, tensors, files })
        })
    }
}
