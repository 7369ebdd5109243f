//! Limits on the size of a space: far more than the largest model needs, and little enough for every operator to
//! end soon.

use super::{Constraint, Dimension, Domain, Space, SpaceError};

/// Numbers in a config. The largest mixtures have some 77,000 linear modules.
pub(super) const MOST_NUMBERS: u64 = 1 << 20;
/// Dimensions.
const MOST_DIMENSIONS: u64 = 1 << 12;
/// Options or levels of one dimension.
const MOST_OPTIONS: u64 = 1 << 12;
/// Axes of one dimension.
const MOST_AXES: u64 = 16;
/// Costs in all budgets together.
const MOST_COSTS: u64 = 1 << 22;
/// Constraints.
const MOST_CONSTRAINTS: u64 = 1 << 14;
/// Cells that all constraints together look at when one config is checked.
const MOST_CHECKED: u64 = 1 << 24;

/// Refuses lists that are too long to be looked at one by one.
pub(super) fn lists(space: &Space) -> Result<(), SpaceError> {
    at_most("dimensions", space.dimensions.len(), MOST_DIMENSIONS)?;
    at_most("constraints", space.constraints.len(), MOST_CONSTRAINTS)?;
    for dimension in &space.dimensions {
        let options = dimension.domain.options().unwrap_or(0);
        at_most(&format!("options in `{}`", dimension.name), options as usize, MOST_OPTIONS)?;
        at_most(&format!("axes of `{}`", dimension.name), dimension.axes.len(), MOST_AXES)?;
    }
    let costs = space.budgets().flat_map(|budget| &budget.terms).flat_map(|term| &term.costs);
    at_most("costs", costs.map(Vec::len).sum(), MOST_COSTS)
}

/// Refuses constraints that make every check of a config long; they fit the space.
pub(super) fn checking(space: &Space) -> Result<(), SpaceError> {
    let cells = |dimension: usize| space.dimensions[dimension].cells();
    let looked_at = space.constraints.iter().map(|constraint| match constraint {
        Constraint::Budget(budget) => budget.terms.iter().map(|term| cells(term.dimension)).sum(),
        Constraint::Distinct { dimension, .. } | Constraint::Exactly { dimension, .. } => cells(*dimension),
        Constraint::Forbidden { cells } => cells.len(),
        Constraint::Ascending { dimension, .. } | Constraint::Active { dimension, .. } => cells(*dimension),
    });
    at_most("cells in all constraints together", looked_at.sum(), MOST_CHECKED)
}

fn at_most(what: &str, found: usize, limit: u64) -> Result<(), SpaceError> {
    let found = found as u64;
    if found <= limit { Ok(()) } else { Err(SpaceError::TooLarge { what: what.to_owned(), found, limit }) }
}

/// Numbers that the cells of a dimension hold together, at most.
pub(in super::super) fn numbers(dimension: &Dimension) -> u64 {
    let each = match &dimension.domain {
        Domain::Subset { of, .. } | Domain::Permutation { of } | Domain::Affine { of, .. } => u64::from(*of),
        Domain::Matrix { rows, columns, .. } => u64::from(*rows) * u64::from(*columns),
        Domain::Choice { .. } | Domain::Level { .. } | Domain::Int { .. } | Domain::Real { .. } => 1,
    };
    dimension.axes.iter().map(|axis| u64::from(axis.len)).fold(each.max(1), u64::saturating_mul)
}
