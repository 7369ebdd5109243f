//! Grids whose codes are whole numbers under one scale for each group.

use crate::NumberGrid;

/// A grid whose scale and zero point follow from the weights of a group alone, whatever codes they get: what error feedback can
/// choose codes of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WholeGrid {
    /// The least value of a group as zero point: the grid of `weight-bits` without `grid`.
    FromLeast,
    /// [`NumberGrid::AffineInt`].
    AffineInt,
    /// [`NumberGrid::Symmetric`].
    Symmetric,
}

impl WholeGrid {
    /// The grid of a plan, if it is one; `None` is the one without a name.
    pub fn of(grid: Option<NumberGrid>) -> Option<Self> {
        match grid {
            None => Some(Self::FromLeast),
            Some(NumberGrid::AffineInt) => Some(Self::AffineInt),
            Some(NumberGrid::Symmetric) => Some(Self::Symmetric),
            Some(_) => None,
        }
    }
}
