//! StarCoder2 (arXiv 2402.19173): layer norms, biases, no gate.

use crate::schema::{
    Activation, ActivationKey, Attention, Family, FeedForward, Flag, GELUS, KvHeads, NormKind, NormRule,
    Null, PartTensors, WindowRule,
};

pub(super) const STARCODER2: Family = Family {
    name: "starcoder2",
    architecture: "Starcoder2ForCausalLM",
    models: "StarCoder2, 3B to 15B",
    norms: NormRule {
        kind: NormKind::Layer { bias: true, plus_one: false },
        eps_key: "norm_epsilon",
        eps: 1e-5,
        ..NormRule::RMS
    },
    attention: Attention {
        kv_heads: KvHeads { default: Some(2), null: Null::Refused },
        qkv_bias: Flag::Key("use_bias", true),
        output_bias: Flag::Key("use_bias", true),
        windows: WindowRule::Every { tokens: None, listed: true },
        ..Attention::PLAIN
    },
    feed_forward: FeedForward {
        activation: ActivationKey { key: "hidden_act", default: Activation::GeluTanh, words: GELUS },
        bias: Flag::Key("use_bias", true),
        tensors: PartTensors::Plain(["c_fc", "c_proj"]),
        ..FeedForward::SWIGLU
    },
    tied: true,
    ignored: &[
        "embedding_dropout",
        "residual_dropout",
        "activation_function",
        "layer_norm_epsilon",
        "norm_type",
        "mlp_type",
    ],
    ..Family::LLAMA
};
