//! Norms of the residual stream.

use super::Flag;

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
    /// Before both, which stand side by side: both read what enters the block, and what both give is added to it (PaLM, arXiv
    /// 2204.02311, §2: `y = x + MLP(Norm(x)) + Attention(Norm(x))`).
    Beside {
        /// Of what enters attention.
        attention: &'static str,
        /// Of what enters the feed-forward part; `None`: that of attention.
        feed_forward: Option<&'static str>,
    },
}

/// By what a model is arranged in one way or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// Every model of the family as [`NormRule::placement`] says.
    Same,
    /// As it says where a switch is on, and in this way where it is off (GPT-NeoX).
    Switched(Flag, Placement),
    /// Falcon: as it says, but one part behind the other without `parallel_attn`, and with `new_decoder_architecture` two
    /// norms side by side unless `num_ln_in_parallel_attn` is 1.
    NewDecoder {
        /// Without `parallel_attn`.
        sequential: Placement,
        /// With two norms.
        two_norms: Placement,
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
    /// Whether all models of the family have them there.
    pub arrangement: Arrangement,
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
        arrangement: Arrangement::Same,
        last: "model.norm",
    };
}
