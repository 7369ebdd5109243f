//! Weight matrices in the layout that products want.

use burn_tensor::{DType, Tensor};

use crate::compute::Compute;

/// One or several checkpoint matrices `[out, in]` side by side as `[in, out₁ + out₂ + …]`, with biases.
///
/// Products with a row-major right side need no repacking of it, which for the short batches of an expert
/// is half of the time; and one wide product is faster than three narrow ones.
#[derive(Clone)]
pub(crate) struct Linear {
    pub(super) weight: Tensor<2>,
    pub(super) bias: Option<Tensor<1>>,
}

impl Linear {
    /// `parts` are `[out, inputs]`, row-major; `biases` are empty or one per part.
    pub(super) fn new(compute: &Compute, inputs: usize, parts: &[Vec<f32>], biases: &[Vec<f32>]) -> Self {
        let outputs: usize = parts.iter().map(|part| part.len() / inputs).sum();
        let mut weight = vec![0.0; inputs * outputs];
        let mut first = 0;
        for part in parts {
            transpose_into(part, inputs, &mut weight, outputs, first);
            first += part.len() / inputs;
        }
        let bias: Vec<f32> = biases.concat();
        Self {
            weight: compute.tensor(weight, [inputs, outputs]),
            bias: (!bias.is_empty()).then(|| compute.tensor(bias, [outputs])),
        }
    }

    /// `Σ number·linear` in the order of the terms, summed in float32 whatever the element type is; without terms
    /// zeros in the shape of `like`.
    pub(super) fn combination(compute: &Compute, terms: &[(f32, &Self)], like: &Self) -> Self {
        let bias = |linear: &Self| linear.bias.clone();
        let biases: Vec<(f32, Tensor<1>)> =
            terms.iter().filter_map(|(number, linear)| Some((*number, bias(linear)?))).collect();
        let weights = terms.iter().map(|(number, linear)| (*number, linear.weight.clone())).collect();
        Self {
            weight: weighted_sum(compute, weights, &like.weight),
            bias: like.bias.as_ref().map(|like| weighted_sum(compute, biases, like)),
        }
    }

    /// Memory of the weights.
    pub(super) fn bytes(&self) -> u64 {
        let elements = self.weight.dims().iter().product::<usize>()
            + self.bias.as_ref().map_or(0, |bias| bias.dims()[0]);
        (elements * self.weight.dtype().size()) as u64
    }

    /// `x · W + b` for `x: [rows, in]`.
    pub(crate) fn apply(&self, x: Tensor<2>) -> Tensor<2> {
        let product = x.matmul(self.weight.clone());
        match &self.bias {
            None => product,
            Some(bias) => product + bias.clone().unsqueeze(),
        }
    }
}

fn weighted_sum<const D: usize>(
    compute: &Compute,
    terms: Vec<(f32, Tensor<D>)>,
    like: &Tensor<D>,
) -> Tensor<D> {
    let products = terms.into_iter().map(|(number, tensor)| tensor.cast(DType::F32).mul_scalar(number));
    let sum = products.reduce(|sum, product| sum + product);
    sum.unwrap_or_else(|| Tensor::zeros(like.dims(), (&like.device(), DType::F32))).cast(compute.dtype())
}

/// Writes `part: [rows, inputs]` as columns `first..first + rows` of `whole: [inputs, columns]`, in tiles that
/// stay in the first-level cache.
fn transpose_into(part: &[f32], inputs: usize, whole: &mut [f32], columns: usize, first: usize) {
    const TILE: usize = 32;
    let rows = part.len() / inputs;
    for row_tile in (0..rows).step_by(TILE) {
        for input_tile in (0..inputs).step_by(TILE) {
            for input in input_tile..(input_tile + TILE).min(inputs) {
                for row in row_tile..(row_tile + TILE).min(rows) {
                    whole[input * columns + first + row] = part[row * inputs + input];
                }
            }
        }
    }
}
