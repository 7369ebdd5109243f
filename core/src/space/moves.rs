//! Small changes of a single cell, and the compound changes that keep structural constraints.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _, SliceRandom as _};
use rand_distr::{Distribution as _, StandardNormal};

use super::ledger::Change;
use super::{Config, Constraint, Domain, Scale, Slot, Space, Value};
use crate::rng::Rng;

/// Step of a real mutation, as a share of the range (of the logarithmic range on a log scale).
const REAL_STEP: f64 = 0.1;
/// Affine and matrix steps, as a share of the spread or range.
const COEFFICIENT_STEP: f64 = 0.25;

impl Domain {
    /// A uniform draw (normal around the mean for affine).
    pub fn draw(&self, random: &mut Rng) -> Value {
        match self {
            Self::Choice { .. } | Self::Level { .. } => {
                Value::Index(random.random_range(0..self.options().unwrap_or(1)))
            }
            Self::Int { min, max } => Value::Int(random.random_range(*min..=*max)),
            Self::Real { min, max, scale: Scale::Linear } => Value::Real(random.random_range(*min..=*max)),
            Self::Real { min, max, scale: Scale::Log } => {
                Value::Real(random.random_range(min.ln()..=max.ln()).exp().clamp(*min, *max))
            }
            Self::Subset { of, min, max } => {
                let size = random.random_range(*min..=*max) as usize;
                let mut chosen = (0..*of).sample(random, size);
                chosen.sort_unstable();
                Value::Indices(chosen)
            }
            Self::Permutation { of } => {
                let mut order: Vec<u32> = (0..*of).collect();
                order.shuffle(random);
                Value::Indices(order)
            }
            Self::Affine { of, sum, spread } => {
                let noise: Vec<f64> = (0..*of).map(|_| normal(random) * spread).collect();
                let mean = noise.iter().sum::<f64>() / f64::from(*of);
                Value::Reals(noise.iter().map(|value| sum / f64::from(*of) + value - mean).collect())
            }
            Self::Matrix { rows, columns, min, max } => {
                Value::Reals((0..rows * columns).map(|_| random.random_range(*min..=*max)).collect())
            }
        }
    }

    /// A small random step from `value`; the same value only where the domain has no other.
    pub fn step(&self, value: &Value, random: &mut Rng) -> Value {
        match (self, value) {
            (Self::Level { levels }, Value::Index(index)) => {
                Value::Index(neighbour(i64::from(*index), 0, levels.len() as i64 - 1, random) as u32)
            }
            (Self::Choice { options }, Value::Index(index)) => {
                let others = (0..options.len() as u32).filter(|option| option != index);
                Value::Index(others.choose(random).unwrap_or(*index))
            }
            (Self::Int { min, max }, Value::Int(number)) => {
                Value::Int(neighbour(*number, *min, *max, random))
            }
            (Self::Real { min, max, scale: Scale::Linear }, Value::Real(number)) => {
                Value::Real((number + normal(random) * REAL_STEP * (max - min)).clamp(*min, *max))
            }
            (Self::Real { min, max, scale: Scale::Log }, Value::Real(number)) => {
                let range = (max / min).ln();
                Value::Real((number.ln() + normal(random) * REAL_STEP * range).exp().clamp(*min, *max))
            }
            (Self::Subset { of, min, max }, Value::Indices(chosen)) => {
                Value::Indices(subset_step(chosen, *of, *min, *max, random))
            }
            (Self::Permutation { of }, Value::Indices(order)) => {
                let mut order = order.clone();
                if *of > 1 {
                    let first = random.random_range(0..order.len());
                    let second = (first + random.random_range(1..order.len())) % order.len();
                    order.swap(first, second);
                }
                Value::Indices(order)
            }
            (Self::Affine { of, spread, .. }, Value::Reals(numbers)) => {
                let mut numbers = numbers.clone();
                if *of > 1 {
                    let step = normal(random) * COEFFICIENT_STEP * spread;
                    let first = random.random_range(0..numbers.len());
                    let second = (first + random.random_range(1..numbers.len())) % numbers.len();
                    numbers[first] += step;
                    numbers[second] -= step;
                }
                Value::Reals(numbers)
            }
            (Self::Matrix { min, max, .. }, Value::Reals(numbers)) => {
                let mut numbers = numbers.clone();
                let place = random.random_range(0..numbers.len());
                let step = normal(random) * COEFFICIENT_STEP * (max - min);
                numbers[place] = (numbers[place] + step).clamp(*min, *max);
                Value::Reals(numbers)
            }
            _ => value.clone(),
        }
    }

