//! Youtu-LLM (arXiv 2512.24618): latent attention without experts.

use super::deepseek_v3::{ATTENTION, ROTATION};
use crate::schema::{Accepted, Attention, Family, KvHeads};

pub(super) const YOUTU: Family = Family {
    name: "youtu",
    architecture: "YoutuForCausalLM",
    models: "Youtu-LLM 2B",
    attention: Attention { kv_heads: KvHeads { default: Some(16), ..ATTENTION.kv_heads }, ..ATTENTION },
    rotation: ROTATION,
    tied: true,
    // transformers sets the embedding of that token to 0 when it loads a model.
    only: &[("pad_token_id", Accepted::Null)],
    ignored: &["embedding_initializer_range"],
    ..Family::LLAMA
};
