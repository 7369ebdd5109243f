//! `granite-swa`: sliding windows in some layers, for engines whose own Llama has none.
//!
//! Granite with sliding windows is Llama with multipliers, which are 1 here, and a logit per head without a value, which is made
//! so small that it takes no weight. transformers, vLLM, SGLang and llama.cpp all compute its windows by themselves. Weights are copied
//! as they are; the logits are new tensors.

mod config;
mod description;
mod sinks;

use crate::one_window::Carrier;

pub(crate) use description::DESCRIPTION;

/// Llama, Mistral and Granite as Granite with windows.
pub(crate) const CARRIER: Carrier = Carrier {
    description: &DESCRIPTION,
    exact: "config.json says the windows, with multipliers of 1 where the model has none; sinks take no weight; every other tensor is \
            a byte-for-byte copy",
    family: |family| FAMILIES.contains(&family).then_some("granite_swa"),
    families,
    config: config::carrier,
    more: Some(sinks::pieces),
};

/// The families that it can carry.
const FAMILIES: [&str; 3] = ["granite", "llama", "mistral"];

fn families() -> Vec<&'static str> {
    FAMILIES.to_vec()
}
