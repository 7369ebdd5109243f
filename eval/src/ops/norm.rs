//! Root-mean-square norm (arXiv 1910.07467): `x / √(mean(x²) + ε) ∘ w`.

use burn_tensor::{DType, Tensor};

use super::layer_norm::LayerNorm;
use super::norm_weights::{along, of_head};
use super::{host, math};
use crate::compute::Compute;

/// A norm of the residual stream.
#[expect(clippy::large_enum_variant, reason = "there are a few for each layer, and none of them moves")]
pub(crate) enum Norm {
    Rms(RmsNorm),
    Layer(LayerNorm),
}

impl Norm {
    /// Gives `x: [rows, width]` back beside its norm, so that a residual needs no copy.
    pub(crate) fn beside(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        match self {
            Self::Rms(norm) => norm.beside(x),
            Self::Layer(norm) => norm.beside(x),
        }
    }

    /// One row of a head on the CPU, in place; all heads have the same weights, or each its own.
    #[inline(always)]
    pub(crate) fn row(&self, head: usize, row: &mut [f32]) {
        match self {
            Self::Rms(norm) => norm.row(head, row),
            Self::Layer(norm) => norm.row(head, row),
        }
    }

    /// The norm over the last dimension, by Burn's operations; of heads with weights of their own, `x` is
    /// `[…, heads, tokens, width]`.
    pub(crate) fn generic<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Rms(norm) => norm.generic(x),
            Self::Layer(norm) => norm.generic(x),
        }
    }
}

/// The weight and ε of one norm.
pub(crate) struct RmsNorm {
    weight: Vec<f32>,
    on_device: Tensor<1>,
    eps: f32,
    on_host: bool,
}

impl RmsNorm {
    pub(crate) fn new(compute: &Compute, weight: Vec<f32>, eps: f32) -> Self {
        let width = weight.len();
        let on_device = compute.tensor(weight.clone(), [width]);
        Self { weight, on_device, eps, on_host: compute.on_host() }
    }

    /// Gives `x: [rows, width]` back beside its norm, so that a residual needs no copy.
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

    /// One row on the CPU, in place.
    #[inline(always)]
    fn row(&self, head: usize, row: &mut [f32]) {
        let weights = of_head(&self.weight, head, row.len());
        let [squares] = math::sums(row, row, |value, _| [value * value]);
        let scale = 1.0 / (squares / row.len() as f32 + self.eps).sqrt();
        for (value, weight) in row.iter_mut().zip(weights) {
            *value = *value * scale * weight;
        }
    }

    /// The norm over the last dimension, by Burn's operations.
    pub(crate) fn generic<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let dtype = x.dtype();
        let x = x.cast(DType::F32);
        let width = x.dims()[D - 1];
        let mean = x.clone().square().mean_dim(D - 1);
        let scaled = (x / (mean + self.eps).sqrt()).cast(dtype);
        scaled * along(&self.on_device, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_agrees_with_the_operations() {
        let compute = Compute::cpu();
        let values: Vec<f32> = (0..3 * 37).map(|i| ((i * 7919) % 101) as f32 / 50.0 - 1.0).collect();
        let weight = (0..37).map(|i| 1.0 + i as f32 / 37.0).collect();
        let norm = RmsNorm::new(&compute, weight, 1e-5);
        let x: Tensor<2> = compute.tensor(values, [3, 37]);
        let (kept, fast) = norm.beside(x.clone());
        assert_eq!(kept.into_data(), x.clone().into_data());
        let difference = (fast - norm.generic(x)).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-6, "{difference}");
    }
}
