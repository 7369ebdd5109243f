//! The search space of a component.

use attune_core::space::{Axis, Budget, BudgetTerm, Constraint, Dimension, Domain, Scale, Slot, Space};

use super::BadOutput;
use super::names::{name, unit};
use crate::wire;

mod open_constraint;

/// A space that makes sense.
pub(crate) fn space(space: wire::SearchSpace) -> Result<Space, BadOutput> {
    let dimensions = space.dimensions.into_iter().map(dimension).collect::<Result<_, BadOutput>>()?;
    let constraints = space.constraints.into_iter().map(constraint).collect::<Result<_, BadOutput>>()?;
    Space::new(dimensions, constraints).map_err(|error| BadOutput(error.to_string()))
}

fn dimension(dimension: wire::Dimension) -> Result<Dimension, BadOutput> {
    let domain = match dimension.domain {
        wire::Domain::Choice(options) => {
            let options = options.into_iter().map(|option| name("an option of a choice", option));
            Domain::Choice { options: options.collect::<Result<_, BadOutput>>()? }
        }
        wire::Domain::Level(levels) => Domain::Level { levels },
        wire::Domain::Int(wire::IntRange { min, max }) => Domain::Int { min, max },
        wire::Domain::Real(wire::RealDomain { min, max, scale }) => {
            let scale = match scale {
                wire::Scale::Linear => Scale::Linear,
                wire::Scale::Log => Scale::Log,
            };
            Domain::Real { min, max, scale }
        }
        wire::Domain::Subset(wire::SubsetDomain { of, min, max }) => Domain::Subset { of, min, max },
        wire::Domain::Permutation(of) => Domain::Permutation { of },
        wire::Domain::Affine(wire::AffineDomain { of, sum, spread }) => Domain::Affine { of, sum, spread },
        wire::Domain::Matrix(wire::MatrixDomain { rows, columns, min, max }) => {
            Domain::Matrix { rows, columns, min, max }
        }
        wire::Domain::Other(open) => {
            return Err(BadOutput(format!(
                "dimension `{}` has the domain `{}`, which this attune does not know; use a newer one",
                dimension.name, open.kind
            )));
        }
    };
    let axis = |axis: wire::Axis| -> Result<Axis, BadOutput> {
        Ok(Axis { name: name("an axis", axis.name)?, len: axis.len })
    };
    let axes = dimension.axes.into_iter().map(axis).collect::<Result<_, BadOutput>>()?;
    Ok(Dimension { name: name("a dimension", dimension.name)?, help: dimension.help, axes, domain })
}

fn constraint(constraint: wire::Constraint) -> Result<Constraint, BadOutput> {
    Ok(match constraint {
        wire::Constraint::Budget(budget) => Constraint::Budget(Budget {
            resource: name("a resource", budget.resource)?,
            unit: unit(budget.unit)?,
            limit: budget.limit,
            terms: budget.terms.into_iter().map(budget_term).collect(),
        }),
        wire::Constraint::Distinct(wire::Distinct { dimension, by, at_most }) => {
            Constraint::Distinct { dimension: dimension as usize, by, at_most }
        }
        wire::Constraint::Exactly(wire::Exactly { dimension, option, count }) => {
            Constraint::Exactly { dimension: dimension as usize, option, count }
        }
        wire::Constraint::Forbidden(cells) => {
            let cell = |(slot, option): (wire::Slot, u32)| {
                (Slot { dimension: slot.dimension as usize, cell: slot.cell as usize }, option)
            };
            Constraint::Forbidden { cells: cells.into_iter().map(cell).collect() }
        }
        wire::Constraint::Other(open) => open_constraint::read(open)?,
    })
}

fn budget_term(term: wire::BudgetTerm) -> BudgetTerm {
    BudgetTerm { dimension: term.dimension as usize, costs: term.costs }
}
