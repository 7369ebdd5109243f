//! Counting by the sums that configs reach in every budget.

use std::collections::HashMap;

use super::super::{Budget, Domain, Space};
use super::product::values;
use super::tree::{Exactly, Tally};

/// Distinct partial sums that the exact count keeps at most.
const MAX_SUMS: usize = 200_000;
/// Partial sums that it looks at in all.
const MAX_STEPS: u64 = 1 << 22;

type Sums = Vec<i64>;

/// Numbers of configs by their sums, within counted steps.
struct Counter {
    steps: u64,
}

impl Counter {
    fn step(&mut self, steps: usize) -> Option<()> {
        self.steps = self.steps.checked_sub(steps as u64)?;
        Some(())
    }
}

fn plus(sums: &[i64], added: &[i64]) -> Option<Sums> {
    sums.iter().zip(added).map(|(sum, add)| sum.checked_add(*add)).collect()
}

impl Space {
    /// Counts configs by the sums that they reach in every budget, cell by cell. Sums are rounded to the
    /// budgets' tolerance so that equal sums in another order meet. `None` when that takes too long.
    pub(super) fn count_by_sums(&self) -> Option<u128> {
        let budgets: Vec<&Budget> = self.budgets().collect();
        let unit: Vec<f64> = budgets.iter().map(|budget| budget.tolerance()).collect();
        let counter = Counter { steps: MAX_STEPS };
        let reached =
            self.count_tree(&mut BySums { space: self, budgets: &budgets, unit: &unit, counter })?;
        let slots = self.slots().count() as f64;
        let fits = |sums: &[i64]| {
            budgets
                .iter()
                .zip(&unit)
                .zip(sums)
                .all(|((budget, unit), &sum)| sum as f64 * unit <= budget.limit + unit * (1.0 + slots))
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
        counter: &mut Counter,
    ) -> Option<HashMap<Sums, u128>> {
        let rows: Vec<Vec<&[f64]>> = budgets
            .iter()
            .map(|budget| {
                let terms = budget.terms.iter().filter(|term| term.dimension == dimension);
                terms.map(|term| term.row(cell)).collect()
            })
            .collect();
        let sums = |weight: &dyn Fn(&[f64]) -> f64| -> Sums {
            let used = rows.iter().map(|rows| rows.iter().map(|row| weight(row)).sum::<f64>());
            used.zip(unit).map(|(sum, unit)| (sum / unit).round() as i64).collect()
        };
        let domain = &self.dimensions[dimension].domain;
        if rows.iter().all(Vec::is_empty) {
            return Some(HashMap::from([(vec![0; budgets.len()], values(domain)?)]));
        }
        let mut found: HashMap<Sums, u128> = HashMap::new();
        match domain {
            Domain::Choice { .. } | Domain::Level { .. } => {
                for option in 0..domain.options()? as usize {
                    counter.step(1)?;
                    *found.entry(sums(&|row| row[option])).or_insert(0) += 1;
                }
            }
            Domain::Int { min, max } if max.abs_diff(*min) < MAX_SUMS as u64 => {
                for number in *min..=*max {
                    counter.step(1)?;
                    *found.entry(sums(&|row| row[0] * number as f64)).or_insert(0) += 1;
                }
            }
            Domain::Subset { of, min, max } => {
                let element = |element: u32| sums(&|row| row[element as usize]);
                for ((size, sum), number) in subset_sums(*of, *max, sums(&|_| 0.0), element, counter)? {
                    if size >= *min {
                        let entry = found.entry(sum).or_insert(0);
                        *entry = entry.checked_add(number)?;
                    }
                }
            }
            _ => return None,
        }
        Some(found)
    }
}

/// Configs by what they use of every budget.
struct BySums<'c> {
    space: &'c Space,
    budgets: &'c [&'c Budget],
    unit: &'c [f64],
    counter: Counter,
}

