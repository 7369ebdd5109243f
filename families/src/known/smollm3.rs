//! SmolLM3: Llama in which every fourth layer has no rotation (arXiv 2501.18795).

use crate::schema::{
    Accepted, Attention, Family, FeedForward, Flag, HeadDim, KvHeads, Null, RotationRule, Unrotated,
};

pub(super) const SMOLLM3: Family = Family {
    name: "smollm3",
    architecture: "SmolLM3ForCausalLM",
    models: "SmolLM3 3B",
    attention: Attention {
        kv_heads: KvHeads { default: Some(4), null: Null::Absent },
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        ..Attention::LLAMA
    },
    rotation: RotationRule { base: 2e6, unrotated: Unrotated::Listed { interval: 4 }, ..RotationRule::WHOLE },
    feed_forward: FeedForward { bias: Flag::Key("mlp_bias", false), ..FeedForward::SWIGLU },
    tied: true,
    only: &[("use_sliding_window", Accepted::Flag(false))],
    ignored: &["max_window_layers"],
    ..Family::LLAMA
};
