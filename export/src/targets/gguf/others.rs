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

#[cfg(test)]
mod tests {
    use attune_core::hash::ContentHash;
    use attune_core::options::{OptionValue, Settings};
    use attune_families::tensors::MatrixSlice;

    use super::*;

    fn bytes_of(stored: i64) -> Option<u64> {
        let matrix = |stored| Made::Matrices {
            from: vec![MatrixSlice::whole("matrix".to_owned(), 51, 6)],
            stored,
            heads_of: None,
        };
        let vector =
            Made::Vector { from: MatrixSlice::bias("vector".to_owned(), 6), plus: 0.0, heads_of: None };
        let piece = |made, shape: &[usize], of_module| Piece {
            name: "piece".to_owned(),
            made,
            shape: shape.to_vec(),
            of_module,
        };
        let pieces = [
            piece(matrix(Stored::AsTheyAre), &[51, 6], false),
            piece(matrix(Stored::Floats), &[51, 6], false),
            piece(vector, &[6], false),
            piece(Made::Numbers(vec![1.0; 3]), &[3], false),
            piece(matrix(Stored::AsTheyAre), &[51, 6], true),
        ];
        let values = Settings::from([(OTHER_BYTES.to_owned(), OptionValue::Int(stored))]);
        let facts = Facts { name: "model".to_owned(), fingerprint: ContentHash::of(b"model"), values };
        bytes(&pieces, &facts)
    }

    #[test]
    fn types_are_those_that_the_bytes_of_the_model_are_of() {
        // Matrices of 306 numbers in 2 bytes or 4, a router of as many in 4, 6 and 3 numbers in 4; each to a multiple of 32.
        let (two, four, rest) = (640, 1248, 1248 + 32 + 32);
        assert_eq!(bytes_of(2 * 612 + 2 * 6), Some(two + rest));
        assert_eq!(bytes_of(2 * 612 + 4 * 6), Some(two + rest));
        assert_eq!(bytes_of(4 * 612 + 4 * 6), Some(four + rest));
        assert_eq!(bytes_of(4 * 612 + 2 * 6), Some(four + rest));
        assert_eq!(bytes_of(2 * 612 + 2 * 6 + 100), None, "something else is stored, too");
    }
}
