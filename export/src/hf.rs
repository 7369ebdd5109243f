//! `--to hf`: the pruned checkpoint in the Hugging Face layout.
//!
//! Mixtures of checkpoints become one checkpoint (`mix`), blocks that are skipped are left out (`blocks`). Of other plans, only those that fold *exactly* are taken: edits of experts. `softmax(x·Wᵀ)` restricted to the kept rows and cut to the top k equals what a router with only these rows
//! computes, and so do sigmoids, so pruning is a matter of dropping, renaming and slicing bytes. The same holds for a
//! mapping of the router with one-hot rows where the weights of the chosen experts are rescaled to 1. Merged experts are the only numbers that are
//! computed; a checkpoint of less than 32 bits rounds them to its element type, which is approximate.

mod blocks;
mod config;
mod done;
mod fold;
mod mix;
mod moves;
mod names;
mod patch;
mod shards;
mod sums;
mod told;

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;

use blocks::Blocks;
use done::Done;
use fold::Fold;
use mix::Mix;
use told::Told;

use crate::checkpoint::{CONFIG, Layout, copy, with_manifest, write};

const TARGET: &str = "hf";

/// Writes a smaller checkpoint that Transformers, vLLM and SGLang load as an ordinary model.
#[derive(Clone, Copy, Debug)]
pub struct HfExporter;

impl Exporter for HfExporter {
    fn name(&self) -> &'static str {
        TARGET
    }

    fn summary(&self) -> &'static str {
        "the pruned checkpoint in the Hugging Face layout, for Transformers, vLLM, SGLang and llama.cpp's \
         converter; for plans of keep-experts, of merge-experts and of one-hot route-experts with the same \
         number of experts (and experts-per-token) in every layer of a mixture, and of \
         combine-checkpoints on an image generator, which become one checkpoint; and of whole blocks that drop-block skips"
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        let model = &ModelFacts::of(facts);
        if model.family == mix::FAMILY {
            return Mix::new(plan, model).map(|_| Exactness::Exact);
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

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let model = &ModelFacts::of(input.model);
        if model.family == mix::FAMILY {
            return Mix::new(input.plan, model)?.export(input, model, sink);
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

        with_manifest(TARGET, input, Some(done::VERIFY), sink, |sink| {
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
    (fold.merges() && model.bytes_per_parameter < 4.0).then(|| {
        "merged experts are rounded to the type that they are stored in, where that has 16 bits; the search scored them in \
         float32, so a model stored in float32 is exported exactly"
            .to_owned()
    })
}
