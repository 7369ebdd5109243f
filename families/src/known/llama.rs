//! Llama (arXiv 2302.13971, 2407.21783).

use crate::schema::{Attention, Family, FeedForward, Flag, HeadDim};

pub(super) const LLAMA: Family = Family {
    name: "llama",
    architecture: "LlamaForCausalLM",
    models: "Llama 1 to 3, TinyLlama, SmolLM2 and the many that share its layout",
    attention: Attention {
        head_dim: HeadDim { always_divides: true, ..Attention::LLAMA.head_dim },
        ..Attention::LLAMA
    },
    feed_forward: FeedForward { bias: Flag::Key("mlp_bias", false), ..FeedForward::SWIGLU },
    ..Family::LLAMA
};
