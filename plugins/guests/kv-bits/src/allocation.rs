//! Options and model facts, checked together.

use attune_guest::{Model, Options};

use crate::choice::{affine, on_grids};
use crate::format::{EXACT, Format};
use crate::limits::Limits;
use crate::shrinking::shrink_from;

/// The most bits of a quantised element.
const MOST_QUANTISED: u32 = 8;

/// Option words, the default first.
pub(crate) const PARTS: [&str; 2] = ["apart", "together"];

/// What can be allotted.
pub(crate) struct Allocation {
    /// The layers that have a cache, ascending.
    pub(crate) layers: Vec<u32>,
    /// Whether others have none.
    pub(crate) some: bool,
    /// Whether all layers share their formats.
    pub(crate) whole: bool,
    /// Whether layers have one format or stay exact, all the same one.
    pub(crate) two_level: bool,
    /// KV heads of a layer with formats of their own; 1 when a layer's heads go together.
    pub(crate) heads: u32,
    /// 2 when keys and values have formats of their own, 1 when they share them.
    pub(crate) parts: u32,
    /// Formats to choose from: ascending bits of the edit's grid, or what engines' grids take.
    pub(crate) formats: Vec<Format>,
    /// Whether formats are of engines' grids.
    pub(crate) engine: bool,
    /// Most stored bits per element on average.
    pub(crate) average: f64,
    /// The order that blocks of keys of an engine's grid are cut in, where it is not the model's own.
    pub(crate) key_order: Option<String>,
    /// Channels that share a scale and a zero point on the edit's grid.
    pub(crate) group_size: u32,
    /// Exponents of the key smoothing to choose from, in hundredths, ascending; 0 smooths nothing.
    pub(crate) smoothing: Vec<u32>,
    /// Bits that codes are shrunk from; `None` quantises to the level at once.
    pub(crate) shrink_from: Option<u32>,
    /// First positions that stay exact.
    pub(crate) sink: i64,
    /// Last positions that stay exact.
    pub(crate) recent: i64,
}

impl Allocation {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let Model { name, kv_heads, head_dim, .. } = model;
        let layers = model.cache_layers();
        if layers.is_empty() || *kv_heads == 0 || *head_dim == 0 {
            return Err(format!("model `{name}` has no key/value cache; kv-bits needs an attention model"));
        }
        if model.latent_cache().is_some() {
            return Err(format!(
                "the cache of model `{name}` (family {}) holds one latent per token for all heads; kv-bits needs keys and values of \
                 heads",
                model.family
            ));
        }
        let levels = ascending(options, "levels");
        if let Some(level) = levels.iter().find(|&&level| level > MOST_QUANTISED && level != EXACT) {
            return Err(format!("`levels` contains {level}; bits go from 1 to 8, and 16 is exact"));
        }
        let limits = Limits::of(model);
        let grids = limits.grids(options)?;
        let group_size = match options.int("group-size") {
            0 => *head_dim,
            size => size as u32,
        };
        if grids.is_none() && head_dim % group_size != 0 {
            return Err(format!(
                "`group-size` is {group_size}, which does not divide the {head_dim} channels per head of \
                 model `{name}`"
            ));
        }
        let (sink, recent) = limits.check(options, grids.is_none().then_some(group_size))?;
        let shrink_from = shrink_from(options, &levels)?;
        let engine = grids.is_some();
        let formats = match grids {
            Some(grids) => on_grids(model, options, limits, &grids, &levels)?,
            None => affine(options, limits, group_size, levels),
        };
        let apart = options.text("parts") == PARTS[0] && !limits.joins_parts();
        let allocation = Self {
            some: layers.len() < model.layers as usize,
            layers,
            whole: limits.whole_model(),
            two_level: limits.two_level(),
            heads: if options.text("heads") == "kv-head" { *kv_heads } else { 1 },
            parts: if apart { 2 } else { 1 },
            formats,
            engine,
            key_order: limits.key_order().filter(|_| engine).map(str::to_owned),
            average: options.real("average"),
            group_size,
            smoothing: ascending(options, "smoothing"),
            shrink_from,
            sink,
            recent,
        };
        allocation.affordable(limits)?;
        Ok(allocation)
    }

    fn affordable(&self, limits: Limits<'_>) -> Result<(), String> {
        let cheapest = self.formats.iter().min_by(|a, b| a.stored.total_cmp(&b.stored));
        let cheapest = cheapest.ok_or_else(|| {
            format!("`levels` leaves nothing to choose from{}; give at least one", limits.who())
        })?;
        let (average, least) = (self.average, cheapest.stored);
        if least <= average {
            return Ok(());
        }
        Err(match cheapest.grid {
            None => format!(
                "`average` is {average} bits, but the cheapest level, {}, takes {least} with scale and \
                 zero point; raise `average` to {least} or more",
                cheapest.bits
            ),
            Some(grid) => format!(
                "`average` is {average} bits, but the cheapest grid{}, {}, takes {least}; raise `average` to {least} or more",
                limits.who(),
                grid.name()
            ),
        })
    }

    /// Places with formats of their own: the layers with a cache, or one for all of them.
    pub(crate) fn places(&self) -> u32 {
        if self.whole { 1 } else { self.layers.len() as u32 }
    }

    /// The layers of a place.
    pub(crate) fn layers_at(&self, place: usize) -> &[u32] {
        if self.whole { &self.layers } else { &self.layers[place..=place] }
    }

    /// Formats to choose in a config.
    pub(crate) fn cells(&self) -> u32 {
        self.places() * self.heads * self.parts
    }

    /// The name of an axis of layers.
    pub(crate) fn axis(&self) -> &'static str {
        // Counted among those with a cache, where others have none.
        if self.some { "cache-layer" } else { "layer" }
    }

    /// Stored bits of an element, averaged over keys and values.
    pub(crate) fn stored_pair(&self, keys: usize, values: usize) -> f64 {
        (self.formats[keys].stored + self.formats[values].stored) / 2.0
    }
}

fn ascending(options: &Options, name: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = options.ints(name).iter().map(|&number| number as u32).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
