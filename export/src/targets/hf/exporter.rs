//! The exporter: which part of it a plan is for.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;

use super::blocks::Blocks;
use super::description::ROUNDED;
use super::done::Done;
use super::fold::Fold;
use super::told::Told;
use super::{DESCRIPTION, TARGET, config, moves, shards};
use crate::checkpoint::{CONFIG, GENERATOR, Layout, Mix, config_text, copy, with_manifest, write};

/// Writes a smaller checkpoint that Transformers, vLLM and SGLang load as an ordinary model.
#[derive(Clone, Copy, Debug)]
pub struct HfExporter;

impl Exporter for HfExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        let model = &ModelFacts::of(facts);
        if model.family == GENERATOR {
            return Mix::new(TARGET, plan, model).map(|_| Exactness::Exact);
        }
        if Told::has(facts) {
            return Told::new(plan, facts).map(|_| Exactness::Exact);
        }
        if Blocks::has(plan) {
            return Blocks::new(plan, model).map(|_| Exactness::Exact);
        }
        let fold = Fold::new(plan, facts)?;
        Ok(match approximation(&fold, model) {
            None => Exactness::Exact,
            Some(reason) => Exactness::Approximate { reason },
        })
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        let model = &ModelFacts::of(facts);
        if model.family == GENERATOR {
            return Mix::new(TARGET, plan, model).and_then(|_| Mix::check_config(files, model));
        }
        if Told::has(facts) {
            return Told::new(plan, facts)?.config(files).map(|_| ());
        }
        if Blocks::has(plan) {
            return Blocks::new(plan, model)?.config(&config_text(files)?, model.layers).map(|_| ());
        }
        config::patched(files, model, &Fold::new(plan, facts)?).map(|_| ())
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let model = &ModelFacts::of(input.model);
        if model.family == GENERATOR {
            return Mix::new(TARGET, input.plan, model)?.export(input, model, None, sink, |_, _| Ok(()));
        }
        if Told::has(input.model) {
            return Told::new(input.plan, input.model)?.export(input, sink);
        }
        if Blocks::has(input.plan) {
            return Blocks::new(input.plan, model)?.export(input, model, sink);
        }
        let fold = Fold::new(input.plan, input.model)?;
        let (config, predictors) = config::patched(input.files, model, &fold)?;
        let layout = Layout::open(input.files)?;
        let jobs = moves::plan(&layout, &fold, model, predictors)?;

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            let tensors = shards::write_shards(input.files, &layout, &jobs, sink)?;
            let companions = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.as_bytes())?;
            let approximation = approximation(&fold, model);
            Ok(Done::new(&fold, model, predictors, approximation, tensors, companions))
        })
    }
}

/// In what the stored numbers differ from those that were scored, if they do.
fn approximation(fold: &Fold, model: &ModelFacts) -> Option<String> {
    (fold.merges() && model.bytes_per_parameter < 4.0).then(|| ROUNDED.to_owned())
}
