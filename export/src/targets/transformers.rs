//! `transformers`: spans of single heads and caches in few bits, computed by code that comes with the folder.
//!
//! No config.json of transformers says either, so the folder brings a module that it runs (`auto_map`): the arithmetic is that of the
//! torch evaluator, file by file. Weights are copied as they are. `model_type` becomes a word that no loader knows: one that does not run the
//! module refuses the folder, and none passes over the plan in silence.

mod code;
mod config;
mod description;
mod exporter;
mod plan;

pub(crate) use description::DESCRIPTION;
pub use exporter::TransformersExporter;

const TARGET: &str = DESCRIPTION.name;
