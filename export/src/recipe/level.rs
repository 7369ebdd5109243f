//! How a tool stores a matrix.

use attune_vocabulary::NumberGrid;

/// How a tool stores a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// As it is.
    Exact,
    /// In few bits.
    Bits {
        /// Bits of a code.
        bits: u32,
        /// Channels that share a scale.
        group: Group,
        /// What the codes mean.
        grid: NumberGrid,
    },
}

/// Channels that share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// So many.
    Of(u32),
    /// All of a row.
    Row,
}

impl Level {
    /// A grid that has one number of bits and one size of groups.
    pub(super) fn of_grid(grid: NumberGrid) -> Self {
        let group = match grid.grouping() {
            attune_vocabulary::Grouping::Of(size) => Group::Of(size),
            attune_vocabulary::Grouping::Any | attune_vocabulary::Grouping::Row => Group::Row,
        };
        Self::Bits { bits: grid.bits().first().copied().unwrap_or(8), group, grid }
    }
}
