//! EEP's operators on groups of expert coefficients.

use std::sync::Arc;

use attune_core::rng::Rng;
use attune_core::space::{Config, Domain, RepairWork, Space, Value};
use rand::RngExt as _;
use rand::seq::IteratorRandom as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::{Variation, VariationError};

/// A cell changes with this probability, at least one does.
const CELL: f64 = 0.25;
/// An element of a subset is exchanged with this probability.
const ELEMENT: f64 = 0.15;
/// A coefficient takes a step with this probability, of this standard deviation.
const COEFFICIENT: f64 = 0.25;
const STEP: f64 = 0.065;
/// A row (or a whole cell that does not change) comes from the first parent with this probability.
const FIRST: f64 = 0.6;
/// Rows of a matrix are divided by their sum with this probability.
const NORMALISE: f64 = 0.1;

/// Mutation and crossover of EEP (arXiv 2407.00945, §3.3, with the constants of its released configuration): exchanges
/// in subsets, Gaussian steps in matrices and coefficients; other domains take the step of their domain.
pub struct GroupChange(Arc<Space>);

impl GroupChange {
    /// The operator on `space`.
    pub fn new(space: Arc<Space>) -> Self {
        Self(space)
    }

    fn changed(&self, random: &mut Rng) -> Vec<bool> {
        let cells = self.0.slots().count();
        loop {
            let changed: Vec<bool> = (0..cells).map(|_| random.random_bool(CELL)).collect();
            if cells == 0 || changed.contains(&true) {
                return changed;
            }
        }
    }
}

impl Variation for GroupChange {
    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        let [first, rest @ ..] = parents else { return Err(VariationError::NoParents) };
        let mut child = (*first).clone();
        let changed = self.changed(random);
        for (slot, changed) in self.0.slots().zip(changed) {
            let domain = &self.0.dimensions()[slot.dimension].domain;
            if let Some(second) = rest.first() {
                child.set(slot, cross(domain, first.get(slot), second.get(slot), changed, random));
            }
            if changed {
                let value = mutated(domain, child.get(slot), random);
                child.set(slot, value);
            }
        }
        if random.random_bool(NORMALISE) {
            for slot in self.0.slots() {
                let value = normalised(&self.0.dimensions()[slot.dimension].domain, child.get(slot));
                child.set(slot, value);
            }
        }
        let child = self.0.followed(first, child, random);
        Ok(self.0.repair_counted(child, &[], random, spent)?)
    }
}

fn cross(domain: &Domain, first: &Value, second: &Value, changed: bool, random: &mut Rng) -> Value {
    let width = match domain {
        Domain::Matrix { columns, .. } => *columns as usize,
        _ => 1,
    };
    match (first, second) {
        (Value::Reals(a), Value::Reals(b)) if changed => {
            let rows = a.chunks(width).zip(b.chunks(width));
            let row = |(a, b)| if random.random_bool(FIRST) { a } else { b };
            Value::Reals(rows.flat_map(row).copied().collect())
        }
        _ => if random.random_bool(FIRST) { first } else { second }.clone(),
    }
}

fn mutated(domain: &Domain, value: &Value, random: &mut Rng) -> Value {
    match (domain, value) {
        (Domain::Subset { of, .. }, Value::Indices(elements)) => {
            let mut elements = elements.clone();
            for place in 0..elements.len() {
                if random.random_bool(ELEMENT) {
                    let unused = (0..*of).filter(|element| !elements.contains(element));
                    elements[place] = unused.choose(random).unwrap_or(elements[place]);
                }
            }
            Value::Indices(elements)
        }
        (Domain::Matrix { .. } | Domain::Affine { .. }, Value::Reals(numbers)) => {
            let (min, max) = bounds(domain);
            let step = |number: &f64| {
                let draw: f64 = StandardNormal.sample(random);
                if random.random_bool(COEFFICIENT) { (number + STEP * draw).clamp(min, max) } else { *number }
            };
            Value::Reals(numbers.iter().map(step).collect())
        }
        _ => domain.step(value, random),
    }
}

fn normalised(domain: &Domain, value: &Value) -> Value {
    let (Domain::Matrix { columns, .. }, Value::Reals(numbers)) = (domain, value) else {
        return value.clone();
    };
    let (min, max) = bounds(domain);
    let row = |row: &[f64]| {
        let sum: f64 = row.iter().sum();
        // A sum of nearly nothing has no scale to divide by.
        let sum = if sum.abs() > 1e-6 { sum } else { 1.0 };
        row.iter().map(|number| (number / sum).clamp(min, max)).collect::<Vec<f64>>()
    };
    Value::Reals(numbers.chunks(*columns as usize).flat_map(row).collect())
}

fn bounds(domain: &Domain) -> (f64, f64) {
    match domain {
        Domain::Matrix { min, max, .. } => (*min, *max),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}
