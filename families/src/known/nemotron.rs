//! Nemotron-4 (arXiv 2402.16819): layer norms with 1 + w, squared ReLU, half of each head rotated.

use crate::schema::{
    Activation, ActivationKey, Attention, Family, FeedForward, Flag, NormKind, NormRule, PartRule,
    PartTensors, RotationRule,
};

pub(super) const NEMOTRON: Family = Family {
    name: "nemotron",
    architecture: "NemotronForCausalLM",
    models: "Nemotron-4, Minitron 4B and 8B",
    norms: NormRule {
        kind: NormKind::Layer { bias: true, plus_one: true },
        eps_key: "norm_eps",
        eps: 1e-5,
        ..NormRule::RMS
    },
    attention: Attention::LLAMA,
    rotation: RotationRule { part: PartRule::Share(0.5), ..RotationRule::WHOLE },
    feed_forward: FeedForward {
        activation: ActivationKey {
            key: "hidden_act",
            default: Activation::Relu2,
            words: &[("relu2", Activation::Relu2)],
        },
        bias: Flag::Key("mlp_bias", false),
        tensors: PartTensors::Plain(["up_proj", "down_proj"]),
        ..FeedForward::SWIGLU
    },
    ..Family::LLAMA
};
