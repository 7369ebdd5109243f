//! Matrices over the experts of a layer.

use std::sync::Arc;

use attune_core::hash::ContentHash;

/// What mixes the experts of a layer or what its router says about them: `[rows, experts]`, in float32, as everything that it is
/// multiplied with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExpertMatrix {
    values: Arc<[f32]>,
    experts: usize,
    hash: ContentHash,
}

impl ExpertMatrix {
    /// `None` for the matrix that changes nothing. `values` are whole rows of `experts`.
    pub(crate) fn new(values: &[f64], experts: usize) -> Option<Self> {
        let values: Arc<[f32]> = values.iter().map(|&value| value as f32).collect();
        let unchanged = values.len() == experts * experts
            && values
                .iter()
                .enumerate()
                .all(|(place, &value)| value == if place / experts == place % experts { 1.0 } else { 0.0 });
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let hash = ContentHash::of(&bytes);
        (!unchanged).then_some(Self { values, experts, hash })
    }

    /// One row for each expert of the edited layer.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.experts)
    }

    /// Equal for equal matrices of one layer, and only for those.
    pub(crate) fn hash(&self) -> ContentHash {
        self.hash
    }
}
