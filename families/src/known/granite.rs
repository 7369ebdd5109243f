//! Granite 3 (dense): Llama with four multipliers.

use crate::schema::{Attention, Family, FeedForward, Flag, HeadDim, Null, Number, Scales};

pub(super) const GRANITE: Family = Family {
    name: "granite",
    architecture: "GraniteForCausalLM",
    models: "Granite 3.0 to 3.3, 2B and 8B",
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        scale: Number::Key("attention_multiplier", 1.0),
        ..Attention::LLAMA
    },
    feed_forward: FeedForward { bias: Flag::Key("mlp_bias", false), ..FeedForward::SWIGLU },
    scales: Scales::GRANITE,
    ..Family::LLAMA
};
