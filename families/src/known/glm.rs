//! GLM-4 of 2024 (arXiv 2406.12793): half of each head is rotated, in neighbouring channels.

use crate::schema::{
    Attention, Family, FeedForward, Flag, HeadDim, KvHeads, NormRule, Null, Pairs, PartRule, PartTensors,
    RotationRule,
};

pub(super) const GLM: Family = Family {
    name: "glm",
    architecture: "GlmForCausalLM",
    models: "GLM-4 9B, GLM-Edge",
    norms: NormRule { eps: 1.5625e-7, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(2), null: Null::Refused },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("attention_bias", true),
        ..Attention::PLAIN
    },
    rotation: RotationRule { pairs: Pairs::Neighbours, part: PartRule::Share(0.5), ..RotationRule::WHOLE },
    feed_forward: FeedForward {
        tensors: PartTensors::Fused(["gate_up_proj", "down_proj"]),
        ..FeedForward::SWIGLU
    },
    ..Family::LLAMA
};
