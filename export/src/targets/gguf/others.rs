//! Bytes of everything but the linear modules, without a look at the weights.

use attune_core::facts::Facts;
use attune_vocabulary::OTHER_BYTES;

use super::container;
use super::kinds::Kind;
use super::pieces::{Made, Piece, Stored};

/// Bytes in the file of all pieces that are no modules' weights, with the zeros behind each; `None` where the model does not say
/// which types they are stored in, or stores other things beside them.
pub(super) fn bytes(pieces: &[Piece], facts: &Facts) -> Option<u64> {
    let others = || pieces.iter().filter(|piece| !piece.of_module);
    // A type of vectors and one of matrices which the model's own bytes are those of.
    let stored = facts.count(OTHER_BYTES);
    let elements = |matrices: bool| -> u64 {
        let of = others().filter(|piece| is_matrix(&piece.made) == Some(matrices));
        of.map(|piece| piece.shape.iter().product::<usize>() as u64).sum()
    };
    let (vectors, matrices) = (elements(false), elements(true));
    // One type for both is what most models have.
    let found = [[2, 2], [4, 4], [4, 2], [2, 4]].into_iter();
    let [_, width] =
        found.into_iter().find(|[vector, matrix]| vector * vectors + matrix * matrices == stored)?;
    // Of the types of 2 bytes it does not matter which one it is.
    let as_stored = if width == 2 { Kind::Bf16 } else { Kind::F32 };
    let bytes = |piece: &Piece| {
        let kind = match piece.made {
            Made::Matrices { stored: Stored::AsTheyAre, .. } => as_stored,
            _ => Kind::F32,
        };
        container::padded(kind.bytes(piece.shape.iter().product())) as u64
    };
    Some(others().map(bytes).sum())
}

/// Whether the model stores it as a matrix; `None` where it does not store it.
fn is_matrix(made: &Made) -> Option<bool> {
    match made {
        Made::Matrices { .. } => Some(true),
        Made::Vector { .. } => Some(false),
        Made::Numbers(_) => None,
    }
}
