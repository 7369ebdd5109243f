//! Helium: Llama whose rotation turns neighbouring channels.

use crate::schema::{
    Attention, Family, FeedForward, Flag, HeadDim, KvHeads, NormRule, Null, Pairs, RotationRule,
};

pub(super) const HELIUM: Family = Family {
    name: "helium",
    architecture: "HeliumForCausalLM",
    models: "Helium 1",
    norms: NormRule { eps: 1e-8, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(20), null: Null::Refused },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("attention_bias", false),
        ..Attention::PLAIN
    },
    rotation: RotationRule { base: 100_000.0, pairs: Pairs::Neighbours, ..RotationRule::WHOLE },
    feed_forward: FeedForward { bias: Flag::Key("mlp_bias", false), ..FeedForward::SWIGLU },
    ..Family::LLAMA
};
