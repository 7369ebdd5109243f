//! Which rotations each layer turns heads by, computed once per sequence length.

use attune_families::DecoderConfig;

use crate::compute::Compute;
use crate::ops::heads::Placed;
use crate::ops::rotations::Rotations;

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
