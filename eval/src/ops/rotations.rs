//! Cosines and sines of every position.

use attune_families::Rope;
use burn_tensor::Tensor;

use crate::compute::Compute;

/// Rotations of the positions `0..tokens`.
pub(crate) struct Rotations {
    pairs: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
    on_device: (Tensor<2>, Tensor<2>),
}

impl Rotations {
    /// Of the first `channels` channels of a head.
    pub(crate) fn new(compute: &Compute, rope: &Rope, channels: usize, tokens: usize) -> Self {
        let (frequencies, factor) = rope.frequencies(channels, tokens);
        let pairs = frequencies.len();
        // One float32 product, as the trained model had it.
        let angles = || (0..tokens).flat_map(|token| frequencies.iter().map(move |f| token as f32 * f));
        let cos: Vec<f32> = angles().map(|angle| angle.cos() * factor).collect();
        let sin: Vec<f32> = angles().map(|angle| angle.sin() * factor).collect();
        let upload = |values: &Vec<f32>| compute.float32(values.clone(), [tokens, pairs]);
        let on_device = (upload(&cos), upload(&sin));
        Self { pairs, cos, sin, on_device }
    }

    /// The rotations of `count` positions from `first`, as positions from 0.
    pub(crate) fn part(&self, first: usize, count: usize) -> Self {
        let cut = |values: &[f32]| values[first * self.pairs..][..count * self.pairs].to_vec();
        let (cos, sin) = self.on_device();
        Self {
            pairs: self.pairs,
            cos: cut(&self.cos),
            sin: cut(&self.sin),
            on_device: (cos.narrow(0, first, count), sin.narrow(0, first, count)),
        }
    }

    /// Channels of a head that turn.
    #[inline(always)]
    pub(crate) fn channels(&self) -> usize {
        2 * self.pairs
    }

    /// Cosines of one position, one per channel pair.
    #[inline(always)]
    pub(crate) fn cos(&self, token: usize) -> &[f32] {
        &self.cos[token * self.pairs..][..self.pairs]
    }

    /// Sines of one position, one per channel pair.
    #[inline(always)]
    pub(crate) fn sin(&self, token: usize) -> &[f32] {
        &self.sin[token * self.pairs..][..self.pairs]
    }

    /// Cosines and sines of all positions: `[tokens, pairs]` each, float32.
    pub(crate) fn on_device(&self) -> (Tensor<2>, Tensor<2>) {
        self.on_device.clone()
    }
}
