//! `windows`: sliding windows in some layers, in the words of config.json that transformers honours for a family.
//!
//! Weights are copied as they are. transformers reads `layer_types` and `sliding_window` of some families and passes over them in
//! others without a word (Llama, Mistral), so a Llama becomes a Ministral: the same tensors and arithmetic, with windows.

mod config;
mod description;
mod exporter;
mod families;

pub(crate) use description::DESCRIPTION;
pub use exporter::WindowsExporter;

const TARGET: &str = DESCRIPTION.name;