impl Tally for BySums<'_> {
    type Number = HashMap<Sums, u128>;

    fn one(&self) -> Self::Number {
        HashMap::from([(vec![0; self.budgets.len()], 1)])
    }

    fn none(&self) -> Self::Number {
        HashMap::new()
    }

    fn times(&mut self, one: &Self::Number, other: &Self::Number) -> Option<Self::Number> {
        convolve(one, other, &mut self.counter)
    }

    fn plus(&mut self, one: &Self::Number, other: &Self::Number) -> Option<Self::Number> {
        self.counter.step(other.len())?;
        let mut sum = one.clone();
        for (sums, number) in other {
            let entry = sum.entry(sums.clone()).or_insert(0);
            *entry = entry.checked_add(*number)?;
        }
        (sum.len() <= MAX_SUMS).then_some(sum)
    }

    fn values(&mut self, dimension: usize, cell: usize) -> Option<Self::Number> {
        self.space.cell_sums(self.budgets, self.unit, dimension, cell, &mut self.counter)
    }

    fn option(&mut self, dimension: usize, cell: usize, option: u32) -> Option<Self::Number> {
        self.counter.step(1)?;
        let cost = |row: &[f64]| match &self.space.dimensions[dimension].domain {
            Domain::Int { min, .. } => row[0] * (*min as f64 + f64::from(option)),
            _ => row[option as usize],
        };
        let used = self.budgets.iter().map(|budget| {
            let terms = budget.terms.iter().filter(|term| term.dimension == dimension);
            terms.map(|term| cost(term.row(cell))).sum::<f64>()
        });
        let sums = used.zip(self.unit).map(|(sum, unit)| (sum / unit).round() as i64);
        Some(HashMap::from([(sums.collect(), 1)]))
    }

    /// What costs nothing is counted in one piece.
    fn ascending(&mut self, dimension: usize, count: usize) -> Option<Self::Number> {
        let mut terms = self.budgets.iter().flat_map(|budget| &budget.terms);
        if terms.any(|term| term.dimension == dimension) {
            return None;
        }
        let lists = Exactly(self.space).ascending(dimension, count)?;
        Some(HashMap::from([(vec![0; self.budgets.len()], lists)]))
    }

    fn is_even(&self, dimension: usize) -> bool {
        let terms = |number: usize| {
            let terms = self.budgets.iter().flat_map(|budget| &budget.terms);
            terms.filter(move |term| term.dimension == number)
        };
        let mut open = vec![dimension];
        // So are those about which it decides cell by cell.
        while let Some(number) = open.pop() {
            if !terms(number).all(|term| term.costs.len() == 1) {
                return false;
            }
            open.extend(self.space.decided_by(number));
        }
        true
    }
}

fn convolve(
    reached: &HashMap<Sums, u128>,
    values: &HashMap<Sums, u128>,
    counter: &mut Counter,
) -> Option<HashMap<Sums, u128>> {
    counter.step(reached.len().saturating_mul(values.len()))?;
    let mut next: HashMap<Sums, u128> = HashMap::new();
    for (sums, number) in reached {
        for (added, ways) in values {
            let entry = next.entry(plus(sums, added)?).or_insert(0);
            *entry = entry.checked_add(number.checked_mul(*ways)?)?;
        }
        if next.len() > MAX_SUMS {
            return None;
        }
    }
    Some(next)
}

/// Subsets of at most `max` elements by size and sums: dynamic programming over elements.
fn subset_sums(
    of: u32,
    max: u32,
    nothing: Sums,
    element: impl Fn(u32) -> Sums,
    counter: &mut Counter,
) -> Option<HashMap<(u32, Sums), u128>> {
    let mut reached: HashMap<(u32, Sums), u128> = HashMap::from([((0, nothing), 1)]);
    for place in 0..of {
        let cost = element(place);
        counter.step(reached.len())?;
        for ((size, sums), number) in reached.clone() {
            if size < max {
                let entry = reached.entry((size + 1, plus(&sums, &cost)?)).or_insert(0);
                *entry = entry.checked_add(number)?;
            }
        }
        if reached.len() > MAX_SUMS {
            return None;
        }
    }
    Some(reached)
}
