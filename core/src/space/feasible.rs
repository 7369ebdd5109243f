//! Feasibility: whether a config is a point of the space.

use super::active::Activity;
use super::{Config, Constraint, Domain, Space, Value, ledger};

/// Longer lists are not written out in messages.
const LONGEST_LIST: usize = 32;

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
        let activity = &self.activity(config);
        for (index, constraint) in self.constraints.iter().enumerate() {
            match constraint {
                Constraint::Budget(budget) => {
                    if !ledger::within(budget, config, activity) {
                        return Err(Violation::OverBudget {
                            resource: budget.resource.clone(),
                            unit: budget.unit.clone(),
                            used: self.used(budget, config),
                            limit: budget.limit,
                        });
                    }
                }
                other => {
                    let broken = ledger::broken(self, other, config, activity);
                    if broken > 0 {
                        let problem = self.problem(other, broken, config, activity);
                        return Err(Violation::Broken { index, problem });
                    }
                }
            }
        }
        Ok(())
    }

    /// How a constraint is broken, in words.
    fn problem(&self, constraint: &Constraint, broken: u64, config: &Config, activity: &Activity) -> String {
        let cell = |dimension: usize, cell: usize| {
            let described = &self.dimensions[dimension];
            let value = short(&config.dimensions()[dimension][cell]);
            match described.place(cell) {
                place if place.is_empty() => format!("`{}` is {value}", described.name),
                place => format!("`{}` at {place} is {value}", described.name),
            }
        };
        let more =
            |found: u64| if found > 1 { format!("; and {} more like it", found - 1) } else { String::new() };
        let first = match constraint {
            Constraint::Ascending { dimension, along } => {
                self.falling(self.along(*dimension, along), *dimension, config, activity).next().map(
                    |(low, high)| format!("{} and falls: {}", cell(*dimension, low), cell(*dimension, high)),
                )
            }
            Constraint::Active { dimension, .. } => {
                let first = self.dimensions[*dimension].domain.first();
                let cells = config.dimensions()[*dimension].iter().enumerate();
                let mut idle =
                    cells.filter(|(cell, value)| **value != first && !activity.has(*dimension, *cell));
                idle.next().map(|(place, _)| {
                    format!("{} and does not count, expected {}", cell(*dimension, place), short(&first))
                })
            }
            _ => None,
        };
        let words = constraint.in_words(&self.dimensions);
        match first {
            Some(first) => format!("{first}{}; it must be {words}", more(broken)),
            None => format!("the config misses by {broken}: {constraint}"),
        }
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
                    value: short(&cells[cell]),
                });
            }
        }
        Ok(())
    }
}

/// How far affine coefficients may be from their sum: what rounding makes of adding them up, and 1e-9 of the sum.
fn affine_tolerance(numbers: &[f64], sum: f64) -> f64 {
    (1e-9 * sum.abs().max(1.0)).max(affine_rounding(numbers) * numbers.len() as f64)
}

/// A bound on the rounding error of the sum of `numbers`, over their number (Higham 2002, §4.2, twice over).
pub(super) fn affine_rounding(numbers: &[f64]) -> f64 {
    2.0 * f64::EPSILON * numbers.iter().map(|number| number.abs()).sum::<f64>()
}

/// A value in a message.
fn short(value: &Value) -> String {
    match value {
        Value::Indices(indices) if indices.len() > LONGEST_LIST => {
            format!("a list of {} elements", indices.len())
        }
        Value::Reals(numbers) if numbers.len() > LONGEST_LIST => {
            format!("a list of {} numbers", numbers.len())
        }
        value => format!("{value:?}"),
    }
}

pub(super) fn contains(domain: &Domain, value: &Value) -> bool {
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
            let mut seen = vec![false; *of as usize];
            let mut is_new = |index: &u32| {
                seen.get_mut(*index as usize).is_some_and(|seen| !std::mem::replace(seen, true))
            };
            indices.len() == *of as usize && indices.iter().all(&mut is_new)
        }
        (Domain::Affine { of, sum, .. }, Value::Reals(numbers)) => {
            numbers.len() == *of as usize
                && numbers.iter().all(|number| number.is_finite())
                && (numbers.iter().sum::<f64>() - sum).abs() <= affine_tolerance(numbers, *sum)
        }
        (Domain::Matrix { rows, columns, min, max }, Value::Reals(numbers)) => {
            numbers.len() == *rows as usize * *columns as usize
                && numbers.iter().all(|number| within(*number, *min, *max))
        }
        _ => false,
    }
}
