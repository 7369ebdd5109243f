//! What can be dropped, how much of it goes, and what that saves.

use attune_guest::{Model, Options};

/// Option words, the default first.
pub(crate) const UNITS: [&str; 4] = ["block", "attention", "feed-forward", "parts"];

/// Half of a block, as plans and the signal name it and number it.
pub(crate) const HALVES: [&str; 2] = ["attention", "feed-forward"];

/// What is dropped as one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Both halves of a layer.
    Block,
    /// The half of a layer with that number in [`HALVES`].
    Half(usize),
    /// Each half on its own: unit `2·layer + half`.
    Parts,
}

/// Options and model facts, checked together.
pub(crate) struct Dropping {
    pub(crate) unit: Unit,
    /// Transformer blocks.
    pub(crate) blocks: u32,
    /// Those that units are drawn from, ascending: all, or for halves those that attend to a cache. What stands in the place of
    /// attention elsewhere is no half that a plan can name.
    pub(crate) layers: Vec<u32>,
    /// Those that have a cache, ascending.
    cached: Vec<u32>,
    /// Units that are dropped: at least one, and not all.
    pub(crate) drop: u32,
    /// Parameters of each half of every block.
    parameters: Vec<[f64; 2]>,
}

impl Dropping {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let Model { name, family, layers, heads, .. } = model;
        if *layers == 0 || *heads == 0 {
            return Err(format!(
                "model `{name}` (family {family}) has no transformer blocks; block-dropping needs them"
            ));
        }
        let unit = match options.text("unit") {
            "attention" => Unit::Half(0),
            "feed-forward" => Unit::Half(1),
            "parts" => Unit::Parts,
            _ => Unit::Block,
        };
        if let Some(target) = model.target()
            && unit != Unit::Block
            && target.only("drop-block") == Some("whole-blocks")
        {
            return Err(format!(
                "`unit` is \"{}\", and target `{}` leaves out whole blocks only; set `unit` to \"block\"",
                options.text("unit"),
                target.name()
            ));
        }
        let cached = model.cache_layers();
        let drawn = if unit == Unit::Block { (0..*layers).collect() } else { cached.clone() };
        let parameters = model.block_parameters()?;
        let mut dropping = Self { unit, blocks: *layers, layers: drawn, cached, drop: 0, parameters };
        let units = dropping.units();
        let asked = options.int("drop") as u32;
        dropping.drop = if asked == 0 { ((units + 2) / 4).max(1) } else { asked };
        if dropping.drop >= units {
            let words = match unit {
                Unit::Block => "blocks",
                Unit::Half(half) => ["attention parts", "feed-forward parts"][half],
                Unit::Parts => "attention and feed-forward parts",
            };
            return Err(match units {
                1 => format!("model `{name}` has 1 of the {words} that are dropped, and one has to stay"),
                _ => format!(
                    "`drop` is {}, but model `{name}` has {units} {words}, and one has to stay; set `drop` to {} or less",
                    dropping.drop,
                    units - 1
                ),
            });
        }
        Ok(dropping)
    }

    /// Whether there are blocks that no unit is drawn from.
    pub(crate) fn is_partial(&self) -> bool {
        self.layers.len() < self.blocks as usize
    }

    /// Units of the whole model.
    pub(crate) fn units(&self) -> u32 {
        self.layers.len() as u32 * self.per_layer()
    }

    /// Units of one layer.
    pub(crate) fn per_layer(&self) -> u32 {
        if self.unit == Unit::Parts { 2 } else { 1 }
    }

    /// The layer of a unit, and its half unless it is a whole block.
    pub(crate) fn place(&self, unit: u32) -> (u32, Option<usize>) {
        let layer = |number: u32| self.layers[number as usize];
        match self.unit {
            Unit::Block => (layer(unit), None),
            Unit::Half(half) => (layer(unit), Some(half)),
            Unit::Parts => (layer(unit / 2), Some(unit as usize % 2)),
        }
    }

    /// Parameters of a unit. Norms and biases, which are a fraction of a per cent, are not counted.
    pub(crate) fn parameters(&self, unit: u32) -> f64 {
        let (layer, half) = self.place(unit);
        let halves = self.parameters[layer as usize];
        half.map_or(halves.iter().sum(), |half| halves[half])
    }

    /// Layers of the model that have keys and values to cache.
    pub(crate) fn caching(&self) -> f64 {
        self.cached.len() as f64
    }

    /// Whether a unit has keys and values to cache.
    pub(crate) fn caches(&self, unit: u32) -> bool {
        let (layer, half) = self.place(unit);
        half != Some(1) && self.cached.contains(&layer)
    }
}
