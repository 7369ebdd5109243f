//! How many feasible configs a space has.

use std::collections::HashMap;

use super::{Budget, Domain, Space};

/// Distinct partial sums that the exact count keeps at most.
const MAX_SUMS: usize = 200_000;
/// Points that are listed one by one when constraints are structural.
const MAX_LISTED: u64 = 1_000_000;

/// The size of a space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Count {
    /// Exactly this many.
    Exact(u128),
    /// At most 10 to this power: constraints could not be counted in reasonable time.
    AtMost {
        /// log₁₀ of the unconstrained product.
        log10: f64,
    },
    /// A continuous dimension: not countable.
    Uncountable,
}

impl Count {
    /// log₁₀ of the number or its bound; `None` when not countable.
    pub fn log10(self) -> Option<f64> {
        match self {
            Self::Exact(number) => Some((number as f64).log10()),
            Self::AtMost { log10 } => Some(log10),
            Self::Uncountable => None,
        }
    }
}

impl Space {
    /// The number of feasible configs: exact without constraints, with budgets whose partial sums stay
    /// few (dynamic programming over sums), and in small spaces (by listing); a bound otherwise.
    pub fn count(&self) -> Count {
        let Some(log10) = self.log10_product() else { return Count::Uncountable };
        let only_budgets = self.budgets().count() == self.constraints.len();
        let exact = if only_budgets { self.count_by_sums() } else { None };
        let exact = exact.or_else(|| Some(self.enumerate(MAX_LISTED)?.count() as u128));
        exact.map_or(Count::AtMost { log10 }, Count::Exact)
    }

    fn log10_product(&self) -> Option<f64> {
        let mut sum = 0.0;
        for dimension in &self.dimensions {
            let values: f64 = match &dimension.domain {
                Domain::Choice { .. } | Domain::Level { .. } => {
                    f64::from(dimension.domain.options()?).log10()
                }
                Domain::Int { min, max } => (max.abs_diff(*min) as f64 + 1.0).log10(),
                Domain::Subset { of, min, max } => (*min..=*max)
                    .map(|size| binomial(*of, size).map_or(f64::INFINITY, |n| n as f64))
                    .sum::<f64>()
                    .log10(),
                Domain::Permutation { of } => (1..=*of).map(|factor| f64::from(factor).log10()).sum(),
                Domain::Real { .. } | Domain::Affine { .. } | Domain::Matrix { .. } => return None,
            };
            sum += values * dimension.cells() as f64;
        }
        Some(sum)
    }

    /// Counts configs by the sums that they reach in every budget, cell by cell. Sums are rounded to the
    /// budgets' tolerance so that equal sums in another order meet.
    fn count_by_sums(&self) -> Option<u128> {
        let budgets: Vec<&Budget> = self.budgets().collect();
        let unit: Vec<f64> = budgets.iter().map(|budget| budget.tolerance()).collect();
        let mut reached: HashMap<Vec<i64>, u128> = HashMap::from([(vec![0; budgets.len()], 1)]);
        for slot in self.slots() {
            let values = self.cell_sums(&budgets, &unit, slot.dimension, slot.cell)?;
            let mut next: HashMap<Vec<i64>, u128> = HashMap::new();
            for (sums, number) in &reached {
                for (added, ways) in &values {
                    let sums = sums.iter().zip(added).map(|(sum, add)| sum + add).collect();
                    let entry = next.entry(sums).or_insert(0);
                    *entry = entry.checked_add(number.checked_mul(*ways)?)?;
                }
            }
            if next.len() > MAX_SUMS {
                return None;
            }
            reached = next;
        }
        let fits = |sums: &[i64]| {
            budgets.iter().zip(&unit).zip(sums).all(|((budget, unit), &sum)| {
                sum as f64 * unit <= budget.limit + budget.tolerance() * (1.0 + self.slots().count() as f64)
            })
        };
        reached
            .iter()
            .filter(|(sums, _)| fits(sums))
            .try_fold(0_u128, |total, (_, number)| total.checked_add(*number))
    }

    /// The sums that one cell's values add, with the number of values that add each.
    fn cell_sums(
        &self,
        budgets: &[&Budget],
        unit: &[f64],
        dimension: usize,
        cell: usize,
    ) -> Option<HashMap<Vec<i64>, u128>> {
        let rows: Vec<Vec<&[f64]>> = budgets
            .iter()
            .map(|budget| {
                let terms = budget.terms.iter().filter(|term| term.dimension == dimension);
                terms.map(|term| term.row(cell)).collect()
            })
            .collect();
        let sums = |weight: &dyn Fn(&[f64]) -> f64| -> Vec<i64> {
            let used = rows.iter().map(|rows| rows.iter().map(|row| weight(row)).sum::<f64>());
            used.zip(unit).map(|(sum, unit)| (sum / unit).round() as i64).collect()
        };
        let mut values = HashMap::new();
        let mut add = |sums: Vec<i64>, ways: u128| -> Option<()> {
            let entry = values.entry(sums).or_insert(0_u128);
            *entry = entry.checked_add(ways)?;
            Some(())
        };
        match &self.dimensions[dimension].domain {
            domain @ (Domain::Choice { .. } | Domain::Level { .. }) => {
                for option in 0..domain.options()? as usize {
                    add(sums(&|row| row[option]), 1)?;
                }
            }
            Domain::Int { min, max } if rows.iter().all(Vec::is_empty) => {
                add(sums(&|_| 0.0), u128::from(max.abs_diff(*min)) + 1)?;
            }
            Domain::Int { min, max } if max.abs_diff(*min) < MAX_SUMS as u64 => {
                for number in *min..=*max {
                    add(sums(&|row| row[0] * number as f64), 1)?;
                }
            }
            Domain::Subset { of, min, max } => {
                subset_sums(*of, *min, *max, |elements| sums(elements), &mut add)?;
            }
            Domain::Permutation { of } => {
                add(sums(&|_| 0.0), (1..=u128::from(*of)).try_fold(1, u128::checked_mul)?)?
            }
            _ => return None,
        }
        Some(values)
    }
}

/// Subsets by size and sums: dynamic programming over elements.
fn subset_sums(
    of: u32,
    min: u32,
    max: u32,
    sums: impl Fn(&dyn Fn(&[f64]) -> f64) -> Vec<i64>,
    add: &mut dyn FnMut(Vec<i64>, u128) -> Option<()>,
) -> Option<()> {
    let mut reached: HashMap<(u32, Vec<i64>), u128> = HashMap::from([((0, sums(&|_| 0.0)), 1)]);
    for element in 0..of as usize {
        let cost = sums(&|row| row[element]);
        for ((size, sum), number) in reached.clone() {
            if size < max {
                let sum = sum.iter().zip(&cost).map(|(sum, cost)| sum + cost).collect();
                let entry = reached.entry((size + 1, sum)).or_insert(0);
                *entry = entry.checked_add(number)?;
            }
        }
        if reached.len() > MAX_SUMS {
            return None;
        }
    }
    reached
        .into_iter()
        .filter(|((size, _), _)| *size >= min)
        .try_for_each(|((_, sum), number)| add(sum, number))
}

fn binomial(n: u32, k: u32) -> Option<u128> {
    (0..u128::from(k.min(n - k)))
        .try_fold(1_u128, |product, i| Some(product.checked_mul(u128::from(n) - i)? / (i + 1)))
}
