//! Options and model facts, checked together: what can be allotted, and what it costs.

use attune_guest::{Budget, BudgetTerm, Model, Options};

use crate::formats::{EXACT, Formats, LEVELS};
use crate::limits::Limits;
use crate::modules::Cell;
use crate::parts::{Part, parts};
use crate::rounding;

/// What can be allotted.
pub(crate) struct Allocation {
    /// The dimensions; at least one.
    pub(crate) parts: Vec<Part>,
    pub(crate) formats: Formats,
    /// Bits of all parts, ascending.
    pub(crate) levels: Vec<u32>,
    /// Weights of all cells of all layers.
    pub(crate) weights: f64,
    limit: Limit,
    /// Bytes of everything else that is stored, where the host says so.
    others: f64,
    /// The same in the files of the model itself.
    dense_others: f64,
    /// How weights become codes, where it is not by rounding each to the nearest.
    pub(crate) rounding: Option<&'static str>,
    /// Bits of the scale and the zero point of one group, where nobody names a grid and bytes are not those of files.
    overhead: Option<f64>,
}

/// What bounds the search.
#[derive(Clone, Copy)]
enum Limit {
    /// Bits per weight, on average.
    Average(f64),
    /// Bytes of everything that is stored.
    Bytes(f64),
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
        let formats = Formats::new(model, options)?;
        let parts = parts(model, options, &formats, &levels)?;
        levels.retain(|level| parts.iter().any(|part| part.levels.contains(level)));
        let limit = match options.int("bytes") {
            0 => Limit::Average(options.real("average")),
            bytes => Limit::Bytes(bytes as f64),
        };
        // Bytes that somebody asked for are those of files.
        let estimated = !formats.are_named() && matches!(limit, Limit::Average(_));
        let own = model.other_bytes();
        let others = model.target().and_then(|target| target.other_bytes()).or(own);
        let rounding = rounding::chosen(model, options, &formats)?;
        // What is chosen here is not among the rest any more.
        let chosen =
            || parts.iter().flat_map(Part::cells).map(|(_, cell)| cell).filter(|cell| cell.of_embeddings);
        let stored: f64 = chosen().map(|cell| formats.bytes(cell, EXACT) as f64).sum();
        let dense: f64 = chosen().map(Cell::dense_bytes).sum();
        let rest =
            |bytes: Option<u64>, chosen: f64| bytes.map_or(0.0, |bytes| (bytes as f64 - chosen).max(0.0));
        let allocation = Self {
            others: rest(others, stored),
            dense_others: rest(own, dense),
            weights: parts.iter().flat_map(Part::cells).map(|(_, cell)| cell.weights()).sum(),
            parts,
            formats,
            levels,
            limit,
            rounding,
            overhead: estimated.then(|| options.int("overhead-bits") as f64),
        };
        allocation.affordable()?;
        Ok(allocation)
    }

    /// Refuses a budget that is too small for anything.
    fn affordable(&self) -> Result<(), String> {
        let cheapest =
            self.levels.iter().map(|&level| (self.uniform(level), level)).min_by(|a, b| a.0.total_cmp(&b.0));
        let (least, level) = cheapest.ok_or("`levels` is empty; give at least one")?;
        match self.limit {
            Limit::Average(average) if least > average => Err(format!(
                "`average` is {average} bits, but the cheapest level, {level}, takes {least} with scales and \
                 zero points; raise `average` to {least} or more"
            )),
            Limit::Bytes(bytes) if least > bytes => Err(format!(
                "`bytes` is {bytes}, but at the cheapest level, {level}, everything takes {least}; raise `bytes` to {least} or more"
            )),
            _ => Ok(()),
        }
    }

    /// The budget that every config keeps. What is stored besides is counted at the first cell, whatever that takes.
    pub(crate) fn budget(&self) -> Budget {
        let (resource, unit, limit) = match self.limit {
            Limit::Average(average) => ("bits", "bits/weight", average),
            Limit::Bytes(bytes) => ("weights", "bytes", bytes),
        };
        let mut besides = self.besides();
        let terms = (0..).zip(&self.parts).map(|(dimension, part)| {
            let costs = |(_, cell): (u32, &Cell)| {
                let besides = std::mem::take(&mut besides);
                part.levels.iter().map(|&bits| self.share(cell, bits) + besides).collect()
            };
            BudgetTerm { dimension, costs: part.cells().map(costs).collect() }
        });
        let terms = terms.collect();
        Budget { resource: resource.to_owned(), unit: unit.to_owned(), limit, terms }
    }

    /// Whether the budget is one of bytes.
    pub(crate) fn bounds_bytes(&self) -> bool {
        matches!(self.limit, Limit::Bytes(_))
    }

    /// What the budget allows.
    pub(crate) fn limit(&self) -> f64 {
        match self.limit {
            Limit::Average(limit) | Limit::Bytes(limit) => limit,
        }
    }

    /// What the budget counts when every cell has the same bits, or the next ones that it can have.
    pub(crate) fn uniform(&self, bits: u32) -> f64 {
        let of = |part: &'_ Part| part.levels[part.standing_for(bits)];
        let taken = |part| {
            let bits = of(part);
            part.cells().map(move |(_, cell)| self.taken(cell, bits))
        };
        self.parts.iter().flat_map(taken).sum::<f64>() / self.unit() + self.besides()
    }

    /// Bits per weight and bytes of a config, given as cells with their bits; and the same of the dense model.
    pub(crate) fn cost<'a>(&'a self, config: impl Iterator<Item = (&'a Cell, u32)>) -> [(f64, f64); 2] {
        let (weights, exact) = (self.weights, f64::from(EXACT));
        if self.overhead.is_some() {
            let average: f64 = config.map(|(cell, bits)| self.share(cell, bits)).sum();
            return [(average, exact), ((weights * average / 8.0).round(), weights * exact / 8.0)];
        }
        let bytes: f64 = config.map(|(cell, bits)| self.formats.bytes(cell, bits) as f64).sum();
        let dense: f64 = self.parts.iter().flat_map(Part::cells).map(|(_, cell)| cell.dense_bytes()).sum();
        let average = |bytes: f64| 8.0 * bytes / weights;
        [(average(bytes), average(dense)), (bytes + self.others, dense + self.dense_others)]
    }

    /// What bits mean in this study, for people: empty where it is the grid of edits that name none.
    pub(crate) fn grids(&self, part: &Part) -> String {
        if self.formats.are_usual() {
            return String::new();
        }
        let named = |&bits: &u32| {
            let grid = |(_, cell)| self.formats.grid(cell, bits).flatten();
            let mut names: Vec<&str> = part.cells().filter_map(grid).map(|grid| grid.name()).collect();
            names.sort_unstable();
            names.dedup();
            (bits < EXACT).then(|| format!("{bits} {}", names.join(" or ")))
        };
        let named: Vec<String> = part.levels.iter().filter_map(named).collect();
        match named.is_empty() {
            true => String::new(),
            false => format!("; on the grids of {}: {}", self.formats.word(), named.join(", ")),
        }
    }

    /// What a cell adds to the budget.
    fn share(&self, cell: &Cell, bits: u32) -> f64 {
        self.taken(cell, bits) / self.unit()
    }

    /// What is added whatever cells have.
    fn besides(&self) -> f64 {
        match self.limit {
            Limit::Average(_) => 0.0,
            Limit::Bytes(_) => self.others,
        }
    }

    /// Bits of all weights of a cell, or bytes where these are bounded: whole numbers or simple fractions, whose sums are exact.
    fn taken(&self, cell: &Cell, bits: u32) -> f64 {
        if let Some(overhead) = self.overhead {
            let group = self.formats.group(None, cell.members[0].inputs);
            let bits = match bits {
                EXACT => f64::from(EXACT),
                bits => f64::from(bits) + overhead / f64::from(group),
            };
            return bits * cell.weights();
        }
        let bytes = self.formats.bytes(cell, bits) as f64;
        match self.limit {
            Limit::Average(_) => 8.0 * bytes,
            Limit::Bytes(_) => bytes,
        }
    }

    /// How much of [`taken`](Self::taken) one unit of the budget is.
    fn unit(&self) -> f64 {
        match self.limit {
            Limit::Average(_) => self.weights,
            Limit::Bytes(_) => 1.0,
        }
    }
}
