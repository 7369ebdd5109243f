//! OLMo (arXiv 2402.00838): layer norms without weights, and queries, keys and values within bounds.

use crate::schema::{Attention, Family, HeadDim, NormKind, NormRule, Null, Number};

pub(super) const OLMO: Family = Family {
    name: "olmo",
    architecture: "OlmoForCausalLM",
    models: "OLMo 1B and 7B",
    norms: NormRule { kind: NormKind::BareLayer, eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        clip: Number::Optional("clip_qkv", None),
        ..Attention::LLAMA
    },
    ..Family::LLAMA
};
