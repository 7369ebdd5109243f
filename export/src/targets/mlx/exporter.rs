//! The exporter: a checkpoint whose weights are codes.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::levels::{self, Levels};
use super::shards;
use super::{DESCRIPTION, TARGET, config};
use crate::checkpoint::{CONFIG, Companions, Layout, Rewritten, copy, with_manifest, write};
use crate::chosen::{self, ChosenCodes};

/// Writes a checkpoint of mixed bits that mlx-lm loads.
#[derive(Clone, Copy, Debug)]
pub struct MlxExporter;

/// What was done to the checkpoint.
#[derive(Serialize)]
struct Done {
    approximation: Option<String>,
    tensors: Rewritten,
    files: Companions,
}

impl Exporter for MlxExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        Levels::new(plan, facts)?;
        Ok(match levels::approximation(&ModelFacts::of(facts)) {
            None => Exactness::Exact,
            Some(reason) => Exactness::Approximate { reason },
        })
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        config::patched(files, &Levels::new(plan, facts)?).map(|_| ())
    }

    fn reads_choices(&self, plan: &Plan) -> bool {
        chosen::has(plan)
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let model = &ModelFacts::of(input.model);
        let levels = Levels::new(input.plan, input.model)?;
        let config = config::patched(input.files, &levels)?;
        let chosen = ChosenCodes::of(TARGET, input)?;
        let layout = Layout::open(input.files)?;
        shards::complete(&layout, &levels)?;

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            let tensors = shards::write_shards(input.files, &layout, &levels, &chosen, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.as_bytes())?;
            Ok(Done { approximation: levels::approximation(model), tensors, files })
        })
    }
}
