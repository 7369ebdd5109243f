//! Seed-OSS: Llama with biases of queries, keys and values.

use crate::schema::{Attention, Family, FeedForward, Flag, HeadDim, KvHeads, Null};

pub(super) const SEED_OSS: Family = Family {
    name: "seed_oss",
    architecture: "SeedOssForCausalLM",
    models: "Seed-OSS 36B",
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Absent },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("attention_bias", true),
        output_bias: Flag::Key("attention_out_bias", false),
        ..Attention::PLAIN
    },
    feed_forward: FeedForward { bias: Flag::Key("mlp_bias", false), ..FeedForward::SWIGLU },
    ignored: &["residual_dropout"],
    ..Family::LLAMA
};
