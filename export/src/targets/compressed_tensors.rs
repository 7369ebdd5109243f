//! `compressed-tensors`: weights in few bits, and caches in 8, as the library of that name stores them for Transformers, vLLM and
//! SGLang.
//!
//! Codes and scales are those of the crate `grids`, which evaluators round by, so nothing is fitted again. Which modules are
//! stored how is said in config.json by groups of names; they have no module in common, so that it does not matter that engines look
//! for the first one that matches in different orders.

mod config;
mod description;
mod exporter;
mod families;
mod feedback;
mod groups;
mod level;
mod levels;
mod matrix;
mod names;
mod shards;

pub(crate) use description::DESCRIPTION;
pub use exporter::CompressedTensorsExporter;

use attune_core::exporter::ExportError;
use attune_core::plan::Edit;

const TARGET: &str = DESCRIPTION.name;

fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}
