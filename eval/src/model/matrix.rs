//! Weight matrices in the layout that products want.

use burn_tensor::Tensor;

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

    /// `x · W + b` for `x: [rows, in]`.
    pub(crate) fn apply(&self, x: Tensor<2>) -> Tensor<2> {
        let product = x.matmul(self.weight.clone());
        match &self.bias {
            None => product,
            Some(bias) => product + bias.clone().unsqueeze(),
        }
    }
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
