//! What is done to attention scores beside their scale.

use burn_tensor::{DType, Tensor};

/// A soft-cap, and a logit of each query head that no value belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScoreRule<'a> {
    /// `c·tanh(x/c)` in the place of `x`.
    pub(crate) cap: Option<f32>,
    /// One per query head.
    pub(crate) sinks: Option<&'a [f32]>,
}

impl ScoreRule<'_> {
    /// Scores with the cap.
    pub(crate) fn capped<const D: usize>(self, scores: Tensor<D>) -> Tensor<D> {
        match self.cap {
            None => scores,
            Some(cap) => (scores / cap).tanh() * cap,
        }
    }

    /// Softmax over the last dimension of `scores: [rows, group·queries, keys]`, a row being a KV head of a sequence; a
    /// head's sink takes its share and gives nothing.
    pub(crate) fn softmax(self, scores: Tensor<3>, kv_heads: usize) -> Tensor<3> {
        let Some(sinks) = self.sinks else { return burn_tensor::activation::softmax(scores, 2) };
        let [rows, lines, keys] = scores.dims();
        let group = sinks.len() / kv_heads;
        let queries = lines / group;
        let of = |place: usize| {
            let (row, line) = (place / lines, place % lines);
            sinks[row % kv_heads * group + line / queries]
        };
        let column: Vec<f32> = (0..rows * lines).map(of).collect();
        let data = burn_tensor::TensorData::new(column, [rows, lines, 1]);
        let column = Tensor::from_data(data, (&scores.device(), DType::F32));
        burn_tensor::activation::softmax(Tensor::cat(vec![scores, column], 2), 2).narrow(2, 0, keys)
    }
}
