//! Norms of the residual stream.

/// What a norm computes of a row `x` with a weight `w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// Root mean square (arXiv 1910.07467): `x / √(mean(x²) + ε) ∘ w`.
    Rms,
    /// The same with `1 + w` in the place of `w` (Gemma).
    RmsPlusOne,
    /// Layer norm (arXiv 1607.06450): `(x − mean(x)) / √(var(x) + ε) ∘ w`, with a bias or without.
    Layer {
        /// Whether a bias is added.
        bias: bool,
        /// Whether the weight is `1 + w` (Nemotron).
        plus_one: bool,
    },
    /// Layer norm without weight and bias, whose ε is no key (OLMo, arXiv 2402.00838, §2.1).
    BareLayer,
}

/// Where norms stand in a block, and the names of their weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Before attention and before the feed-forward part.
    Before {
        /// Of what enters attention.
        attention: &'static str,
        /// Of what enters the feed-forward part.
        feed_forward: &'static str,
    },
    /// Behind both, before what they give is added to the residual stream (OLMo 2, arXiv 2501.00656, §2.1).
    After {
        /// Of what attention gives.
        attention: &'static str,
        /// Of what the feed-forward part gives.
        feed_forward: &'static str,
    },
    /// Before and behind both (Gemma 2).
    Both {
        /// Of what enters attention.
        attention: &'static str,
        /// Of what attention gives.
        after_attention: &'static str,
        /// Of what enters the feed-forward part.
        feed_forward: &'static str,
        /// Of what the feed-forward part gives.
        after_feed_forward: &'static str,
    },
}

/// The norms of a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormRule {
    /// What they compute.
    pub kind: NormKind,
    /// The key of ε.
    pub eps_key: &'static str,
    /// ε where the key is absent.
    pub eps: f64,
    /// Where they stand.
    pub placement: Placement,
    /// The norm behind the last layer.
    pub last: &'static str,
}

impl NormRule {
    /// As Llama has them.
    pub const RMS: Self = Self {
        kind: NormKind::Rms,
        eps_key: "rms_norm_eps",
        eps: 1e-6,
        placement: Placement::Before {
            attention: "input_layernorm",
            feed_forward: "post_attention_layernorm",
        },
        last: "model.norm",
    };
}
