//! The exporter: a checkpoint with a module beside it.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::{DESCRIPTION, TARGET, code, config, plan};
use crate::checkpoint::{CONFIG, Companions, Layout, copy, copy_weights, with_manifest, write};

/// Writes a checkpoint with code that computes spans of heads and caches in few bits.
#[derive(Clone, Copy, Debug)]
pub struct TransformersExporter;

/// What was done to the checkpoint.
#[derive(Serialize)]
struct Done {
    approximation: Option<String>,
    exact: &'static str,
    /// `model_type`, which config.json has under `attune_attention`.
    family: String,
    load: &'static str,
    files: Companions,
}

const EXACT: &str =
    "weights are copied byte for byte; config.json holds the plan, which the files ending in .py compute";
const LOAD: &str = "AutoModelForCausalLM.from_pretrained(DIR_OF_THIS_FILE, trust_remote_code=True)";

impl Exporter for TransformersExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        plan::check(plan, facts)
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        plan::check(plan, facts)?;
        config::with_plan(files, plan, &ModelFacts::of(facts)).map(|_| ())
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let exactness = plan::check(input.plan, input.model)?;
        let model = ModelFacts::of(input.model);
        let config = config::with_plan(input.files, input.plan, &model)?;
        let layout = Layout::open(input.files)?;

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            copy_weights(input.files, &layout, sink)?;
            let files = copy(input.files, &layout, sink)?;
            for (name, text) in code::files() {
                write(sink, name, text.as_bytes())?;
            }
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.as_bytes())?;
            let approximation = match exactness {
                Exactness::Exact => None,
                Exactness::Approximate { reason } => Some(reason),
            };
            Ok(Done { approximation, exact: EXACT, family: model.family, load: LOAD, files })
        })
    }
}
