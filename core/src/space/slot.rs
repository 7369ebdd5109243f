//! The address of a cell.

/// One cell of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// Position of the dimension in the space.
    pub dimension: usize,
    /// Row-major position of the cell in the dimension.
    pub cell: usize,
}
