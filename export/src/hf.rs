//! `--to hf`: the pruned checkpoint in the Hugging Face layout.
//!
//! Only plans that fold *exactly* are taken: edits of experts on a model that renormalises the weights of its
//! chosen experts. There `softmax(x·Wᵀ)` restricted to the kept rows, cut to the top k and renormalised, equals
//! what a router with only these rows computes, so pruning is a matter of dropping, renaming and slicing bytes.
//! The same holds for a mapping of the router with one-hot rows. Merged experts are the only numbers that are
//! computed; a checkpoint of less than 32 bits rounds them to its element type.

mod companions;
mod config;
mod fold;
mod layout;
mod manifest;
mod moves;
mod names;
mod shards;
mod sums;

use attune_core::exporter::{ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::ModelFacts;
use attune_core::plan::Plan;

use fold::Fold;
use layout::Layout;
use manifest::Done;

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
         number of experts (and experts-per-token) in every layer of a mixtral model"
    }

    fn check(&self, plan: &Plan, model: &ModelFacts) -> Result<(), ExportError> {
        Fold::new(plan, model).map(|_| ())
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let fold = Fold::new(input.plan, input.model)?;
        let config = config::patched(input.files, input.model, &fold)?;
        let layout = Layout::open(input.files)?;
        let jobs = moves::plan(&layout, &fold, input.model)?;

        let tensors = shards::write_shards(input.files, &layout, &jobs, sink)?;
        write(sink, config::FILE, config.as_bytes())?;
        let companions = companions::copy(input.files, &layout, sink)?;
        manifest::write_manifest(input, &Done::new(&fold, input.model, tensors, companions), sink)
    }
}

fn read<'a>(files: &'a dyn ModelFiles, file: &str) -> Result<std::borrow::Cow<'a, [u8]>, ExportError> {
    files.read(file).map_err(|source| ExportError::Io { action: "read", file: file.to_owned(), source })
}

fn write(sink: &mut FileSink<'_>, file: &str, bytes: &[u8]) -> Result<(), ExportError> {
    sink(file, bytes).map_err(|source| ExportError::Io { action: "write", file: file.to_owned(), source })
}

fn bad(file: &str, found: impl Into<String>, expected: impl Into<String>) -> ExportError {
    ExportError::BadModel { file: file.to_owned(), found: found.into(), expected: expected.into() }
}
