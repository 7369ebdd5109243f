//! Gemma (arXiv 2403.08295): wide heads, embeddings times the root of their width, norms with 1 + w.

use crate::schema::{
    Accepted, Activation, ActivationKey, Attention, Family, FeedForward, HeadDim, KvHeads, NormKind,
    NormRule, Null, Number, Scales,
};

pub(super) const GEMMA: Family = Family {
    name: "gemma",
    architecture: "GemmaForCausalLM",
    models: "Gemma 2B and 7B",
    norms: NormRule { kind: NormKind::RmsPlusOne, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(16), null: Null::Refused },
        head_dim: HeadDim { default: Some(256), null: Null::Refused, ..Attention::LLAMA.head_dim },
        ..Attention::LLAMA
    },
    feed_forward: FeedForward {
        // Older files say `gelu` and mean this one; versions differ in what they make of it.
        activation: ActivationKey {
            key: "hidden_act",
            default: Activation::GeluTanh,
            words: &[("gelu_pytorch_tanh", Activation::GeluTanh)],
        },
        ..FeedForward::SWIGLU
    },
    scales: Scales { embedding: Number::RootOfHidden, ..Scales::NONE },
    tied: true,
    only: &[
        ("hidden_activation", Accepted::Word("gelu_pytorch_tanh")),
        ("use_bidirectional_attention", Accepted::Flag(false)),
    ],
    ..Family::LLAMA
};
