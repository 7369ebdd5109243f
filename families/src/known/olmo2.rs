//! OLMo 2 (arXiv 2501.00656): norms behind attention and feed-forward part, and of whole projections.

use crate::schema::{Attention, Family, HeadDim, NormRule, Null, Placement, QkNorm};

pub(super) const OLMO2: Family = Family {
    name: "olmo2",
    architecture: "Olmo2ForCausalLM",
    models: "OLMo 2, 1B to 32B",
    norms: NormRule {
        eps: 1e-5,
        placement: Placement::After {
            attention: "post_attention_layernorm",
            feed_forward: "post_feedforward_layernorm",
        },
        ..NormRule::RMS
    },
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm::PROJECTIONS),
        ..Attention::LLAMA
    },
    ..Family::LLAMA
};
