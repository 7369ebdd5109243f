//! Phi-3.5-MoE (arXiv 2404.14219): layer norms, SparseMixer routing, biases up to the logits.

use super::mixtral::MIXTRAL;
use crate::schema::{
    Attention, Count, Family, Flag, HeadDim, KvHeads, MixtureRule, NormKind, NormRule, Null, RotationRule,
    Router, Scores, WindowRule,
};

pub(super) const PHIMOE: Family = Family {
    name: "phimoe",
    architecture: "PhimoeForCausalLM",
    models: "Phi-3.5-MoE, Phi-mini-MoE",
    norms: NormRule { kind: NormKind::Layer { bias: true, plus_one: false }, eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        windows: WindowRule::Every { tokens: None, listed: true },
        ..Attention::LLAMA
    },
    rotation: RotationRule { base: 1e6, longrope: true, magnitudes: true, ..RotationRule::WHOLE },
    mixture: match MIXTRAL.mixture {
        Some(rule) => Some(MixtureRule {
            experts: Count { default: Some(16), ..rule.experts },
            router: Router { scores: Scores::SparseMixer { key: "router_jitter_noise" }, ..Router::SOFTMAX },
            ..rule
        }),
        None => None,
    },
    logit_bias: Flag::Key("lm_head_bias", false),
    ignored: &["input_jitter_noise"],
    ..Family::LLAMA
};
