//! Small changes of a single cell, and the compound changes that keep structural constraints.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, IteratorRandom as _, SliceRandom as _};
use rand_distr::{Distribution as _, StandardNormal};

use super::ledger::{Change, Ledger};
use super::{Constraint, Domain, Scale, Slot, Space, Value, permutation};
use crate::rng::Rng;

/// Step of a real mutation, as a share of the range (of the logarithmic range on a log scale).
const REAL_STEP: f64 = 0.1;
/// Affine and matrix steps, as a share of the spread or range.
const COEFFICIENT_STEP: f64 = 0.25;

/// Numbers in the alternatives of one subset that are listed completely (64 MiB).
pub(super) const MOST_ALTERNATIVES: u64 = 1 << 24;
/// Numbers in those that are drawn where there are more.
const SAMPLED_ALTERNATIVES: u64 = 1 << 20;
/// Compound changes that are listed completely, and cells in all of them.
const MOST_COMPOUND: usize = 1 << 19;
/// Those that are drawn where there are more.
const SAMPLED_COMPOUND: usize = 1 << 14;

impl Domain {
    /// A uniform draw (normal around the mean for affine).
    pub fn draw(&self, random: &mut Rng) -> Value {
        match self {
            Self::Choice { .. } | Self::Level { .. } => {
                Value::Index(random.random_range(0..self.options().unwrap_or(1)))
            }
            Self::Int { min, max } => Value::Int(random.random_range(*min..=*max)),
            Self::Real { min, max, scale: Scale::Linear } => {
                // Rounding may carry the largest draws over the end.
                Value::Real(random.random_range(*min..=*max).clamp(*min, *max))
            }
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
                let draw = |_| random.random_range(*min..=*max).clamp(*min, *max);
                Value::Reals((0..rows * columns).map(draw).collect())
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
            (Self::Permutation { .. }, Value::Indices(order)) => {
                Value::Indices(permutation::step(order, random))
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
                let (down, up) = (number.saturating_sub(1), number.saturating_add(1));
                let near = [*min, *max, down, up, midpoint(*number, *min), midpoint(*number, *max)];
                let near = near.into_iter().filter(|other| other != number && (min..=max).contains(&other));
                near.collect::<BTreeSet<i64>>().into_iter().map(Value::Int).collect()
            }
            (Self::Real { min, max, .. }, Value::Real(number)) => {
                let near = [*min, *max, (number + min) / 2.0, (number + max) / 2.0];
                near.into_iter().filter(|other| other != number).map(Value::Real).collect()
            }
            (Self::Subset { of, min, max }, Value::Indices(chosen)) => {
                subset_alternatives(chosen, *of, *min, *max, random)
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
    let outside = left_out(chosen, of);
    if kind != "add" {
        next.remove(random.random_range(0..next.len()));
    }
    if kind != "drop" {
        next.extend(outside.choose(random));
    }
    next.sort_unstable();
    next
}

/// The elements that are not chosen, ascending.
pub(super) fn left_out(chosen: &[u32], of: u32) -> Vec<u32> {
    let mut outside = vec![true; of as usize];
    for &element in chosen {
        if let Some(place) = outside.get_mut(element as usize) {
            *place = false;
        }
    }
    (0..of).filter(|&element| outside[element as usize]).collect()
}

/// Numbers in all exchanges, removals and additions of `chosen` out of `of` together.
pub(super) fn subset_alternatives_size(chosen: usize, of: u32) -> u64 {
    let (chosen, of) = (chosen as u64, u64::from(of));
    (of.saturating_sub(chosen))
        .saturating_mul(chosen + 1)
        .saturating_add(chosen)
        .saturating_mul(chosen.max(1))
}

fn subset_alternatives(chosen: &[u32], of: u32, min: u32, max: u32, random: &mut Rng) -> Vec<Value> {
    let outside = left_out(chosen, of);
    let exchanged = |place: usize, element: Option<u32>| {
        let mut elements: Vec<u32> = chosen.to_vec();
        if place < elements.len() {
            elements.remove(place);
        }
        elements.extend(element);
        elements.sort_unstable();
        Value::Indices(elements)
    };
    let (can_drop, can_add) = (chosen.len() as u32 > min, (chosen.len() as u32) < max);
    if subset_alternatives_size(chosen.len(), of) > MOST_ALTERNATIVES {
        // All of them would not fit in memory: as many as do, drawn at random.
        let draws = SAMPLED_ALTERNATIVES / (chosen.len() as u64 + 1) + 1;
        return (0..draws)
            .map(|_| match random.random_range(0..4) {
                0 if can_drop => exchanged(random.random_range(0..chosen.len()), None),
                1 if can_add => exchanged(chosen.len(), outside.choose(random).copied()),
                _ if chosen.is_empty() || outside.is_empty() => Value::Indices(chosen.to_vec()),
                _ => exchanged(random.random_range(0..chosen.len()), outside.choose(random).copied()),
            })
            .collect();
    }
    let mut values = Vec::new();
    for place in 0..chosen.len() {
        values.extend(outside.iter().map(|&element| exchanged(place, Some(element))));
        if can_drop {
            values.push(exchanged(place, None));
        }
    }
    if can_add {
        values.extend(outside.iter().map(|&element| exchanged(chosen.len(), Some(element))));
    }
    values
}

impl Space {
    /// Compound changes that single cells cannot make without breaking a structural constraint: one
    /// option of a `Distinct` group recoloured into another, and two cells of an `Exactly` exchanged.
    pub(super) fn compound_changes(&self, ledger: &Ledger<'_>, random: &mut Rng) -> Vec<Change> {
        let (config, activity) = (&ledger.config, ledger.activity());
        let mut changes = Vec::new();
        for constraint in &self.constraints {
            match constraint {
                Constraint::Distinct { dimension, by, .. } => {
                    self.recolourings(*dimension, by, ledger, &mut changes, random);
                }
                Constraint::Exactly { dimension, option, .. } => {
                    let cells = &config.dimensions()[*dimension];
                    let slot = |cell| Slot { dimension: *dimension, cell };
                    let counting = (0..cells.len()).filter(|cell| activity.has(*dimension, *cell));
                    let (inside, outside): (Vec<usize>, Vec<usize>) =
                        counting.partition(|cell| cells[*cell] == Value::Index(*option));
                    let exchange = |inside: usize, outside: usize| {
                        vec![(slot(inside), cells[outside].clone()), (slot(outside), cells[inside].clone())]
                    };
                    if inside.len().saturating_mul(outside.len()) > MOST_COMPOUND {
                        let pairs = (0..SAMPLED_COMPOUND).filter_map(|_| {
                            Some(exchange(*inside.choose(random)?, *outside.choose(random)?))
                        });
                        changes.extend(pairs);
                    } else {
                        for &inside in &inside {
                            changes.extend(outside.iter().map(|&outside| exchange(inside, outside)));
                        }
                    }
                }
                Constraint::Budget(_)
                | Constraint::Forbidden { .. }
                | Constraint::Ascending { .. }
                | Constraint::Active { .. } => {}
            }
        }
        changes.shuffle(random);
        changes
    }

    fn recolourings(
        &self,
        dimension: usize,
        by: &[String],
        ledger: &Ledger<'_>,
        changes: &mut Vec<Change>,
        random: &mut Rng,
    ) {
        let cells = &ledger.config.dimensions()[dimension];
        let groups = self.dimensions[dimension].groups(by);
        let options = self.dimensions[dimension].domain.options().unwrap_or(0);
        let mut present: BTreeMap<(usize, u32), Vec<usize>> = BTreeMap::new();
        for (cell, (&group, value)) in groups.iter().zip(cells).enumerate() {
            if let Value::Index(index) = value
                && ledger.activity().has(dimension, cell)
            {
                present.entry((group, *index)).or_default().push(cell);
            }
        }
        let recoloured = |members: &[usize], to: u32| {
            members.iter().map(|&cell| (Slot { dimension, cell }, Value::Index(to))).collect()
        };
        if cells.len().saturating_mul(options as usize) > MOST_COMPOUND {
            // All of them would not fit in memory.
            let mut present: Vec<(&(usize, u32), &Vec<usize>)> = present.iter().collect();
            present.shuffle(random);
            let mut room = MOST_COMPOUND;
            for (&(_, from), members) in present {
                let Some(left) = room.checked_sub(members.len()) else { break };
                room = left;
                if let Some(to) = (0..options).filter(|to| *to != from).choose(random) {
                    changes.push(recoloured(members, to));
                }
            }
            return;
        }
        for (&(_, from), members) in &present {
            let others = (0..options).filter(|to| *to != from);
            changes.extend(others.map(|to| recoloured(members, to)));
        }
    }
}
