//! Ministral: Mistral with windows in some layers.

use crate::schema::{Attention, Family, HeadDim, KvHeads, Null, WindowRule};

pub(super) const MINISTRAL: Family = Family {
    name: "ministral",
    architecture: "MinistralForCausalLM",
    models: "Ministral 8B (2410)",
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::PLAIN.head_dim },
        windows: WindowRule::Listed { tokens: Some(4096), full_every: None, every_key: None },
        ..Attention::PLAIN
    },
    ..Family::LLAMA
};
