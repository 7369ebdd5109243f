//! `--to hf`: the pruned checkpoint in the Hugging Face layout.
//!
//! Mixtures of checkpoints become one checkpoint (`mix`). Of other plans, only those that fold *exactly* are taken: edits of experts on a model that renormalises the weights of its
//! chosen experts. There `softmax(x·Wᵀ)` restricted to the kept rows, cut to the top k and renormalised, equals
//! what a router with only these rows computes, so pruning is a matter of dropping, renaming and slicing bytes.
//! The same holds for a mapping of the router with one-hot rows. Merged experts are the only numbers that are
//! computed; a checkpoint of less than 32 bits rounds them to its element type.

mod config;
mod done;
mod fold;
mod mix;
mod moves;
mod names;
mod shards;
mod sums;

use attune_core::exporter::{ExportError, ExportInput, Exporter, Fidelity, FileSink};
use attune_core::facts::ModelFacts;
use attune_core::plan::Plan;

use done::Done;
use fold::Fold;
use mix::Mix;

use crate::checkpoint::{CONFIG, Layout, copy, write, write_manifest};

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
         number of experts (and experts-per-token) in every layer of a mixtral model, and of \
         combine-checkpoints on an image generator, which become one checkpoint"
    }

    fn check(&self, plan: &Plan, model: &ModelFacts) -> Result<Fidelity, ExportError> {
        if model.family == mix::FAMILY {
            return Mix::new(plan, model).map(|_| Fidelity::Exact);
        }
        Fold::new(plan, model).map(|_| Fidelity::Exact)
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        if input.model.family == mix::FAMILY {
            return Mix::new(input.plan, input.model)?.export(input, sink);
        }
        let fold = Fold::new(input.plan, input.model)?;
        let config = config::patched(input.files, input.model, &fold)?;
        let layout = Layout::open(input.files)?;
        let jobs = moves::plan(&layout, &fold, input.model)?;

        let tensors = shards::write_shards(input.files, &layout, &jobs, sink)?;
        write(sink, CONFIG, config.as_bytes())?;
        let companions = copy(input.files, &layout, sink)?;
        let done = Done::new(&fold, input.model, tensors, companions);
        write_manifest(TARGET, input, &done, Some(done::VERIFY), sink)
    }
}
