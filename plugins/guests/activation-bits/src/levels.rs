//! Levels to choose from, what they cost, and a bound on their average.

use attune_guest::{Budget, BudgetTerm, Constraint, Dimension, Domain, Options, Value};

/// This many bits mean that nothing is quantised.
pub(crate) const EXACT: u32 = 16;
/// Bits that the edits take.
const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, EXACT];
/// How far sums in another order may be apart.
const ROUNDING: f64 = 1e-9;

/// The two options that levels come from.
pub(crate) struct Names {
    pub(crate) levels: &'static str,
    pub(crate) average: &'static str,
}

/// What has bits of its own in a layer.
pub(crate) struct Cell {
    /// What it counts by.
    pub(crate) weight: f64,
    /// Bits that are stored beside those of a level, where it is quantised.
    pub(crate) overhead: f64,
}

/// The levels of the cells of every layer.
pub(crate) struct Levels {
    /// Bits to choose from, ascending; at least one.
    pub(crate) bits: Vec<u32>,
    /// The bits that each cell of all layers takes at each level, overhead included: whole numbers or simple fractions,
    /// whose sums are exact.
    stored: Vec<Vec<f64>>,
    /// What the average is taken over: the weight of all cells of all layers.
    whole: f64,
    /// Layers, which have the same number of cells.
    layers: usize,
    /// Most bits on average.
    average: f64,
}

impl Levels {
    /// `layers` has the cells of each layer.
    pub(crate) fn new(options: &Options, names: &Names, layers: &[Vec<Cell>]) -> Result<Self, String> {
        let bits = bits(options, names.levels)?;
        let whole = layers.iter().flatten().map(|cell| cell.weight).sum();
        let stored = |bits: u32, overhead: f64| f64::from(bits) + if bits == EXACT { 0.0 } else { overhead };
        let of = |cell: &Cell| bits.iter().map(|&bits| stored(bits, cell.overhead) * cell.weight).collect();
        let stored = layers.iter().flatten().map(of).collect();
        let layers = layers.len();
        let levels = Self { bits, stored, whole, layers, average: options.real(names.average) };
        let by_cost = levels.by_cost();
        let least = levels.uniform(by_cost[0]);
        if least > levels.average + ROUNDING {
            let (average, name, bits) = (levels.average, names.average, levels.bits[by_cost[0]]);
            return Err(format!(
                "`{name}` is {average} bits, but the cheapest of `{}`, {bits}, takes {least}; raise `{name}` to {least} or more",
                names.levels
            ));
        }
        Ok(levels)
    }

    /// Whether there is anything to search.
    pub(crate) fn is_choice(&self) -> bool {
        self.bits.len() > 1
    }

    /// Every cell of every layer.
    pub(crate) fn dimension(&self, name: &str, help: &str, axis: &str) -> Dimension {
        let levels = self.bits.iter().copied().map(f64::from).collect();
        Dimension::new(name, help, Domain::Level(levels))
            .axis("layer", self.layers as u32)
            .axis(axis, (self.stored.len() / self.layers) as u32)
    }

    /// The bound on the average of the dimension with that number.
    pub(crate) fn budget(&self, dimension: u32, resource: &str, unit: &str) -> Constraint {
        let shares = |stored: &Vec<f64>| stored.iter().map(|stored| stored / self.whole).collect();
        let costs = self.stored.iter().map(shares).collect();
        Constraint::Budget(Budget {
            resource: resource.to_owned(),
            unit: unit.to_owned(),
            limit: self.average,
            terms: vec![BudgetTerm { dimension, costs }],
        })
    }

    /// The average that the cells of a dimension have.
    pub(crate) fn used(&self, cells: &[Value]) -> f64 {
        let stored = self.stored.iter().zip(cells).map(|(stored, cell)| stored[cell.option()]);
        stored.sum::<f64>() / self.whole
    }

    /// Every cell at the level with that number.
    pub(crate) fn everywhere(&self, level: usize) -> Vec<Value> {
        vec![Value::Index(level as u32); self.stored.len()]
    }

    /// Levels whose uniform use keeps the bound, cheapest first; never empty.
    pub(crate) fn within(&self) -> Vec<usize> {
        let mut levels = self.by_cost();
        levels.retain(|&level| self.uniform(level) <= self.average + ROUNDING);
        levels
    }

    /// The cheapest level whose uniform use costs as much as the bound allows or more; the level where there is one.
    pub(crate) fn at_least(&self) -> Option<usize> {
        let enough = |level: &usize| !self.is_choice() || self.uniform(*level) >= self.average - ROUNDING;
        self.by_cost().into_iter().find(enough)
    }

    /// Levels by their uniform cost: a narrow group may cost more than an exact cell.
    fn by_cost(&self) -> Vec<usize> {
        let mut levels: Vec<usize> = (0..self.bits.len()).collect();
        levels.sort_by(|&a, &b| self.uniform(a).total_cmp(&self.uniform(b)));
        levels
    }

    /// The average when every cell has the level with that number.
    fn uniform(&self, level: usize) -> f64 {
        self.stored.iter().map(|stored| stored[level]).sum::<f64>() / self.whole
    }
}

/// An option's levels, ascending.
fn bits(options: &Options, name: &str) -> Result<Vec<u32>, String> {
    let mut bits: Vec<u32> = options.ints(name).iter().map(|&bits| bits as u32).collect();
    bits.sort_unstable();
    bits.dedup();
    match bits.iter().find(|bits| !LEVELS.contains(bits)) {
        Some(bits) => Err(format!("`{name}` contains {bits}; bits are 2, 3, 4, 5, 6 or 8, and 16 is exact")),
        None if bits.is_empty() => Err(format!("`{name}` is empty; give at least one")),
        None => Ok(bits),
    }
}
