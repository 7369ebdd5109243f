//! Phi-1, 1.5 and 2 (arXiv 2306.11644): both parts side by side behind one norm, biases everywhere, a part of each head
//! rotated.

use crate::schema::{
    Activation, ActivationKey, Attention, Family, FeedForward, Flag, GELUS, HeadDim, NormKind, NormRule,
    PartRule, PartTensors, Placement, QkNorm, RotationRule,
};

pub(super) const PHI: Family = Family {
    name: "phi",
    architecture: "PhiForCausalLM",
    models: "Phi-1, 1.5 and 2",
    norms: NormRule {
        kind: NormKind::Layer { bias: true, plus_one: false },
        eps_key: "layer_norm_eps",
        eps: 1e-5,
        placement: Placement::Beside { attention: "input_layernorm", feed_forward: None },
        last: "model.final_layernorm",
        ..NormRule::RMS
    },
    attention: Attention {
        head_dim: HeadDim { derived: true, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Always(true),
        output_bias: Flag::Always(true),
        qk_norm: Some(QkNorm {
            present: Flag::Key("qk_layernorm", false),
            names: Some(["q_layernorm", "k_layernorm"]),
            ..QkNorm::HEADS
        }),
        output: "dense",
        ..Attention::PLAIN
    },
    rotation: RotationRule { part: PartRule::Share(0.5), ..RotationRule::WHOLE },
    feed_forward: FeedForward {
        activation: ActivationKey { key: "hidden_act", default: Activation::GeluTanh, words: GELUS },
        bias: Flag::Always(true),
        tensors: PartTensors::Plain(["fc1", "fc2"]),
        ..FeedForward::SWIGLU
    },
    logit_bias: Flag::Always(true),
    ..Family::LLAMA
};
