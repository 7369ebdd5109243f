//! Layer norm (arXiv 1607.06450): `(x − mean(x)) / √(var(x) + ε) ∘ w + b`.

use burn_tensor::{DType, Tensor};

use super::norm_weights::{along, of_head};
use super::{host, math};
use crate::compute::Compute;

/// The weight, bias and ε of one norm.
pub(crate) struct LayerNorm {
    weight: Vec<f32>,
    /// Zeros in families without biases.
    bias: Vec<f32>,
    on_device: [Tensor<1>; 2],
    eps: f32,
    on_host: bool,
}

impl LayerNorm {
    pub(crate) fn new(compute: &Compute, weight: Vec<f32>, bias: Option<Vec<f32>>, eps: f32) -> Self {
        let width = weight.len();
        let bias = bias.unwrap_or_else(|| vec![0.0; width]);
        let on_device = [&weight, &bias].map(|values| compute.tensor(values.clone(), [width]));
        Self { weight, bias, on_device, eps, on_host: compute.on_host() }
    }

    /// See [`super::norm::Norm::beside`].
    pub(crate) fn beside(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        if !self.on_host {
            let normed = self.generic(x.clone());
            return (x, normed);
        }
        host::beside(
            x,
            #[inline(always)]
            |row| self.row(0, row),
        )
    }

    /// One row of a head on the CPU, in place.
    #[inline(always)]
    pub(super) fn row(&self, head: usize, row: &mut [f32]) {
        let [weights, biases] = [&self.weight, &self.bias].map(|values| of_head(values, head, row.len()));
        let width = row.len() as f32;
        let [sum] = math::sums(row, row, |value, _| [value]);
        let mean = sum / width;
        for value in row.iter_mut() {
            *value -= mean;
        }
        let [squares] = math::sums(row, row, |value, _| [value * value]);
        let scale = 1.0 / (squares / width + self.eps).sqrt();
        for ((value, weight), bias) in row.iter_mut().zip(weights).zip(biases) {
            *value = *value * scale * weight + bias;
        }
    }

    /// The norm over the last dimension, by Burn's operations.
    pub(crate) fn generic<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let (dtype, width) = (x.dtype(), x.dims()[D - 1]);
        let x = x.cast(DType::F32);
        let x = x.clone() - x.mean_dim(D - 1);
        let variance = x.clone().square().mean_dim(D - 1);
        let scaled = (x / (variance + self.eps).sqrt()).cast(dtype);
        let [weight, bias] = &self.on_device;
        scaled * along(weight, width) + along(bias, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_agrees_with_the_operations() {
        let compute = Compute::cpu();
        let values: Vec<f32> = (0..3 * 37).map(|i| ((i * 7919) % 101) as f32 / 50.0 - 0.4).collect();
        let weight = (0..37).map(|i| 1.0 + i as f32 / 37.0).collect();
        let bias = Some((0..37).map(|i| i as f32 / 9.0 - 2.0).collect());
        let norm = LayerNorm::new(&compute, weight, bias, 1e-5);
        let x: Tensor<2> = compute.tensor(values, [3, 37]);
        let (kept, fast) = norm.beside(x.clone());
        assert_eq!(kept.into_data(), x.clone().into_data());
        let difference = (fast - norm.generic(x)).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-5, "{difference}");
    }
}
