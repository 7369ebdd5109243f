//! The denoiser and its sampler, for several sets of weights side by side.
//!
//! Everything is float32 on every device: these networks are small, and scores are differences of statistics.

use std::f64::consts::FRAC_PI_2;

use attune_core::evaluator::EvalFailure;
use burn_tensor::{Tensor, activation};

use super::config::DenoiserConfig;
use crate::compute::Compute;
use crate::native::limit::{Limit, in_time};

/// Stacked weights, as [`Checkpoints::stacked`](super::checkpoints::Checkpoints::stacked) gives them, and what does
/// not depend on the image.
pub(super) struct Network<'a> {
    config: &'a DenoiserConfig,
    layers: Vec<Vec<Tensor<3>>>,
    /// Per block, `[mixtures, steps, inner]`: what the time adds.
    times: Vec<Tensor<3>>,
}

impl<'a> Network<'a> {
    pub(super) fn new(config: &'a DenoiserConfig, layers: Vec<Vec<Tensor<3>>>, compute: &Compute) -> Self {
        let mixtures = layers[0][0].dims()[0];
        let features = time_features(config);
        let features: Tensor<3> = compute.float32(features, [1, config.steps, 2 * config.frequencies]);
        let features = features.repeat_dim(0, mixtures);
        let (weight, bias) = (&layers[0][2], &layers[0][3]);
        let embedded = activation::silu(features.matmul(weight.clone()) + bias.clone());
        let times =
            (1..=config.blocks).map(|block| embedded.clone().matmul(layers[block][4].clone())).collect();
        Self { config, layers, times }
    }

    /// Images `[mixtures, samples, pixels]` from noise `[samples, pixels]`, each number within −1 and 1: DDIM in its
    /// angular form (Salimans & Ho, arXiv 2202.00512, appendix D), `x ← cos δ·x − sin δ·v(x, t)` with `δ = π/2/steps`
    /// and `t = 1 − k/steps` in step `k`.
    pub(super) fn sample(&self, noise: Tensor<2>, limit: Limit) -> Result<Tensor<3>, EvalFailure> {
        let mixtures = self.layers[0][0].dims()[0];
        let mut x: Tensor<3> = noise.unsqueeze::<3>().repeat_dim(0, mixtures);
        let (sine, cosine) = (FRAC_PI_2 / self.config.steps as f64).sin_cos();
        for step in 0..self.config.steps {
            in_time(limit)?;
            let v = self.velocity(x.clone(), step);
            x = x.mul_scalar(cosine as f32) - v.mul_scalar(sine as f32);
        }
        Ok(x.clamp(-1.0, 1.0))
    }

    fn velocity(&self, x: Tensor<3>, step: usize) -> Tensor<3> {
        let first = &self.layers[0];
        let mut h = x.matmul(first[0].clone()) + first[1].clone();
        for (block, times) in self.layers[1..=self.config.blocks].iter().zip(&self.times) {
            let time = times.clone().narrow(1, step, 1);
            let up = self.norm(h.clone(), block).matmul(block[2].clone()) + (block[3].clone() + time);
            h = h + activation::silu(up).matmul(block[5].clone()) + block[6].clone();
        }
        let last = &self.layers[self.config.blocks + 1];
        self.norm(h, last).matmul(last[2].clone()) + last[3].clone()
    }

    /// Layer norm (arXiv 1607.06450) with the first two parameters of a layer.
    fn norm(&self, x: Tensor<3>, layer: &[Tensor<3>]) -> Tensor<3> {
        let centred = x.clone() - x.mean_dim(2);
        let variance = (centred.clone() * centred.clone()).mean_dim(2);
        let scaled = centred / variance.add_scalar(self.config.norm_eps as f32).sqrt();
        scaled * layer[0].clone() + layer[1].clone()
    }
}

/// `cos f_j·t`, then `sin f_j·t`, for every step's `t`; `f_j = highest^(j/(count − 1))`.
fn time_features(config: &DenoiserConfig) -> Vec<f32> {
    let mut features = Vec::with_capacity(config.steps * 2 * config.frequencies);
    for step in 0..config.steps {
        let t = 1.0 - step as f64 / config.steps as f64;
        let angle = |j: usize| t * config.highest.powf(j as f64 / (config.frequencies - 1) as f64);
        features.extend((0..config.frequencies).map(|j| angle(j).cos() as f32));
        features.extend((0..config.frequencies).map(|j| angle(j).sin() as f32));
    }
    features
}
