//! Qwen2 and Qwen2.5 (arXiv 2407.10671).

use crate::schema::{Attention, Family, Flag, HeadDim, KvHeads, Null, WindowRule};

pub(super) const QWEN2: Family = Family {
    name: "qwen2",
    architecture: "Qwen2ForCausalLM",
    models: "Qwen2, Qwen2.5",
    attention: Attention {
        kv_heads: KvHeads { default: Some(32), null: Null::Absent },
        head_dim: HeadDim { null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Always(true),
        windows: WindowRule::Switched { tokens: Some(4096), first: Some(28) },
        ..Attention::PLAIN
    },
    ..Family::LLAMA
};
