//! The feed-forward part of a layer.

use super::Flag;

/// The function between the matrices of a feed-forward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activation {
    /// `x·σ(x)`.
    Silu,
    /// `x·Φ(x)` (arXiv 1606.08415).
    Gelu,
    /// The same by its approximation with a hyperbolic tangent.
    GeluTanh,
    /// `max(x, 0)²` (arXiv 2109.08668).
    Relu2,
    /// GPT-OSS: `(u + 1)·g·σ(1.702·g)` of a gate `g ≤ 7` and `−7 ≤ u ≤ 7`.
    ClampedSwiglu,
}

/// The key of the activation: which of its words mean what.
#[derive(Clone, Copy, Debug)]
pub struct ActivationKey {
    /// The key.
    pub key: &'static str,
    /// Where it is absent.
    pub default: Activation,
    /// Words that are understood.
    pub words: &'static [(&'static str, Activation)],
}

/// SiLU alone.
pub const SILU: &[(&str, Activation)] = &[("silu", Activation::Silu), ("swish", Activation::Silu)];
/// GELU under its names.
pub const GELUS: &[(&str, Activation)] = &[
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_new", Activation::GeluTanh),
    ("gelu", Activation::Gelu),
];

/// How the matrices of a feed-forward part are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartTensors {
    /// A gate, what it lets through, and the way back (arXiv 2002.05202).
    Gated([&'static str; 3]),
    /// One matrix with the rows of the gate and then of what it lets through, and the way back.
    Fused([&'static str; 2]),
    /// No gate: one matrix up and one down.
    Plain([&'static str; 2]),
}

/// The feed-forward part of a layer without experts.
#[derive(Clone, Copy, Debug)]
pub struct FeedForward {
    /// The function between the matrices; experts have the same.
    pub activation: ActivationKey,
    /// The key of the inner width.
    pub inner: &'static str,
    /// How many times the width of the residual stream it is where the key is absent or null; `None`: it has to be there.
    pub inner_times: Option<usize>,
    /// Whether the matrices have biases.
    pub bias: Flag,
    /// The part of a layer that the tensors are under.
    pub place: &'static str,
    /// The matrices.
    pub tensors: PartTensors,
}

impl FeedForward {
    /// Gated by SiLU without biases, as Mistral has it.
    pub const SWIGLU: Self = Self {
        activation: ActivationKey { key: "hidden_act", default: Activation::Silu, words: SILU },
        inner: "intermediate_size",
        inner_times: None,
        bias: Flag::Always(false),
        place: "mlp",
        tensors: PartTensors::Gated(["gate_proj", "up_proj", "down_proj"]),
    };
}
