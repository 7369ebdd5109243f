//! StableLM 2 (arXiv 2402.17834): layer norms, a quarter of each head rotated.

use crate::schema::{
    Accepted, Attention, Family, Flag, HeadDim, KvHeads, NormKind, NormRule, Null, PartRule, RotationRule,
};

pub(super) const STABLELM: Family = Family {
    name: "stablelm",
    architecture: "StableLmForCausalLM",
    models: "StableLM 3B, StableLM 2 1.6B",
    norms: NormRule {
        kind: NormKind::Layer { bias: true, plus_one: false },
        eps_key: "layer_norm_eps",
        eps: 1e-5,
        ..NormRule::RMS
    },
    attention: Attention {
        kv_heads: KvHeads { default: Some(32), null: Null::Refused },
        head_dim: HeadDim { always_divides: true, null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("use_qkv_bias", false),
        ..Attention::PLAIN
    },
    rotation: RotationRule { part: PartRule::Share(0.25), ..RotationRule::WHOLE },
    only: &[("qk_layernorm", Accepted::Flag(false)), ("use_parallel_residual", Accepted::Flag(false))],
    ..Family::LLAMA
};
