//! Weight matrices in the layout that products want.

use std::ops::Range;

use burn_tensor::{DType, Tensor};

use super::steady::{Lies, by_rows};
use super::stored_matrix::StoredMatrix;
use super::tiles::{Buffers, SideBySide};
use crate::compute::Compute;

/// One or several checkpoint matrices `[out, in]` side by side as `[in, out₁ + out₂ + …]`, with biases.
///
/// Products with a row-major right side need no repacking of it, which for the short batches of an expert
/// is half of the time; and one wide product is faster than three narrow ones.
#[derive(Clone)]
pub(crate) struct Linear {
    weight: Weight,
    bias: Option<Tensor<1>>,
}

/// Outputs up to which the rows that a product has decide about its kernel: those of routers and gates.
const NARROW: usize = 64;

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "there are some hundreds, each beside megabytes of weights")]
enum Weight {
    /// In the element type of the device.
    Dense(Tensor<2>),
    /// As in the file, which takes less: on the host only.
    Stored(SideBySide),
}

impl Linear {
    /// `parts` are `[out, inputs]`; `biases` are empty or one per part. On the host, parts of which one takes less in its
    /// file than in float32 stay there.
    pub(super) fn new(
        compute: &Compute,
        inputs: usize,
        parts: Vec<StoredMatrix>,
        biases: &[Vec<f32>],
        buffers: &Buffers,
    ) -> Self {
        let as_stored = compute.on_host() && !parts.iter().all(StoredMatrix::is_float32);
        let parts = SideBySide::new(parts, inputs, buffers);
        let outputs = parts.outputs();
        let bias: Vec<f32> = biases.concat();
        let weight = if as_stored {
            Weight::Stored(parts)
        } else {
            Weight::Dense(compute.tensor(parts.widened(0..outputs), [inputs, outputs]))
        };
        Self { weight, bias: (!bias.is_empty()).then(|| compute.tensor(bias, [outputs])) }
    }

    /// `Σ number·linear` in the order of the terms, summed in float32 whatever the element type is; without terms
    /// zeros in the shape of `like`.
    pub(super) fn combination(compute: &Compute, terms: &[(f32, &Self)], like: &Self) -> Self {
        let bias = |linear: &Self| linear.bias.clone();
        let biases: Vec<(f32, Tensor<1>)> =
            terms.iter().filter_map(|(number, linear)| Some((*number, bias(linear)?))).collect();
        let weights = terms.iter().map(|(number, linear)| (*number, linear.dense(compute)));
        Self {
            weight: Weight::Dense(weighted_sum(compute, weights, like.shape())),
            bias: like.bias.as_ref().map(|like| weighted_sum(compute, biases.into_iter(), like.dims())),
        }
    }

    /// Some of its outputs, as they are.
    pub(super) fn columns(&self, columns: Range<usize>) -> Self {
        let (first, width) = (columns.start, columns.len());
        let weight = match &self.weight {
            Weight::Stored(parts) => Weight::Stored(parts.columns(columns)),
            // Memory of its own: a product wants rows without gaps.
            Weight::Dense(weight) => {
                let part = weight.clone().narrow(1, first, width);
                Weight::Dense(Tensor::from_data(part.into_data(), (&weight.device(), weight.dtype())))
            }
        };
        let bias = self.bias.as_ref().map(|bias| bias.clone().narrow(0, first, width));
        Self { weight, bias }
    }

    /// Its weights, `[in, out]` in float32.
    pub(super) fn weights(&self) -> Vec<f32> {
        match &self.weight {
            Weight::Stored(parts) => parts.widened(0..parts.outputs()),
            Weight::Dense(weight) => weight.clone().cast(DType::F32).into_data().iter::<f32>().collect(),
        }
    }

    /// The same with weights that `change` makes of its own, `[in, out]` in float32.
    pub(super) fn changed(&self, compute: &Compute, change: impl FnOnce(&mut [f32])) -> Self {
        let mut weights = self.weights();
        change(&mut weights);
        Self { weight: Weight::Dense(compute.tensor(weights, self.shape())), bias: self.bias.clone() }
    }

    /// `[in, out]`.
    pub(super) fn shape(&self) -> [usize; 2] {
        match &self.weight {
            Weight::Dense(weight) => weight.dims(),
            Weight::Stored(parts) => [parts.inputs(), parts.outputs()],
        }
    }

    fn dense(&self, compute: &Compute) -> Tensor<2> {
        match &self.weight {
            Weight::Dense(weight) => weight.clone(),
            Weight::Stored(parts) => compute.tensor(parts.widened(0..parts.outputs()), self.shape()),
        }
    }

    /// Memory of the weights beyond the mapped file.
    pub(super) fn bytes(&self) -> u64 {
        let weight = match &self.weight {
            Weight::Dense(weight) => weight.dims().iter().product::<usize>() * weight.dtype().size(),
            Weight::Stored(_) => 0,
        };
        let bias = self.bias.as_ref().map_or(0, |bias| bias.dims()[0] * bias.dtype().size());
        (weight + bias) as u64
    }

    /// `x · W + b` for `x: [rows, in]`.
    pub(crate) fn apply(&self, x: Tensor<2>) -> Tensor<2> {
        let product = |x: Tensor<2>| match &self.weight {
            Weight::Dense(weight) => x.matmul(weight.clone()),
            Weight::Stored(parts) => parts.product(x),
        };
        let outputs = self.shape()[1];
        // Wide products of at least two rows, which is what there is, run one kernel.
        let product = if outputs <= NARROW { by_rows(x, outputs, Lies::Across, product) } else { product(x) };
        match &self.bias {
            None => product,
            Some(bias) => product + bias.clone().unsqueeze(),
        }
    }
}

fn weighted_sum<const D: usize>(
    compute: &Compute,
    terms: impl Iterator<Item = (f32, Tensor<D>)>,
    shape: [usize; D],
) -> Tensor<D> {
    let products = terms.map(|(number, tensor)| tensor.cast(DType::F32).mul_scalar(number));
    let sum = products.reduce(|sum, product| sum + product);
    sum.unwrap_or_else(|| Tensor::zeros(shape, (compute.device(), DType::F32))).cast(compute.dtype())
}
