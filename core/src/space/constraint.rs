//! Hard constraints.

use super::{Config, ledger};

/// One cell of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// Position of the dimension in the space.
    pub dimension: usize,
    /// Row-major position of the cell in the dimension.
    pub cell: usize,
}

/// What the cells of one dimension add to a budget.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetTerm {
    /// Position of the dimension in the space.
    pub dimension: usize,
    /// One row for every cell, or a single row for all cells. A row holds the cost of each option
    /// (choice, level), of each element (subset), or the cost per unit (int, real: one entry).
    pub costs: Vec<Vec<f64>>,
}

impl BudgetTerm {
    /// The cost row of one cell.
    pub fn row(&self, cell: usize) -> &[f64] {
        if self.costs.len() == 1 { &self.costs[0] } else { &self.costs[cell] }
    }
}

/// `Σ cost ≤ limit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// For example `bits`.
    pub resource: String,
    /// For example `bits/element`.
    pub unit: String,
    /// Largest allowed sum.
    pub limit: f64,
    /// What adds to it.
    pub terms: Vec<BudgetTerm>,
}

impl Budget {
    /// What `config` uses of the budget.
    pub fn used(&self, config: &Config) -> f64 {
        ledger::used(self, config)
    }

    /// Sums are compared with this slack, so that a sum that meets the limit on paper meets it here.
    pub fn tolerance(&self) -> f64 {
        1e-9 * self.limit.abs().max(1.0)
    }
}

/// A condition that every config meets.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// A linear budget over per-choice costs.
    Budget(Budget),
    /// Within each group of cells that agree along the axes `by`, at most `at_most` different options.
    Distinct {
        /// A choice or level dimension.
        dimension: usize,
        /// Axis names; empty: all cells are one group.
        by: Vec<String>,
        /// Largest number of different options.
        at_most: u32,
    },
    /// Exactly `count` cells take `option`.
    Exactly {
        /// A choice or level dimension.
        dimension: usize,
        /// The option.
        option: u32,
        /// How many cells.
        count: u32,
    },
    /// Not all of these cells take these options at once.
    Forbidden {
        /// Cells of choice or level dimensions, with the option of each.
        cells: Vec<(Slot, u32)>,
    },
}
