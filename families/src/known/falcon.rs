//! Falcon (arXiv 2311.16867) with rotation: one key/value head and one norm for both parts, which stand side by side (7B); some
//! key/value heads and a norm for each part (40B, 180B), or one for both (11B).

use crate::schema::{
    Accepted, Activation, ActivationKey, Arrangement, Attention, Family, FeedForward, Flag, GELUS, HeadDim,
    KvCount, Names, NormKind, NormRule, PartTensors, Placement, Projections,
};

pub(super) const FALCON: Family = Family {
    name: "falcon",
    architecture: "FalconForCausalLM",
    models: "Falcon 7B, 40B and 180B, Falcon 2 11B",
    names: Names {
        embedding: "transformer.word_embeddings.weight",
        layers: "transformer.h.",
        ..Names::LLAMA
    },
    context: Some(2048),
    norms: NormRule {
        kind: NormKind::Layer { bias: true, plus_one: false },
        eps_key: "layer_norm_epsilon",
        eps: 1e-5,
        placement: Placement::Beside { attention: "input_layernorm", feed_forward: None },
        arrangement: Arrangement::NewDecoder {
            sequential: NormRule::RMS.placement,
            two_norms: Placement::Beside { attention: "ln_attn", feed_forward: Some("ln_mlp") },
        },
        last: "transformer.ln_f",
    },
    attention: Attention {
        kv_count: KvCount::NewDecoder,
        head_dim: HeadDim { derived: true, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("bias", false),
        output_bias: Flag::Key("bias", false),
        place: "self_attention",
        projections: Projections::Grouped("query_key_value"),
        output: "dense",
        ..Attention::PLAIN
    },
    feed_forward: FeedForward {
        activation: ActivationKey { key: "activation", default: Activation::Gelu, words: GELUS },
        inner: "ffn_hidden_size",
        inner_times: Some(4),
        bias: Flag::Key("bias", false),
        tensors: PartTensors::Plain(["dense_h_to_4h", "dense_4h_to_h"]),
        ..FeedForward::SWIGLU
    },
    tied: true,
    // Biases of scores by distance (ALiBi, arXiv 2108.12409) are not computed.
    only: &[
        ("alibi", Accepted::Flag(false)),
        ("apply_residual_connection_post_layernorm", Accepted::Flag(false)),
    ],
    // Keys of other families, which none of the versions reads.
    ignored: &["intermediate_size", "num_key_value_heads"],
    ..Family::LLAMA
};
