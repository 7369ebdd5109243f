//! The matrices of a model that have a row for each token.

use crate::Model;

/// A matrix with a row for each token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddingMatrix {
    /// The name in plans: `input`, which is also the output matrix where the model has one for both, or `output`.
    pub name: &'static str,
    /// Rows.
    pub tokens: u32,
    /// Channels of a row.
    pub channels: u32,
    /// Bytes of a stored weight, 2 or 4; `None` where the host does not say.
    pub element_bytes: Option<u32>,
}

impl Model {
    /// Those that the model has, `input` first; none where the host does not list them.
    pub fn embeddings(&self) -> Vec<EmbeddingMatrix> {
        let shapes = self.whole_numbers("embeddings").unwrap_or_default();
        let matrix = |(shape, name): (&[i64], &'static str)| EmbeddingMatrix {
            name,
            tokens: shape[0] as u32,
            channels: shape[1] as u32,
            element_bytes: Some(shape[2] as u32).filter(|&bytes| bytes > 0),
        };
        shapes.chunks_exact(3).zip(["input", "output"]).map(matrix).collect()
    }
}
