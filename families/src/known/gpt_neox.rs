//! GPT-NeoX (arXiv 2204.06745): both parts side by side behind norms of their own, or one behind the other; a quarter of each
//! head rotated; queries, keys and values of a head next to each other in one matrix.

use crate::schema::{
    Activation, ActivationKey, Arrangement, Attention, Family, FeedForward, Flag, GELUS, HeadDim, KvCount,
    Names, NormKind, NormRule, PartRule, PartTensors, Placement, Projections, RotationRule,
};

pub(super) const GPT_NEOX: Family = Family {
    name: "gpt_neox",
    architecture: "GPTNeoXForCausalLM",
    models: "Pythia, GPT-NeoX 20B, Dolly 2",
    names: Names {
        embedding: "gpt_neox.embed_in.weight",
        output: "embed_out.weight",
        layers: "gpt_neox.layers.",
        buffers: &["bias", "masked_bias"],
    },
    norms: NormRule {
        kind: NormKind::Layer { bias: true, plus_one: false },
        eps_key: "layer_norm_eps",
        eps: 1e-5,
        placement: Placement::Beside {
            attention: "input_layernorm",
            feed_forward: Some("post_attention_layernorm"),
        },
        arrangement: Arrangement::Switched(Flag::Key("use_parallel_residual", true), NormRule::RMS.placement),
        last: "gpt_neox.final_layer_norm",
    },
    attention: Attention {
        kv_count: KvCount::Queries,
        head_dim: HeadDim { derived: true, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("attention_bias", true),
        output_bias: Flag::Key("attention_bias", true),
        place: "attention",
        projections: Projections::Grouped("query_key_value"),
        output: "dense",
        ..Attention::PLAIN
    },
    rotation: RotationRule {
        base_key: "rotary_emb_base",
        part_key: "rotary_pct",
        part: PartRule::Share(0.25),
        ..RotationRule::WHOLE
    },
    feed_forward: FeedForward {
        activation: ActivationKey { key: "hidden_act", default: Activation::Gelu, words: GELUS },
        bias: Flag::Always(true),
        tensors: PartTensors::Plain(["dense_h_to_4h", "dense_4h_to_h"]),
        ..FeedForward::SWIGLU
    },
    ignored: &[
        "attention_probs_dropout_prob",
        "classifier_dropout",
        "hidden_dropout_prob",
        // Every query head has keys of its own, whatever this says.
        "num_key_value_heads",
    ],
    ..Family::LLAMA
};
