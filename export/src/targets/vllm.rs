//! `vllm`: arguments of `vllm serve` for a model that stays as it is.
//!
//! vLLM has one type of numbers for the KV cache and a list of layers that keep the model's (`kv-cache-dtype`,
//! `kv-cache-dtype-skip-layers`), and one window with a list of the layers that have it (`layer_types` and `sliding_window` of the
//! config, which `hf-overrides` changes). Weights are not written: the folder holds a file of arguments. Only experts that add nothing
//! are in the checkpoint itself, which is written then.

mod arguments;
mod config;
mod description;
mod experts;
mod exporter;
mod families;
mod serving;
mod windows;

use attune_core::exporter::ExportError;
use attune_core::plan::Edit;

pub(crate) use description::DESCRIPTION;
pub use exporter::VllmExporter;

const TARGET: &str = DESCRIPTION.name;

fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}
