//! Cosines and sines of every position, computed once per sequence length.

use burn_tensor::Tensor;

use crate::compute::Compute;
use crate::model::{DecoderConfig, Rope};
use crate::ops::heads::Placed;

/// Rotations of the positions `0..tokens` in every layer.
pub(crate) struct Positions {
    global: Rotations,
    /// Of layers with a window, in families that turn those by other frequencies.
    local: Option<Rotations>,
    /// By layer.
    layers: Vec<Turns>,
    /// What queries are multiplied by, position by position, in the layers that do that.
    scales: Vec<f32>,
    scaled: Vec<bool>,
}

/// By which frequencies a layer turns heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turns {
    Not,
    Global,
    Local,
}

impl Positions {
    pub(crate) fn new(compute: &Compute, config: &DecoderConfig, tokens: usize) -> Self {
        let of = |rope| Rotations::new(compute, rope, config.rotated, tokens);
        let turns = |layer: usize| match config.layer(layer).rope() {
            None => Turns::Not,
            Some(rope) if config.local_rope.as_ref().is_some_and(|local| std::ptr::eq(local, rope)) => {
                Turns::Local
            }
            Some(_) => Turns::Global,
        };
        Self {
            global: of(&config.rope),
            local: config.local_rope.as_ref().map(of),
            layers: (0..config.layers).map(turns).collect(),
            scales: config.temperature.map_or_else(Vec::new, |temperature| {
                (0..tokens).map(|position| temperature.factor(position)).collect()
            }),
            scaled: (0..config.layers).map(|layer| config.layer(layer).temperature().is_some()).collect(),
        }
    }

    /// What a layer does to heads by their position.
    pub(crate) fn of(&self, layer: usize) -> Placed<'_> {
        let rotations = match self.layers[layer] {
            Turns::Not => None,
            Turns::Global => Some(&self.global),
            Turns::Local => self.local.as_ref(),
        };
        Placed { rotations, scales: self.scaled[layer].then_some(&self.scales[..]) }
    }

    /// The rotations of `count` positions from `first`, as positions from 0.
    pub(crate) fn part(&self, first: usize, count: usize) -> Self {
        Self {
            global: self.global.part(first, count),
            local: self.local.as_ref().map(|local| local.part(first, count)),
            layers: self.layers.clone(),
            scales: self.scales.get(first..first + count).unwrap_or_default().to_vec(),
            scaled: self.scaled.clone(),
        }
    }
}

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

    fn part(&self, first: usize, count: usize) -> Self {
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
