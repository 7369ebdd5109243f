//! Checks of a space as a technique describes it.

mod sizes;
mod structure;

pub(super) use sizes::numbers;
pub(super) use structure::of as structure;

use std::collections::HashSet;

use super::{BudgetTerm, Constraint, Dimension, Domain, Slot, Space, SpaceError, computable};
use crate::suggest::hint;

pub(super) fn space(space: &Space) -> Result<(), SpaceError> {
    sizes::lists(space)?;
    let mut size = 0_u64;
    let mut names = HashSet::new();
    for dimension in &space.dimensions {
        size = size.saturating_add(numbers(dimension));
        let problem = if !names.insert(&dimension.name) {
            Some("the name is used twice".to_owned())
        } else if size > sizes::MOST_NUMBERS {
            Some(format!("with it, a config has more than {} numbers", sizes::MOST_NUMBERS))
        } else {
            domain(dimension)
        };
        if let Some(problem) = problem {
            return Err(SpaceError::Dimension { dimension: dimension.name.clone(), problem });
        }
        computable::domain(dimension)?;
    }
    for (index, constraint) in space.constraints.iter().enumerate() {
        if let Some(problem) = self::constraint(space, constraint) {
            return Err(SpaceError::Constraint { index, problem });
        }
        if let Constraint::Budget(budget) = constraint {
            computable::budget(space, budget)?;
        }
    }
    sizes::checking(space)
}

fn domain(dimension: &Dimension) -> Option<String> {
    if dimension.name.is_empty() {
        return Some("the name is empty".to_owned());
    }
    if dimension.axes.iter().any(|axis| axis.len == 0) {
        return Some("an axis has length 0".to_owned());
    }
    let ordered = |min: f64, max: f64| min.is_finite() && max.is_finite() && min <= max;
    match &dimension.domain {
        Domain::Choice { options } if options.is_empty() => Some("it has no options".to_owned()),
        Domain::Level { levels } if levels.is_empty() => Some("it has no levels".to_owned()),
        Domain::Level { levels } if levels.iter().any(|level| !level.is_finite()) => {
            let found = levels.iter().find(|level| !level.is_finite());
            found.map(|level| format!("the level {level} is not finite"))
        }
        Domain::Level { levels } if !levels.windows(2).all(|pair| pair[0] < pair[1]) => {
            let found = levels.windows(2).find(|pair| pair[0] >= pair[1]);
            found.map(|pair| format!("its levels do not ascend: {} comes before {}", pair[0], pair[1]))
        }
        Domain::Int { min, max } if min > max => Some(format!("range {min} to {max} is empty")),
        Domain::Real { min, max, .. } if !ordered(*min, *max) => {
            Some(format!("range {min} to {max} is empty or not finite"))
        }
        Domain::Real { min, scale: super::Scale::Log, .. } if *min <= 0.0 => {
            Some(format!("a logarithmic range must be positive, not start at {min}"))
        }
        Domain::Subset { of, min, max } if min > max || max > of => {
            Some(format!("cannot take {min} to {max} elements out of {of}"))
        }
        Domain::Permutation { of: 0 } | Domain::Affine { of: 0, .. } => Some("it has no elements".to_owned()),
        Domain::Affine { sum, spread, .. } if !sum.is_finite() || !spread.is_finite() || *spread < 0.0 => {
            Some(format!("sum {sum} and spread {spread} must be finite, the spread not negative"))
        }
        Domain::Matrix { rows, columns, min, max } if *rows == 0 || *columns == 0 || !ordered(*min, *max) => {
            Some("the matrix is empty or its range is".to_owned())
        }
        _ => None,
    }
}

fn constraint(space: &Space, constraint: &Constraint) -> Option<String> {
    match constraint {
        Constraint::Budget(budget) if !budget.limit.is_finite() => {
            Some(format!("the limit of budget `{}` is {}", budget.resource, budget.limit))
        }
        Constraint::Budget(budget) => budget.terms.iter().find_map(|term| budget_term(space, term)),
        Constraint::Distinct { dimension, by, at_most } => discrete(space, *dimension).err().or_else(|| {
            let axes = || space.dimensions[*dimension].axes.iter().map(|axis| axis.name.as_str());
            let unknown = by.iter().find(|name| !axes().any(|axis| axis == *name));
            match unknown {
                Some(name) => Some(format!("there is no axis `{name}`{}", hint(name, axes()))),
                None => (*at_most == 0).then(|| "at most 0 distinct options leave nothing".to_owned()),
            }
        }),
        Constraint::Exactly { dimension, option, count } => {
            option_exists(space, *dimension, *option).err().or_else(|| {
                let cells = space.dimensions[*dimension].cells();
                (*count as usize > cells).then(|| format!("{count} cells of {cells} are asked for"))
            })
        }
        Constraint::Forbidden { cells } if cells.is_empty() => Some("it forbids everything".to_owned()),
        Constraint::Forbidden { cells } => cells.iter().find_map(|&(Slot { dimension, cell }, option)| {
            option_exists(space, dimension, option).err().or_else(|| {
                (cell >= space.dimensions[dimension].cells()).then(|| format!("there is no cell {cell}"))
            })
        }),
        Constraint::Ascending { dimension, along } => structure::ascending(space, *dimension, along),
        Constraint::Active { dimension, when, options } => {
            structure::active(space, *dimension, *when, options)
        }
    }
}

fn discrete(space: &Space, dimension: usize) -> Result<u32, String> {
    let found =
        space.dimensions.get(dimension).ok_or_else(|| format!("there is no dimension {dimension}"))?;
    found.domain.options().ok_or_else(|| format!("dimension `{}` is no choice or level", found.name))
}

fn dimension(space: &Space, dimension: usize) -> Result<&Dimension, String> {
    space
        .dimensions
        .get(dimension)
        .ok_or_else(|| format!("there is no dimension {dimension}, the space has {}", space.dimensions.len()))
}

fn option_exists(space: &Space, dimension: usize, option: u32) -> Result<(), String> {
    let options = discrete(space, dimension)?;
    if option < options { Ok(()) } else { Err(format!("there is no option {option} among {options}")) }
}

fn budget_term(space: &Space, term: &BudgetTerm) -> Option<String> {
    let Some(dimension) = space.dimensions.get(term.dimension) else {
        return Some(format!("there is no dimension {}", term.dimension));
    };
    let width = match &dimension.domain {
        Domain::Choice { .. } | Domain::Level { .. } => dimension.domain.options().unwrap_or(0) as usize,
        Domain::Subset { of, .. } => *of as usize,
        Domain::Int { .. } | Domain::Real { .. } => 1,
        Domain::Permutation { .. } | Domain::Affine { .. } | Domain::Matrix { .. } => {
            return Some(format!("dimension `{}` cannot carry a cost", dimension.name));
        }
    };
    let rows = term.costs.len();
    if rows != 1 && rows != dimension.cells() {
        return Some(format!("{rows} cost rows for {} cells (1 or all)", dimension.cells()));
    }
    if let Some(row) = term.costs.iter().find(|row| row.len() != width) {
        return Some(format!("a cost row has {} entries, expected {width}", row.len()));
    }
    term.costs.iter().flatten().find(|cost| !cost.is_finite()).map(|cost| format!("a cost is {cost}"))
}
