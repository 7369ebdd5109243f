//! Options and model facts, checked together.

use attune_guest::{Model, Options};

/// This many bits mean that nothing is quantised.
pub(crate) const EXACT: u32 = 16;
/// The most bits of a quantised element.
const MOST_QUANTISED: u32 = 8;

/// Option words, the default first.
pub(crate) const PARTS: [&str; 2] = ["apart", "together"];

/// What can be allotted.
pub(crate) struct Allocation {
    /// Transformer blocks.
    pub(crate) layers: u32,
    /// KV heads of a layer with bits of their own; 1 when a layer's heads go together.
    pub(crate) heads: u32,
    /// 2 when keys and values have bits of their own, 1 when they share them.
    pub(crate) parts: u32,
    /// Bits to choose from, ascending.
    pub(crate) levels: Vec<u32>,
    /// Most stored bits per element on average.
    pub(crate) average: f64,
    /// Channels that share a scale and a zero point.
    pub(crate) group_size: u32,
    /// Exponents of the key smoothing to choose from, in hundredths, ascending; 0 smooths nothing.
    pub(crate) smoothing: Vec<u32>,
    /// Bits that codes are shrunk from; `None` quantises to the level at once.
    pub(crate) shrink_from: Option<u32>,
    /// Bits of a scale and a zero point, per element.
    overhead: f64,
}

impl Allocation {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let Model { name, layers, kv_heads, head_dim, .. } = model;
        if *layers == 0 || *kv_heads == 0 || *head_dim == 0 {
            return Err(format!("model `{name}` has no key/value cache; kv-bits needs an attention model"));
        }
        if model.latent_cache().is_some() {
            return Err(format!(
                "the cache of model `{name}` (family {}) holds one latent per token for all heads; kv-bits needs keys and values of \
                 heads",
                model.family
            ));
        }
        let ascending = |name: &str| {
            let mut numbers: Vec<u32> = options.ints(name).iter().map(|&number| number as u32).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let levels = ascending("levels");
        if let Some(level) = levels.iter().find(|&&level| level > MOST_QUANTISED && level != EXACT) {
            return Err(format!("`levels` contains {level}; bits go from 1 to 8, and 16 is exact"));
        }
        let shrink_from = shrink_from(options, &levels)?;
        let group_size = match options.int("group-size") {
            0 => *head_dim,
            size => size as u32,
        };
        if head_dim % group_size != 0 {
            return Err(format!(
                "`group-size` is {group_size}, which does not divide the {head_dim} channels per head of \
                 model `{name}`"
            ));
        }
        let overhead = options.int("overhead-bits") as f64 / f64::from(group_size);
        let average = options.real("average");
        let heads = if options.text("heads") == "kv-head" { *kv_heads } else { 1 };
        let parts = if options.text("parts") == PARTS[0] { 2 } else { 1 };
        let smoothing = ascending("smoothing");
        let layers = *layers;
        let allocation =
            Self { layers, heads, parts, levels, average, group_size, smoothing, shrink_from, overhead };
        let costs = allocation.levels.iter().map(|&level| (allocation.stored_bits(level), level));
        let cheapest = costs.min_by(|a, b| a.0.total_cmp(&b.0));
        let (least, level) = cheapest.ok_or("`levels` is empty; give at least one")?;
        if least > average {
            return Err(format!(
                "`average` is {average} bits, but the cheapest level, {level}, takes {least} with scale and \
                 zero point; raise `average` to {least} or more"
            ));
        }
        Ok(allocation)
    }

    /// Bits to choose in a config.
    pub(crate) fn cells(&self) -> u32 {
        self.layers * self.heads * self.parts
    }

    /// Bits that an element takes in memory, its share of scale and zero point included.
    pub(crate) fn stored_bits(&self, level: u32) -> f64 {
        if level == EXACT { f64::from(EXACT) } else { f64::from(level) + self.overhead }
    }

    /// The same, averaged over keys and values.
    pub(crate) fn stored_pair(&self, keys: u32, values: u32) -> f64 {
        (self.stored_bits(keys) + self.stored_bits(values)) / 2.0
    }
}

fn shrink_from(options: &Options, levels: &[u32]) -> Result<Option<u32>, String> {
    let from = options.int("shrink-from") as u32;
    match from {
        0 => return Ok(None),
        2 | 4 | 8 | 16 => {}
        _ => {
            return Err(format!(
                "`shrink-from` is {from}; bits halve from 2, 4, 8 or 16, and 0 does not shrink"
            ));
        }
    }
    let halved: Vec<u32> =
        std::iter::successors(Some(from), |&bits| (bits > 1).then_some(bits / 2)).collect();
    match levels.iter().find(|&&level| level != EXACT && !halved.contains(&level)) {
        Some(level) => Err(format!(
            "`levels` contains {level}, which {from} bits (`shrink-from`) halved any number of times do not give; \
             leave it out"
        )),
        None => Ok(Some(from)),
    }
}
