//! Weights of norms that all heads share, or of which each has its own.

use burn_tensor::Tensor;

/// The part of `weights` that a row of a head is multiplied by: all heads share them, or each has its own.
#[inline(always)]
pub(super) fn of_head(weights: &[f32], head: usize, width: usize) -> &[f32] {
    &weights[head * width % weights.len()..][..width]
}

/// `weights` along the last dimension of `[…, heads, tokens, width]`, shared by the heads or each head's own.
pub(super) fn along<const D: usize>(weights: &Tensor<1>, width: usize) -> Tensor<D> {
    match weights.dims()[0] / width {
        1 => weights.clone().unsqueeze(),
        heads => weights.clone().reshape([heads, 1, width]).unsqueeze(),
    }
}
