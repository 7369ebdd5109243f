//! The edits. A new one is a file and a line here.

mod activation_bits;
mod attention_span;
mod combine_checkpoints;
mod drop_block;
mod embedding_bits;
mod experts_per_token;
mod keep_experts;
mod kv_bits;
mod merge_experts;
mod route_experts;
mod silence_experts;
mod weight_bits;

use attune_core::plan::EditSchema;

pub use activation_bits::{ActivationBits, Grid, Range};
pub use attention_span::AttentionSpan;
pub use combine_checkpoints::CombineCheckpoints;
pub use drop_block::{DropBlock, Half};
pub use embedding_bits::EmbeddingBits;
pub use experts_per_token::ExpertsPerToken;
pub use keep_experts::KeepExperts;
pub use kv_bits::KvBits;
pub use merge_experts::MergeExperts;
pub use route_experts::RouteExperts;
pub use silence_experts::SilenceExperts;
pub use weight_bits::WeightBits;

/// The schema of every edit, in the order in which they are listed.
pub(crate) fn schemas() -> [EditSchema; 12] {
    [
        KeepExperts::schema(),
        KvBits::schema(),
        AttentionSpan::schema(),
        MergeExperts::schema(),
        RouteExperts::schema(),
        ExpertsPerToken::schema(),
        WeightBits::schema(),
        CombineCheckpoints::schema(),
        DropBlock::schema(),
        ActivationBits::schema(),
        EmbeddingBits::schema(),
        SilenceExperts::schema(),
    ]
}
