//! Gemma 2 (arXiv 2408.00118): norms on both sides, soft-caps, a window in every other layer.

use crate::schema::{
    Accepted, Activation, ActivationKey, Attention, Family, FeedForward, HeadDim, KvHeads, NormKind,
    NormRule, Null, Number, Placement, Scales, WindowRule,
};

pub(super) const GEMMA2: Family = Family {
    name: "gemma2",
    architecture: "Gemma2ForCausalLM",
    models: "Gemma 2, 2B to 27B",
    norms: NormRule {
        kind: NormKind::RmsPlusOne,
        placement: Placement::Both {
            attention: "input_layernorm",
            after_attention: "post_attention_layernorm",
            feed_forward: "pre_feedforward_layernorm",
            after_feed_forward: "post_feedforward_layernorm",
        },
        ..NormRule::RMS
    },
    attention: Attention {
        kv_heads: KvHeads { default: Some(4), null: Null::Refused },
        head_dim: HeadDim { default: Some(256), null: Null::Refused, ..Attention::LLAMA.head_dim },
        scale: Number::InverseRoot("query_pre_attn_scalar", 256.0),
        cap: Number::Optional("attn_logit_softcapping", Some(50.0)),
        windows: WindowRule::Listed { tokens: Some(4096), full_every: Some(2), every_key: None },
        ..Attention::LLAMA
    },
    feed_forward: FeedForward {
        activation: ActivationKey {
            key: "hidden_activation",
            default: Activation::GeluTanh,
            words: &[("gelu_pytorch_tanh", Activation::GeluTanh)],
        },
        ..FeedForward::SWIGLU
    },
    scales: Scales {
        embedding: Number::RootOfHidden,
        cap: Number::Optional("final_logit_softcapping", Some(30.0)),
        ..Scales::NONE
    },
    tied: true,
    only: &[("use_bidirectional_attention", Accepted::Flag(false))],
    // The activation is that of `hidden_activation`, whatever this says.
    ignored: &["hidden_act"],
    ..Family::LLAMA
};
