//! Options and model facts, checked together: what can be allotted, and what it costs.

use attune_guest::{Model, Options};

use crate::limits::Limits;
use crate::modules::{Module, Part, parts};

/// This many bits mean that nothing is quantised.
pub(crate) const EXACT: u32 = 16;
/// Bits that the edit `weight-bits` takes.
const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, EXACT];

/// What can be allotted.
pub(crate) struct Allocation {
    /// The dimensions; at least one.
    pub(crate) parts: Vec<Part>,
    /// Bits to choose from, ascending.
    pub(crate) levels: Vec<u32>,
    /// Most stored bits per weight on average.
    pub(crate) average: f64,
    /// Weights of all cells of all layers.
    pub(crate) weights: f64,
    /// Bits of the scale and the zero point of one group.
    overhead: f64,
}

impl Allocation {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let mut levels: Vec<u32> = options.ints("levels").iter().map(|&level| level as u32).collect();
        levels.sort_unstable();
        levels.dedup();
        if let Some(level) = levels.iter().find(|level| !LEVELS.contains(level)) {
            return Err(format!("`levels` contains {level}; bits are 2, 3, 4, 5, 6 or 8, and 16 is exact"));
        }
        Limits::of(model).keep(&mut levels)?;
        let parts = parts(model, options)?;
        let weights = parts.iter().flat_map(Part::cells).map(|(_, module)| module.weights).sum();
        let allocation = Self {
            parts,
            levels,
            average: options.real("average"),
            weights,
            overhead: options.int("overhead-bits") as f64,
        };
        let cheapest = (0..allocation.levels.len())
            .map(|level| (allocation.uniform(level), allocation.levels[level]))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let (least, level) = cheapest.ok_or("`levels` is empty; give at least one")?;
        let average = allocation.average;
        if least > average {
            return Err(format!(
                "`average` is {average} bits, but the cheapest level, {level}, takes {least} with scales and \
                 zero points; raise `average` to {least} or more"
            ));
        }
        Ok(allocation)
    }

    /// What `module` at the level with that number adds to the average: stored bits, scales and zero points
    /// included, times its share of all weights.
    pub(crate) fn share(&self, module: &Module, level: usize) -> f64 {
        self.stored(module, level) / self.weights
    }

    /// The average when every module has the same level.
    pub(crate) fn uniform(&self, level: usize) -> f64 {
        let cells = self.parts.iter().flat_map(Part::cells);
        cells.map(|(_, module)| self.stored(module, level)).sum::<f64>() / self.weights
    }

    /// The bits of all weights of a module.
    fn stored(&self, module: &Module, level: usize) -> f64 {
        let bits = match self.levels[level] {
            EXACT => f64::from(EXACT),
            bits => f64::from(bits) + self.overhead / f64::from(module.group_size),
        };
        bits * module.weights
    }
}
