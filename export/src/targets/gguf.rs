//! `gguf`: one file for llama.cpp and what is built on it.
//!
//! Matrices are the blocks of the grids that a plan names, codes and scales as they were scored; everything else keeps the type
//! that it is stored in. Keys, names of tensors and the order of rows follow llama.cpp's converter, and a config of which llama.cpp
//! would make another model is refused (`unlike`). What a plan says of the KV cache becomes the command line of the server.

mod architecture;
mod cache;
mod command;
mod container;
mod description;
mod exporter;
mod kinds;
mod metadata;
mod others;
mod pieces;
mod request;
mod sources;
mod tokenizer;
mod unlike;

use attune_core::exporter::ExportError;
use attune_core::plan::Edit;

pub(crate) use description::DESCRIPTION;
pub use exporter::GgufExporter;

const TARGET: &str = DESCRIPTION.name;

fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}
