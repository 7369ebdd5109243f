//! Limit how far a KV head looks.

use attune_core::plan::{Argument, EditSchema};

use crate::view::view;

/// How far one KV head looks (MoA, arXiv 2406.14909, §3: `S = α + β·N`).
///
/// Query `i` attends to `j ≤ i` when `j < sink` or `i − j < span`, with
/// `span = max(1, ⌊alpha + beta·N⌋)` tokens for a sequence of `N` tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionSpan {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The KV head, counted from 0; all query heads that share it share the span.
    pub kv_head: u32,
    /// First positions that every query sees.
    pub sink: u32,
    /// Constant part of the span, in tokens.
    pub alpha: f64,
    /// Part of the span that grows with the sequence, in tokens per token.
    pub beta: f64,
}

view!(
    AttentionSpan, "attention-span",
    layer: "layer",
    kv_head: "kv-head",
    sink: "sink",
    alpha: "alpha",
    beta: "beta",
);

impl AttentionSpan {
    pub(super) fn schema() -> EditSchema {
        let summary = "Limit how far one KV head looks, in proportion to the length of the sequence.";
        let source = "MoA (arXiv 2406.14909), §3, `S = α + β·N`; the paper's unit is the query head";
        let head = "the KV head; all query heads that share it share the span";
        EditSchema::new("attention-span", summary, source)
            .with(Argument::count("layer", "the attention layer"))
            .with(Argument::count("kv-head", head))
            .with(Argument::count("sink", "first positions that every query sees"))
            .with(Argument::real("alpha", "constant part of the span, tokens"))
            .with(Argument::real("beta", "part of the span that grows with the sequence, tokens per token"))
            .in_group("layer")
            .in_part("kv-head", 0)
            .once_per(&["layer", "kv-head"])
            .reads(
                "layer {layer}, KV head {kv-head}: sees {sink} first tokens and the last {alpha} + {beta}·N",
            )
    }
}
