//! The families that are known: one file each, and a line here.

mod llama;
mod mistral;
mod mixtral;
mod qwen2;
mod qwen3;

use crate::schema::Family;

/// Every family, by name.
pub fn all() -> &'static [&'static Family] {
    &[&llama::LLAMA, &mistral::MISTRAL, &mixtral::MIXTRAL, &qwen2::QWEN2, &qwen3::QWEN3]
}

/// The family with this `model_type`.
pub fn find(name: &str) -> Option<&'static Family> {
    all().iter().copied().find(|family| family.name == name)
}
