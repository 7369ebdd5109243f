//! Options and model facts, checked together.

use attune_guest::{Model, Options};

/// This many bits mean that nothing is quantised.
pub(crate) const EXACT: u32 = 16;
/// The most bits of a quantised element.
const MOST_QUANTISED: u32 = 8;

/// What can be allotted.
pub(crate) struct Allocation {
    /// Transformer blocks.
    pub(crate) layers: u32,
    /// Bits to choose from, ascending.
    pub(crate) levels: Vec<u32>,
    /// Most stored bits per element on average.
    pub(crate) average: f64,
    /// Channels that share a scale and a zero point.
    pub(crate) group_size: u32,
    /// Bits of a scale and a zero point, per element.
    overhead: f64,
}

impl Allocation {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let Model { name, layers, kv_heads, head_dim, .. } = model;
        if *layers == 0 || *kv_heads == 0 || *head_dim == 0 {
            return Err(format!("model `{name}` has no key/value cache; kv-bits needs an attention model"));
        }
        let mut levels: Vec<u32> = options.ints("levels").iter().map(|&level| level as u32).collect();
        levels.sort_unstable();
        levels.dedup();
        if let Some(level) = levels.iter().find(|&&level| level > MOST_QUANTISED && level != EXACT) {
            return Err(format!("`levels` contains {level}; bits go from 1 to 8, and 16 is exact"));
        }
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
        let allocation = Self { layers: *layers, levels, average, group_size, overhead };
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

    /// Bits that an element takes in memory, its share of scale and zero point included.
    pub(crate) fn stored_bits(&self, level: u32) -> f64 {
        if level == EXACT { f64::from(EXACT) } else { f64::from(level) + self.overhead }
    }

    /// The same, averaged over keys and values.
    pub(crate) fn stored_pair(&self, keys: u32, values: u32) -> f64 {
        (self.stored_bits(keys) + self.stored_bits(values)) / 2.0
    }
}
