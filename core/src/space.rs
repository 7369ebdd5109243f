//! Search spaces: typed dimensions in arrays with named axes, hard constraints, and operators that
//! never leave the feasible set.
//!
//! A [`Space`] is a list of [`Dimension`]s (each an array of cells of one [`Domain`]) and a list of
//! [`Constraint`]s. A [`Config`] is one point. Constraints are hard: sampling, mutation, crossover and
//! repair return feasible, canonical configs or say that there are none; nothing is ever penalised.

mod active;
mod canonical;
mod computable;
mod condition;
mod config;
mod constraint;
mod count;
mod dimension;
mod enumerate;
mod error;
mod exact_sum;
mod feasible;
mod fingerprint;
mod ledger;
mod moves;
mod operators;
mod order;
mod permutation;
mod repair;
mod slot;
mod spend_down;
mod structure;
mod validate;
mod work;

pub use condition::{ActiveCondition, CountingCells, counting};
pub use config::{Config, Value};
pub use constraint::{Budget, BudgetTerm, Constraint};
pub use count::Count;
pub use dimension::{Axis, Dimension, Domain, Scale};
pub use error::SpaceError;
pub use feasible::Violation;
pub use repair::Infeasible;
pub use slot::Slot;
pub use work::Work as RepairWork;

/// A validated search space.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    dimensions: Vec<Dimension>,
    constraints: Vec<Constraint>,
    structure: structure::Structure,
}

impl Space {
    /// Checks that dimensions and constraints make sense together.
    ///
    /// # Errors
    /// [`SpaceError`], naming the dimension or constraint. An empty feasible set is found by
    /// [`Space::sample`], not here.
    pub fn new(dimensions: Vec<Dimension>, constraints: Vec<Constraint>) -> Result<Self, SpaceError> {
        let mut space = Self { dimensions, constraints, structure: structure::Structure::default() };
        validate::space(&space)?;
        space.structure = validate::structure(&space)?;
        Ok(space)
    }

    /// The product of these dimensions, without constraints.
    ///
    /// # Errors
    /// As [`Space::new`].
    pub fn of(dimensions: impl IntoIterator<Item = Dimension>) -> Result<Self, SpaceError> {
        Self::new(dimensions.into_iter().collect(), Vec::new())
    }

    /// The dimensions, in order.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The constraints.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// The linear budgets among the constraints.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Budget(budget) => Some(budget),
            _ => None,
        })
    }

    /// All cells of all dimensions, in order.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.dimensions.iter().enumerate().flat_map(|(dimension, described)| {
            (0..described.cells()).map(move |cell| Slot { dimension, cell })
        })
    }
}
