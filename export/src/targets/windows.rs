//! `windows`: sliding windows in some layers, in the words of config.json that transformers honours for a family.
//!
//! Weights are copied as they are. transformers reads `layer_types` and `sliding_window` of some families and passes over them in
//! others without a word (Llama, Mistral), so a Llama becomes a Ministral: the same tensors and arithmetic, with windows.

mod config;
mod description;
mod families;

use crate::one_window::Carrier;

pub(crate) use description::DESCRIPTION;

/// Llama and Mistral as Ministral, others as they are.
pub(crate) const CARRIER: Carrier = Carrier {
    description: &DESCRIPTION,
    exact: "config.json says the windows; weights are copied byte for byte",
    family: families::carrier,
    families: families::names,
    config: config::windowed,
    more: None,
};
