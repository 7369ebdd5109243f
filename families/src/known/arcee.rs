//! Arcee AFM: Llama with a squared ReLU in place of the gate.

use crate::schema::{
    Activation, ActivationKey, Attention, Family, FeedForward, Flag, HeadDim, NormRule, PartTensors,
};

pub(super) const ARCEE: Family = Family {
    name: "arcee",
    architecture: "ArceeForCausalLM",
    models: "AFM 4.5B",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        head_dim: HeadDim { always_divides: true, ..Attention::LLAMA.head_dim },
        ..Attention::LLAMA
    },
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
