//! Hard constraints.

use std::fmt;

use super::{Dimension, Domain, Slot};

/// No sum is ever allowed this much over a limit: a quarter of a whole unit.
const LARGEST_TOLERANCE: f64 = 0.25;

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
    /// Sums are compared with this slack, so that a sum that meets the limit on paper meets it here. Never so
    /// much that a whole unit (a byte) over the limit would pass.
    pub fn tolerance(&self) -> f64 {
        (1e-9 * self.limit.abs().max(1.0)).min(LARGEST_TOLERANCE)
    }
}

impl Constraint {
    /// Whether it is part of what the cells are, and kept by construction: an order or a condition.
    pub fn is_structure(&self) -> bool {
        matches!(self, Self::Ascending { .. } | Self::Active { .. })
    }

    /// What an order or a condition says of its dimension, as a view writes it beside the name: `ascending along threshold`,
    /// `only where codec is block`; `None` for constraints that are no part of one dimension.
    pub fn of_dimension(&self, dimensions: &[Dimension]) -> Option<(usize, String)> {
        match self {
            Self::Ascending { dimension, along } => Some((*dimension, format!("ascending along {along}"))),
            Self::Active { dimension, when, options } => {
                let options: Vec<String> =
                    options.iter().map(|option| option_in_words(dimensions, *when, *option)).collect();
                let when = dimension_in_words(dimensions, *when);
                Some((*dimension, format!("only where {when} is {}", options.join(" or "))))
            }
            _ => None,
        }
    }

    /// In words, with the names of a space's dimensions and options: `ascending along threshold` of a dimension `share` is
    /// `share ascending along threshold`, and a condition is `bits only where codec is block`.
    pub fn in_words(&self, dimensions: &[Dimension]) -> String {
        let name = |place: &usize| dimension_in_words(dimensions, *place);
        if let Some((dimension, words)) = self.of_dimension(dimensions) {
            return format!("{} {words}", name(&dimension));
        }
        match self {
            Self::Distinct { dimension, by, at_most } => {
                let each =
                    if by.is_empty() { String::new() } else { format!(" for each {}", by.join(" and ")) };
                format!("{} with at most {at_most} different options{each}", name(dimension))
            }
            Self::Exactly { dimension, option, count } => {
                let option = option_in_words(dimensions, *dimension, *option);
                format!("{} with exactly {count} cells of {option}", name(dimension))
            }
            _ => self.to_string(),
        }
    }
}

fn dimension_in_words(dimensions: &[Dimension], place: usize) -> String {
    dimensions.get(place).map_or_else(|| format!("dimension {place}"), |dimension| dimension.name.clone())
}

fn option_in_words(dimensions: &[Dimension], place: usize, option: u32) -> String {
    let words = match dimensions.get(place).map(|dimension| &dimension.domain) {
        Some(Domain::Choice { options }) => options.get(option as usize).cloned(),
        Some(Domain::Level { levels }) => levels.get(option as usize).map(f64::to_string),
        _ => None,
    };
    words.unwrap_or_else(|| format!("option {option}"))
}

impl fmt::Display for Constraint {
    /// In words, without its costs and cells.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget(budget) => {
                write!(f, "the budget `{}` of {} {}", budget.resource, budget.limit, budget.unit)
            }
            Self::Distinct { dimension, by, at_most } => {
                write!(f, "at most {at_most} different options in dimension {dimension}")?;
                if by.is_empty() { Ok(()) } else { write!(f, " for each {}", by.join(" and ")) }
            }
            Self::Exactly { dimension, option, count } => {
                write!(f, "exactly {count} cells of dimension {dimension} with option {option}")
            }
            Self::Forbidden { cells } => write!(f, "a forbidden combination of {} cells", cells.len()),
            Self::Ascending { dimension, along } => {
                write!(f, "dimension {dimension} ascending along {along}")
            }
            Self::Active { dimension, when, options } => {
                let options: Vec<String> = options.iter().map(u32::to_string).collect();
                write!(
                    f,
                    "dimension {dimension} only where dimension {when} takes option {}",
                    options.join(" or ")
                )
            }
        }
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
    /// Along an axis, no cell is less than the one before it; cells that do not count are passed over. Several axes of one
    /// dimension may be in order.
    Ascending {
        /// A level, int or real dimension.
        dimension: usize,
        /// Name of one of its axes.
        along: String,
    },
    /// Cells of `dimension` count only where the cell of `when` counts and takes one of `options`. Else they hold their first
    /// value ([`Domain::first`](super::Domain::first)), add nothing to budgets, and no other constraint sees them. Several
    /// conditions of one dimension hold together.
    Active {
        /// Any dimension.
        dimension: usize,
        /// A choice or level dimension of one cell, which decides about all, or of the same axes, cell by cell.
        when: usize,
        /// Its options.
        options: Vec<u32>,
    },
}
