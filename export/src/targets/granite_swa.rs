//! `granite-swa`: sliding windows in some layers, for engines whose own Llama has none.
//!
//! Granite with sliding windows is Llama with multipliers, which are 1 here, and a logit per head without a value, which is made
//! so small that it takes no weight. transformers, vLLM, SGLang and llama.cpp all compute its windows by themselves. Weights are copied
//! as they are; the logits are new tensors.

mod config;
mod description;
mod exporter;
mod sinks;

pub(crate) use description::DESCRIPTION;
pub use exporter::GraniteSwaExporter;

const TARGET: &str = DESCRIPTION.name;

/// The families that it can carry.
const FAMILIES: [&str; 3] = ["granite", "llama", "mistral"];

fn families() -> Vec<&'static str> {
    FAMILIES.to_vec()
}
