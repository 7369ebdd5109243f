//! Experts that a candidate merges: linear combinations of the model's, made once and kept while there is room.

use std::sync::Arc;

use attune_core::hash::ContentHash;

use super::byte_lru::ByteLru;
use super::weights::{Experts, Gated};
use crate::compute::Compute;
use crate::edits::ExpertMatrix;

/// Bytes that merged experts may take beyond those in use: 1 GiB.
pub(super) const MERGED_MEMORY: u64 = 1 << 30;

/// An expert of an edited layer.
pub(crate) enum Merged {
    /// One of the model's, unchanged.
    Same(usize),
    /// A combination.
    New(Box<Gated>),
}

/// The experts of one layer under one matrix, one for each row.
pub(crate) type MergedLayer = Arc<[Merged]>;

/// Merged experts by layer and matrix.
pub(crate) type MergedExperts = ByteLru<(usize, ContentHash), MergedLayer>;

impl MergedExperts {
    /// The experts `part` of layer `number` under `matrix`.
    pub(crate) fn of(
        &self,
        compute: &Compute,
        number: usize,
        part: &Experts,
        matrix: &ExpertMatrix,
    ) -> MergedLayer {
        let make = || matrix.rows().map(|row| merged(compute, part, row)).collect();
        self.get_or_make((number, matrix.hash()), |layer| layer.iter().map(Merged::bytes).sum(), make)
    }
}

impl Merged {
    /// Bytes that it takes beside the model.
    fn bytes(&self) -> u64 {
        match self {
            Self::Same(_) => 0,
            Self::New(expert) => expert.bytes(),
        }
    }
}

fn merged(compute: &Compute, part: &Experts, row: &[f32]) -> Merged {
    match single(row) {
        Some(expert) => Merged::Same(expert),
        None => {
            let terms = row.iter().zip(&part.experts).filter(|(number, _)| **number != 0.0);
            let terms: Vec<(f32, &Gated)> = terms.map(|(number, expert)| (*number, expert)).collect();
            Merged::New(Box::new(Gated::combination(compute, &terms, &part.experts[0])))
        }
    }
}

/// The expert that a row takes as it is.
fn single(row: &[f32]) -> Option<usize> {
    let mut present = row.iter().enumerate().filter(|(_, number)| **number != 0.0);
    match (present.next(), present.next()) {
        (Some((expert, 1.0)), None) => Some(expert),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_one_is_an_expert_as_it_is() {
        assert_eq!(single(&[0.0, 1.0, 0.0]), Some(1));
        assert_eq!(single(&[0.0, 0.5, 0.0]), None);
        assert_eq!(single(&[1.0, 1.0]), None);
        assert_eq!(single(&[0.0, 0.0]), None);
    }
}
