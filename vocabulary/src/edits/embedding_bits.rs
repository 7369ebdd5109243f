//! Store the input or the output embedding in few bits.

use attune_core::plan::{Argument, EditSchema};
use attune_grids::{Grouping, NumberGrid, matrix_bytes};

use super::WeightBits;
use crate::embeddings::Embedding;
use crate::grid_argument::GridArgument;
use crate::view::view;

/// Store one of the two matrices that have a row for each token in few bits: the input embedding, whose rows enter the first layer, or
/// the output embedding, which logits are products with. Where a model has one matrix for both (tied embeddings, Press and Wolf 2017,
/// arXiv 1608.05859) it is [`Embedding::Input`], and is in few bits in both places.
///
/// Rows are rounded as [`WeightBits`] says, over groups of neighbouring channels of the residual stream. A bias of logits is not touched.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingBits {
    /// The matrix.
    pub matrix: Embedding,
    /// Bits per weight: one of [`WeightBits::LEVELS`].
    pub bits: u32,
    /// Channels of a row that share one scale and one zero point; divides the width of the residual stream.
    pub group_size: u32,
    /// The number grid of an engine; `None` for that of [`WeightBits`] without one.
    pub grid: Option<NumberGrid>,
}

view!(
    EmbeddingBits, "embedding-bits",
    matrix: "matrix",
    bits: "bits",
    group_size: "group-size",
    grid: "grid",
);

impl EmbeddingBits {
    /// Bytes of the matrix of `tokens` rows of `channels`, as [`WeightBits::bytes`].
    pub fn bytes(&self, tokens: u32, channels: u32, element_bytes: u32) -> u64 {
        matrix_bytes(self.grid, self.bits, self.group_size, tokens, channels, element_bytes)
    }

    pub(super) fn schema() -> EditSchema {
        let summary = "Store the input or the output embedding in few bits.";
        let source =
            "one matrix for both: Press and Wolf (arXiv 1608.05859); the grids are those of weight-bits";
        let schema = EditSchema::new("embedding-bits", summary, source)
            .with(Argument::word(
                "matrix",
                Embedding::ALL.map(Embedding::name),
                "`input`: the embedding of tokens, and the output matrix as well where they are one (tied embeddings); `output`: the \
                 output matrix (`lm_head`) of a model that has its own",
            ))
            .with(Argument::level("bits", WeightBits::LEVELS, "bits per weight; 16 leaves the matrix exact"))
            .with(Argument::count(
                "group-size",
                "channels of a row that share a scale and a zero point; divides the width of the residual stream",
            ))
            .in_part("matrix", 0)
            .once_per(&["matrix"])
            .reads("the {matrix} embedding {bits} bits in groups of {group-size}[, {grid}]");
        let grids = NumberGrid::ALL.map(|grid| {
            let group = if let Grouping::Of(own) = grid.grouping() { Some(own) } else { None };
            (grid.name(), grid.bits(), group)
        });
        let help = "the number grid, where an engine's own is meant, as of weight-bits";
        let absent = "round-to-nearest with the group's least value as zero point";
        GridArgument { name: "grid", help, absent, bits: "bits", group: "group-size" }.of(schema, &grids)
    }
}
