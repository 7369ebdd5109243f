//! EXAONE 4 (arXiv 2507.11407): norms behind both parts, and no rotation where attention is full.

use crate::schema::{
    Accepted, Attention, Family, HeadDim, KvHeads, NormRule, Null, Placement, QkNorm, RotationRule,
    Unrotated, WindowRule,
};

pub(super) const EXAONE4: Family = Family {
    name: "exaone4",
    architecture: "Exaone4ForCausalLM",
    models: "EXAONE 4.0 1.2B and 32B",
    norms: NormRule {
        eps: 1e-5,
        placement: Placement::After {
            attention: "post_attention_layernorm",
            feed_forward: "post_feedforward_layernorm",
        },
        ..NormRule::RMS
    },
    attention: Attention {
        kv_heads: KvHeads { default: Some(32), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::PLAIN.head_dim },
        qk_norm: Some(QkNorm::HEADS),
        windows: WindowRule::Listed { tokens: Some(4096), full_every: Some(4), every_key: None },
        ..Attention::PLAIN
    },
    rotation: RotationRule { unrotated: Unrotated::FullAttention, ..RotationRule::WHOLE },
    // `layer_types` says it, whatever this says; a pattern without that list is refused.
    needed: &[("layer_types", Accepted::ListOf(&["full_attention", "sliding_attention"]))],
    ignored: &["sliding_window_pattern"],
    ..Family::LLAMA
};
