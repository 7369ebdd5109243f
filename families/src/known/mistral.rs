//! Mistral (arXiv 2310.06825).

use crate::schema::{Attention, Family, KvHeads, Null, WindowRule};

pub(super) const MISTRAL: Family = Family {
    name: "mistral",
    architecture: "MistralForCausalLM",
    models: "Mistral 7B, Mistral Nemo",
    attention: Attention {
        // Its default is no null, and versions differ in what a null is then.
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        windows: WindowRule::Every { tokens: Some(4096), listed: false },
        ..Attention::PLAIN
    },
    ..Family::LLAMA
};
