//! ERNIE 4.5 (dense): Llama whose rotation turns neighbouring channels.

use crate::schema::{
    Attention, Family, FeedForward, Flag, HeadDim, KvHeads, NormRule, Null, Pairs, RotationRule,
};

pub(super) const ERNIE4_5: Family = Family {
    name: "ernie4_5",
    architecture: "Ernie4_5ForCausalLM",
    models: "ERNIE 4.5 0.3B",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(2), null: Null::Absent },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("use_bias", false),
        output_bias: Flag::Key("use_bias", false),
        ..Attention::PLAIN
    },
    rotation: RotationRule { base: 500_000.0, pairs: Pairs::Neighbours, ..RotationRule::WHOLE },
    feed_forward: FeedForward { bias: Flag::Key("use_bias", false), ..FeedForward::SWIGLU },
    tied: true,
    ..Family::LLAMA
};
