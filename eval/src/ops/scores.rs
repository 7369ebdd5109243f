//! What is done to attention scores beside their scale.

use burn_tensor::Tensor;

use crate::compute::Compute;

/// A logit of each query head that no value belongs to: in float32, at hand in the process and on the device.
#[derive(Clone, Debug)]
pub(crate) struct Sinks {
    values: Vec<f32>,
    on_device: Tensor<1>,
}

impl Sinks {
    /// One per query head.
    pub(crate) fn new(compute: &Compute, values: Vec<f32>) -> Self {
        let on_device = compute.float32(values.clone(), [values.len()]);
        Self { values, on_device }
    }

    /// That of a query head.
    pub(crate) fn of(&self, head: usize) -> f32 {
        self.values[head]
    }
}

/// A soft-cap, and the sinks of attention.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScoreRule<'a> {
    /// `c·tanh(x/c)` in the place of `x`.
    pub(crate) cap: Option<f32>,
    /// What takes a share of each head's attention and gives nothing.
    pub(crate) sinks: Option<&'a Sinks>,
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
        let group = sinks.values.len() / kv_heads;
        let column = sinks.on_device.clone().reshape([1, kv_heads, group, 1]);
        let column =
            column.expand([rows / kv_heads, kv_heads, group, lines / group]).reshape([rows, lines, 1]);
        let column = if scores.device().is_autodiff() { column.autodiff() } else { column };
        burn_tensor::activation::softmax(Tensor::cat(vec![scores, column], 2), 2).narrow(2, 0, keys)
    }
}
