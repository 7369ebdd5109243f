//! Whether a config is a point of the space.

use std::collections::BTreeSet;

use super::{Config, Constraint, Domain, Space, Value, ledger};

/// Why a config is not a point of the space.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Violation {
    /// Not as many dimensions, or cells in a dimension, as the space has.
    #[error("the config has {found} {what}, expected {expected}")]
    Shape {
        /// `dimensions`, or `cells in `name``.
        what: String,
        /// What was found.
        found: usize,
        /// What was expected.
        expected: usize,
    },
    /// A value outside its domain.
    #[error("dimension `{dimension}`, {place}: {value} is not in its domain")]
    OutOfDomain {
        /// The dimension.
        dimension: String,
        /// The cell, in words.
        place: String,
        /// What was found.
        value: String,
    },
    /// A budget is exceeded.
    #[error("budget `{resource}`: {used} {unit} used, at most {limit} allowed")]
    OverBudget {
        /// The resource.
        resource: String,
        /// Its unit.
        unit: String,
        /// What the config uses.
        used: f64,
        /// What it may use.
        limit: f64,
    },
    /// Another constraint is broken.
    #[error("constraint {index} is broken: {problem}")]
    Broken {
        /// Its position.
        index: usize,
        /// How.
        problem: String,
    },
}

impl Space {
    /// Checks that `config` is a canonical, feasible point.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn check(&self, config: &Config) -> Result<(), Violation> {
        self.check_domains(config)?;
        for (index, constraint) in self.constraints.iter().enumerate() {
            match constraint {
                Constraint::Budget(budget) => {
                    let used = ledger::used(budget, config);
                    if used > budget.limit + budget.tolerance() {
                        return Err(Violation::OverBudget {
                            resource: budget.resource.clone(),
                            unit: budget.unit.clone(),
                            used,
                            limit: budget.limit,
                        });
                    }
                }
                other => {
                    let broken = ledger::broken(self, other, config);
                    if broken > 0 {
                        let problem = format!("{other:?} misses by {broken}");
                        return Err(Violation::Broken { index, problem });
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks shape and domains only, as for a baseline that may exceed a budget.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn check_domains(&self, config: &Config) -> Result<(), Violation> {
        let shape = |what: String, found, expected| Violation::Shape { what, found, expected };
        if config.dimensions().len() != self.dimensions.len() {
            let found = config.dimensions().len();
            return Err(shape("dimensions".to_owned(), found, self.dimensions.len()));
        }
        for (dimension, cells) in self.dimensions.iter().zip(config.dimensions()) {
            if cells.len() != dimension.cells() {
                let what = format!("cells in `{}`", dimension.name);
                return Err(shape(what, cells.len(), dimension.cells()));
            }
            if let Some(cell) = cells.iter().position(|value| !contains(&dimension.domain, value)) {
                return Err(Violation::OutOfDomain {
                    dimension: dimension.name.clone(),
                    place: dimension.place(cell),
                    value: format!("{:?}", cells[cell]),
                });
            }
        }
        Ok(())
    }
}

fn contains(domain: &Domain, value: &Value) -> bool {
    let within = |number: f64, min: f64, max: f64| min <= number && number <= max;
    match (domain, value) {
        (Domain::Choice { .. } | Domain::Level { .. }, Value::Index(index)) => {
            domain.options().is_some_and(|options| *index < options)
        }
        (Domain::Int { min, max }, Value::Int(number)) => (min..=max).contains(&number),
        (Domain::Real { min, max, .. }, Value::Real(number)) => within(*number, *min, *max),
        (Domain::Subset { of, min, max }, Value::Indices(indices)) => {
            (*min..=*max).contains(&(indices.len() as u32))
                && indices.windows(2).all(|pair| pair[0] < pair[1])
                && indices.iter().all(|index| index < of)
        }
        (Domain::Permutation { of }, Value::Indices(indices)) => {
            indices.len() == *of as usize
                && indices.iter().copied().collect::<BTreeSet<u32>>() == (0..*of).collect()
        }
        (Domain::Affine { of, sum, .. }, Value::Reals(numbers)) => {
            numbers.len() == *of as usize
                && numbers.iter().all(|number| number.is_finite())
                && (numbers.iter().sum::<f64>() - sum).abs() <= 1e-9 * sum.abs().max(1.0)
        }
        (Domain::Matrix { rows, columns, min, max }, Value::Reals(numbers)) => {
            numbers.len() == (*rows * *columns) as usize
                && numbers.iter().all(|number| within(*number, *min, *max))
        }
        _ => false,
    }
}
