//! A generated problem: a space, and a formula over it that a few lines of any language compute.

use std::sync::Arc;

use attune_core::space::{
    Axis, Budget, BudgetTerm, Config, Constraint, Dimension, Domain, Space, SpaceError, Value,
};
use serde::{Deserialize, Serialize};

/// What is written as JSON, and all that the peers' script knows.
#[derive(Serialize, Deserialize)]
pub(crate) struct Problem {
    /// `choices-pairs-1`; the instances of one name differ in `seed`.
    pub(crate) name: String,
    /// Of the generator, and of whoever searches it.
    pub(crate) seed: u64,
    pub(crate) variables: Variables,
    /// Costs of every cell's options, and the largest allowed sum.
    pub(crate) budget: Option<(Vec<Vec<f64>>, f64)>,
    pub(crate) loss: Loss,
    /// The loss is rounded down to a multiple of this, where it is above 0.
    pub(crate) step: f64,
    /// Standard deviation of what every evaluation adds to the loss.
    pub(crate) noise: f64,
    /// Evaluations after which searches are looked at, ascending.
    pub(crate) looks: Vec<usize>,
    /// Mean loss of random points: what a gap is measured in.
    pub(crate) random: f64,
    /// Points with their losses, so that another program can tell whether it computes the same.
    pub(crate) samples: Vec<(Vec<f64>, f64)>,
}

/// The cells of a problem. A point is one list of numbers, cell after cell.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Variables {
    /// Unordered options; a number per cell.
    Choice { cells: u32, options: u32 },
    /// Ordered levels; the position of one per cell.
    Level { cells: u32, levels: Vec<f64> },
    /// `pick` elements of `of`; `of` numbers per cell, 1 where the element is picked.
    Subset { cells: u32, of: u32, pick: u32 },
    /// Which element stands in every place.
    Permutation { of: u32 },
    /// Coefficients with a sum.
    Affine { of: u32, sum: f64, spread: f64 },
}

/// A loss without noise. Smaller is better.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Loss {
    /// `Σ unary[i][xᵢ] + Σ table[xₐ][x_b]`, the pairs by their two places.
    Tables { unary: Vec<Vec<f64>>, pairs: Vec<(usize, usize, Vec<Vec<f64>>)> },
    /// Per block 0 where all its places hit their target, else `(1 + hits) / places`: a trap (Deb & Goldberg 1993).
    Traps { blocks: Vec<Vec<(usize, usize)>> },
    /// `Σ weightₖ zₖ²` with `z = rows · (x − centre)`.
    Quadratic { rows: Vec<Vec<f64>>, centre: Vec<f64>, weights: Vec<f64> },
    /// `Σ (zₖ² + 10 (1 − cos 2π zₖ))` with `z = scale · rows · (x − centre)` (Rastrigin 1974).
    Waves { rows: Vec<Vec<f64>>, centre: Vec<f64>, scale: f64 },
}

impl Problem {
    pub(crate) fn space(&self) -> Result<Arc<Space>, SpaceError> {
        let (domain, cells) = match &self.variables {
            Variables::Choice { cells, options } => {
                let options = (0..*options).map(|option| option.to_string()).collect();
                (Domain::Choice { options }, *cells)
            }
            Variables::Level { cells, levels } => (Domain::Level { levels: levels.clone() }, *cells),
            Variables::Subset { cells, of, pick } => {
                (Domain::Subset { of: *of, min: *pick, max: *pick }, *cells)
            }
            Variables::Permutation { of } => (Domain::Permutation { of: *of }, 1),
            Variables::Affine { of, sum, spread } => {
                (Domain::Affine { of: *of, sum: *sum, spread: *spread }, 1)
            }
        };
        let dimension = Dimension {
            name: "x".to_owned(),
            help: String::new(),
            axes: vec![Axis::new("cell", cells)],
            domain,
        };
        let budget = self.budget.iter().map(|(costs, limit)| {
            let terms = vec![BudgetTerm { dimension: 0, costs: costs.clone() }];
            Constraint::Budget(Budget {
                resource: "cost".to_owned(),
                unit: "units".to_owned(),
                limit: *limit,
                terms,
            })
        });
        Space::new(vec![dimension], budget.collect()).map(Arc::new)
    }

    /// A config as one list of numbers.
    pub(crate) fn point(&self, config: &Config) -> Vec<f64> {
        let mut point = Vec::new();
        for value in config.dimensions().iter().flatten() {
            match (value, &self.variables) {
                (Value::Index(index), _) => point.push(f64::from(*index)),
                (Value::Indices(picked), Variables::Subset { of, .. }) => {
                    point.extend((0..*of).map(|element| f64::from(u8::from(picked.contains(&element)))));
                }
                (Value::Indices(order), _) => point.extend(order.iter().map(|element| f64::from(*element))),
                (Value::Reals(numbers), _) => point.extend(numbers),
                (Value::Int(number), _) => point.push(*number as f64),
                (Value::Real(number), _) => point.push(*number),
            }
        }
        point
    }

    /// The loss without noise.
    pub(crate) fn loss(&self, point: &[f64]) -> f64 {
        let loss = self.loss.of(point);
        if self.step > 0.0 { (loss / self.step).floor() * self.step } else { loss }
    }
}

impl Loss {
    pub(crate) fn of(&self, point: &[f64]) -> f64 {
        match self {
            Self::Tables { unary, pairs } => {
                let alone: f64 = unary.iter().zip(point).map(|(row, x)| row[*x as usize]).sum();
                let together: f64 =
                    pairs.iter().map(|(a, b, table)| table[point[*a] as usize][point[*b] as usize]).sum();
                alone + together
            }
            Self::Traps { blocks } => {
                let of = |block: &Vec<(usize, usize)>| {
                    let hits =
                        block.iter().filter(|(place, target)| point[*place] as usize == *target).count();
                    if hits == block.len() { 0.0 } else { (1.0 + hits as f64) / block.len() as f64 }
                };
                blocks.iter().map(of).sum()
            }
            Self::Quadratic { rows, centre, weights } => {
                turned(rows, centre, point).zip(weights).map(|(z, weight)| weight * z * z).sum()
            }
            Self::Waves { rows, centre, scale } => {
                let wave = |z: f64| {
                    let z = scale * z;
                    z * z + 10.0 * (1.0 - (std::f64::consts::TAU * z).cos())
                };
                turned(rows, centre, point).map(wave).sum()
            }
        }
    }
}

fn turned<'a>(rows: &'a [Vec<f64>], centre: &'a [f64], point: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    rows.iter().map(move |row| row.iter().zip(point.iter().zip(centre)).map(|(r, (x, c))| r * (x - c)).sum())
}