    /// Every value that a repair may try instead of `value`, in random order.
    pub(super) fn alternatives(&self, value: &Value, random: &mut Rng) -> Vec<Value> {
        let mut values = match (self, value) {
            (Self::Choice { .. } | Self::Level { .. }, Value::Index(index)) => {
                let options = 0..self.options().unwrap_or(0);
                options.filter(|option| option != index).map(Value::Index).collect()
            }
            (Self::Int { min, max }, Value::Int(number)) => {
                // Both ends, the neighbours and points half-way: reaches every value in log steps.
                let near =
                    [*min, *max, number - 1, number + 1, midpoint(*number, *min), midpoint(*number, *max)];
                let near = near.into_iter().filter(|other| other != number && (min..=max).contains(&other));
                near.collect::<BTreeSet<i64>>().into_iter().map(Value::Int).collect()
            }
            (Self::Real { min, max, .. }, Value::Real(number)) => {
                let near = [*min, *max, (number + min) / 2.0, (number + max) / 2.0];
                near.into_iter().filter(|other| other != number).map(Value::Real).collect()
            }
            (Self::Subset { of, min, max }, Value::Indices(chosen)) => {
                subset_alternatives(chosen, *of, *min, *max)
            }
            // These carry no cost and no option, so no constraint can ask for another value.
            _ => Vec::new(),
        };
        values.shuffle(random);
        values
    }
}

fn normal(random: &mut Rng) -> f64 {
    StandardNormal.sample(random)
}

fn midpoint(from: i64, to: i64) -> i64 {
    // `i128`: the sum of two `i64` may not fit.
    ((i128::from(from) + i128::from(to)).div_euclid(2)) as i64
}

/// One step up or down, or (one time in four) any other value.
fn neighbour(value: i64, min: i64, max: i64, random: &mut Rng) -> i64 {
    if min == max {
        return value;
    }
    if random.random_range(0..4) == 0 {
        let other = random.random_range(min..max);
        return if other >= value { other + 1 } else { other };
    }
    let up = value < max && (value == min || random.random());
    if up { value + 1 } else { value - 1 }
}

fn subset_step(chosen: &[u32], of: u32, min: u32, max: u32, random: &mut Rng) -> Vec<u32> {
    let size = chosen.len() as u32;
    let mut kinds = Vec::new();
    if size > 0 && size < of {
        // Exchanging is twice as likely as changing the size.
        kinds.extend(["exchange", "exchange"]);
    }
    if size > min {
        kinds.push("drop");
    }
    if size < max {
        kinds.push("add");
    }
    let Some(&kind) = kinds.choose(random) else { return chosen.to_vec() };
    let mut next = chosen.to_vec();
    let outside: Vec<u32> = (0..of).filter(|element| !chosen.contains(element)).collect();
    if kind != "add" {
        next.remove(random.random_range(0..next.len()));
    }
    if kind != "drop" {
        next.extend(outside.choose(random));
    }
    next.sort_unstable();
    next
}

fn subset_alternatives(chosen: &[u32], of: u32, min: u32, max: u32) -> Vec<Value> {
    let outside: Vec<u32> = (0..of).filter(|element| !chosen.contains(element)).collect();
    let mut values = Vec::new();
    let mut push = |mut elements: Vec<u32>| {
        elements.sort_unstable();
        values.push(Value::Indices(elements));
    };
    for (place, _) in chosen.iter().enumerate() {
        let mut rest = chosen.to_vec();
        rest.remove(place);
        for &element in &outside {
            push(rest.iter().copied().chain([element]).collect());
        }
        if chosen.len() as u32 > min {
            push(rest);
        }
    }
    if (chosen.len() as u32) < max {
        for &element in &outside {
            push(chosen.iter().copied().chain([element]).collect());
        }
    }
    values
}

impl Space {
    /// Compound changes that single cells cannot make without breaking a structural constraint: one
    /// option of a `Distinct` group recoloured into another, and two cells of an `Exactly` exchanged.
    pub(super) fn compound_changes(&self, config: &Config, random: &mut Rng) -> Vec<Change> {
        let mut changes = Vec::new();
        for constraint in &self.constraints {
            match constraint {
                Constraint::Distinct { dimension, by, .. } => {
                    self.recolourings(*dimension, by, config, &mut changes);
                }
                Constraint::Exactly { dimension, option, .. } => {
                    let cells = &config.dimensions()[*dimension];
                    let slot = |cell| Slot { dimension: *dimension, cell };
                    let has = |cell: &usize| cells[*cell] == Value::Index(*option);
                    for inside in (0..cells.len()).filter(has) {
                        for outside in (0..cells.len()).filter(|cell| !has(cell)) {
                            changes.push(vec![
                                (slot(inside), cells[outside].clone()),
                                (slot(outside), cells[inside].clone()),
                            ]);
                        }
                    }
                }
                Constraint::Budget(_) | Constraint::Forbidden { .. } => {}
            }
        }
        changes.shuffle(random);
        changes
    }

    fn recolourings(&self, dimension: usize, by: &[String], config: &Config, changes: &mut Vec<Change>) {
        let cells = &config.dimensions()[dimension];
        let groups = self.dimensions[dimension].groups(by);
        let options = self.dimensions[dimension].domain.options().unwrap_or(0);
        let present: BTreeSet<(usize, u32)> = groups
            .iter()
            .zip(cells)
            .filter_map(|(&group, value)| match value {
                Value::Index(index) => Some((group, *index)),
                _ => None,
            })
            .collect();
        for (group, from) in present {
            for to in (0..options).filter(|to| *to != from) {
                let members = (0..cells.len())
                    .filter(|&cell| groups[cell] == group && cells[cell] == Value::Index(from));
                changes.push(members.map(|cell| (Slot { dimension, cell }, Value::Index(to))).collect());
            }
        }
    }
}
