//! GPT-OSS (arXiv 2508.10925): sinks, a window in every other layer, stacked experts with biases.

use crate::schema::{
    Accepted, Activation, ActivationKey, Attention, Count, ExpertTensors, Family, FeedForward, Flag, HeadDim,
    KvHeads, MixtureLayers, MixtureRule, NormRule, Null, Orientation, RotationRule, Router, WindowRule,
};

pub(super) const GPT_OSS: Family = Family {
    name: "gpt_oss",
    architecture: "GptOssForCausalLM",
    models: "gpt-oss 20B and 120B, in mxfp4 or dequantised",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        head_dim: HeadDim { default: Some(64), null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("attention_bias", true),
        output_bias: Flag::Key("attention_bias", true),
        sinks: Some("sinks"),
        windows: WindowRule::Listed { tokens: Some(128), full_every: Some(2), every_key: None },
        ..Attention::PLAIN
    },
    // Absent, the rotation is a scaled one.
    rotation: RotationRule { base: 150_000.0, given: true, ..RotationRule::WHOLE },
    feed_forward: FeedForward {
        // The word in config.json is that of the function that this one is made of.
        activation: ActivationKey {
            key: "hidden_act",
            default: Activation::ClampedSwiglu,
            words: &[("silu", Activation::ClampedSwiglu)],
        },
        ..FeedForward::SWIGLU
    },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_local_experts", "num_experts"], default: Some(128) },
        per_token: Count { keys: &["num_experts_per_tok", "experts_per_token"], default: Some(4) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::All,
        place: "mlp",
        // A softmax over the logits of the chosen experts, which is the same.
        router: Router { matrix: "router", bias: true, ..Router::SOFTMAX },
        tensors: ExpertTensors::Stacked {
            gate_up: "experts.gate_up_proj",
            down: "experts.down_proj",
            orientation: Orientation::AlternatingColumns,
            biases: Some(["experts.gate_up_proj_bias", "experts.down_proj_bias"]),
        },
        shared: None,
    }),
    only: &[("swiglu_alpha", Accepted::Number(1.702)), ("swiglu_limit", Accepted::Number(7.0))],
    ignored: &["initial_context_length"],
    ..Family::LLAMA
};
