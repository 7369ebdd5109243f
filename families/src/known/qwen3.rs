//! Qwen3 (arXiv 2505.09388).

use crate::schema::{Attention, Family, HeadDim, KvHeads, Null, QkNorm, WindowRule};

pub(super) const QWEN3: Family = Family {
    name: "qwen3",
    architecture: "Qwen3ForCausalLM",
    models: "Qwen3 0.6B to 32B",
    attention: Attention {
        kv_heads: KvHeads { default: Some(32), null: Null::Absent },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm::HEADS),
        windows: WindowRule::Switched { tokens: Some(4096), first: Some(28) },
        ..Attention::LLAMA
    },
    ..Family::LLAMA
};
