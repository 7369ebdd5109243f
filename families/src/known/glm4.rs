//! GLM-4 of 2025: as GLM, with norms on both sides.

use crate::schema::{
    Attention, Family, FeedForward, Flag, HeadDim, KvHeads, NormRule, Null, Pairs, PartRule, PartTensors,
    Placement, RotationRule,
};

pub(super) const GLM4: Family = Family {
    name: "glm4",
    architecture: "Glm4ForCausalLM",
    models: "GLM-4-0414 9B and 32B, GLM-Z1",
    norms: NormRule {
        eps: 1.5625e-7,
        placement: Placement::Both {
            attention: "input_layernorm",
            after_attention: "post_self_attn_layernorm",
            feed_forward: "post_attention_layernorm",
            after_feed_forward: "post_mlp_layernorm",
        },
        ..NormRule::RMS
    },
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
