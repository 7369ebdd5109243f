//! `mlx-windows`: sliding windows in some layers of a Llama, as mlx-lm's Llama reads them.
//!
//! `layer_types` and `sliding_window` stand in a config.json that stays a Llama's. mlx-lm and vLLM's own Llama honour them there, and
//! transformers passes over them in silence, so this is a target by itself.

mod config;
mod description;
mod exporter;

pub(crate) use description::DESCRIPTION;
pub use exporter::MlxWindowsExporter;

const TARGET: &str = DESCRIPTION.name;

/// The families that mlx-lm computes as a Llama.
const FAMILIES: [&str; 2] = ["llama", "mistral"];

fn families() -> Vec<&'static str> {
    FAMILIES.to_vec()
}
