//! How large keys get, channel by channel: what smoothing divides them by.

use std::sync::Arc;

/// Largest magnitudes of the dense model's keys after RoPE. The two channels that RoPE turns together share theirs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyMaxima {
    /// Per layer `[kv_heads, head_dim/2]`.
    layers: Vec<Vec<f32>>,
    half: usize,
}

/// Scales beyond these make channels vanish, or grow without bound (PM-KVQ's limits).
const LIMITS: (f64, f64) = (1e-4, 1e4);

impl KeyMaxima {
    /// Nothing seen yet, for heads of `head_dim` channels.
    pub(crate) fn new(layers: usize, kv_heads: usize, head_dim: usize) -> Self {
        let half = head_dim / 2;
        Self { layers: vec![vec![0.0; kv_heads * half]; layers], half }
    }

    /// Takes in the maxima of one layer on more data: `[kv_heads, head_dim/2]`.
    pub(crate) fn add(&mut self, layer: usize, maxima: &[f32]) {
        self.layers[layer].iter_mut().zip(maxima).for_each(|(largest, more)| *largest = largest.max(*more));
    }

    /// Takes in what was seen elsewhere.
    pub(crate) fn merge(&mut self, other: &Self) {
        other.layers.iter().enumerate().for_each(|(layer, maxima)| self.add(layer, maxima));
    }

    /// `λ = max|K|^exponent` of every channel of a head: `[head_dim]`.
    pub(crate) fn scales(&self, layer: usize, head: usize, exponent: f64) -> Arc<[f32]> {
        let maxima = &self.layers[layer][head * self.half..][..self.half];
        let scale = |&largest: &f32| f64::from(largest).powf(exponent).clamp(LIMITS.0, LIMITS.1) as f32;
        let scales = maxima.iter().map(scale);
        scales.clone().chain(scales).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_powers_of_maxima_within_limits_and_halves_share_them() {
        let mut maxima = KeyMaxima::new(2, 2, 6);
        maxima.add(1, &[1.0, 1.0, 1.0, 4.0, 0.0, 1e30]);
        let mut more = KeyMaxima::new(2, 2, 6);
        more.add(1, &[0.5, 0.5, 0.5, 9.0, 0.0, 1.0]);
        maxima.merge(&more);
        assert_eq!(*maxima.scales(1, 1, 0.5), [3.0, 1e-4, 1e4, 3.0, 1e-4, 1e4]);
        assert_eq!(*maxima.scales(1, 0, 0.7), [1.0; 6]);
        assert_eq!(*maxima.scales(1, 1, 1.0), [9.0, 1e-4, 1e4, 9.0, 1e-4, 1e4]);
    }
}
