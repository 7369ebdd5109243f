//! `mlx-windows`: sliding windows in some layers of a Llama, as mlx-lm's Llama reads them.
//!
//! `layer_types` and `sliding_window` stand in a config.json that stays a Llama's. mlx-lm and vLLM's own Llama honour them there, and
//! transformers passes over them in silence, so this is a target by itself.

mod config;
mod description;

use crate::one_window::Carrier;

pub(crate) use description::DESCRIPTION;

/// Llama and Mistral as Llama.
pub(crate) const CARRIER: Carrier = Carrier {
    description: &DESCRIPTION,
    exact: "config.json says the windows; weights are copied byte for byte",
    family: |family| FAMILIES.contains(&family).then_some("llama"),
    families,
    config: config::windowed,
    more: None,
};

/// The families that mlx-lm computes as a Llama.
const FAMILIES: [&str; 2] = ["llama", "mistral"];

fn families() -> Vec<&'static str> {
    FAMILIES.to_vec()
}
