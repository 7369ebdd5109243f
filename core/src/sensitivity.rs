//! Sensitivity tables: what every option does to the loss on its own.
//!
//! One slot at a time leaves a reference config, and the change of the losses is the damage of the option. Added up
//! over slots, damages predict the loss of any config as far as slots do not interact; the answer of a
//! profiling search is therefore always validated by real evaluation. The elements of a subset are
//! damages of their own: what *picking* the element adds (usually less than nothing).

mod doubt;
mod given;
mod measured;
mod probing;

use std::collections::BTreeMap;

pub use given::GivenTable;
pub use measured::{MeasuredTable, Origin, Told};
pub use probing::{NoReference, PILOTS, Probing};

use crate::space::{Config, Domain, Slot, Space, Value};

/// Numbers in all configs of a table together: a gigabyte or so, with the plans that become of them.
const MOST_NUMBERS: u64 = 1 << 23;

/// A space of which no table can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTable {
    /// A dimension that has no options to measure one by one.
    #[error(
        "dimension `{dimension}` has no options that could be measured one by one; a sensitivity table needs choices, \
         levels or subsets"
    )]
    NoOptions {
        /// Its name.
        dimension: String,
    },
    /// Cells that cannot change one by one.
    #[error(
        "cells of this space cannot be measured one by one, because of a constraint ({constraint}); search it without a \
         sensitivity table, as `evolution` does"
    )]
    Constraint {
        /// The constraint, in words.
        constraint: String,
    },
    /// More than anybody would measure.
    #[error(
        "a sensitivity table of this space takes {choices} configs of {numbers} numbers each, at most {MOST_NUMBERS} numbers in \
         all of them are kept"
    )]
    TooLarge {
        /// Options and elements of all cells.
        choices: u64,
        /// Numbers of one config.
        numbers: u64,
    },
}

/// Refuses a space of which no table can be made, before anything is kept.
fn can_be_measured(space: &Space) -> Result<(), NoTable> {
    if let Some(constraint) = space.constraints().iter().find(|constraint| constraint.is_structure()) {
        return Err(NoTable::Constraint { constraint: constraint.in_words(space.dimensions()) });
    }
    let mut choices = 0_u64;
    for dimension in space.dimensions() {
        let options = match &dimension.domain {
            Domain::Choice { .. } | Domain::Level { .. } => dimension.domain.options(),
            Domain::Subset { of, .. } => Some(*of),
            _ => None,
        };
        let options = options.ok_or_else(|| NoTable::NoOptions { dimension: dimension.name.clone() })?;
        choices = choices.saturating_add(u64::from(options).saturating_mul(dimension.cells() as u64));
    }
    let numbers = space.numbers();
    if choices.saturating_mul(numbers) > MOST_NUMBERS {
        return Err(NoTable::TooLarge { choices, numbers });
    }
    Ok(())
}

/// The options of a cell, or the elements of a subset; 0 for what has no table.
pub fn choices(domain: &Domain) -> u32 {
    match domain {
        Domain::Subset { of, .. } => *of,
        domain => domain.options().unwrap_or(0),
    }
}

/// One config to evaluate for a table. It is a point of the domains but usually breaks a budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The slot that leaves the reference.
    pub slot: Slot,
    /// The option, or the element, whose damage it shows.
    pub option: u32,
    /// The reference except in that slot.
    pub config: Config,
}

/// The config that probes leave: the highest level, the option that costs the budgets most, as many elements as
/// allowed. Where these do not decide, the option or elements of `preferred`, else the first.
///
/// # Errors
/// [`NoTable`].
pub fn reference(space: &Space, preferred: Option<&Config>) -> Result<Config, NoTable> {
    can_be_measured(space)?;
    let preferred = preferred.filter(|config| space.check_domains(config).is_ok());
    let mut config = Vec::new();
    for (dimension, described) in space.dimensions().iter().enumerate() {
        let value = |cell| {
            let slot = Slot { dimension, cell };
            let liked = preferred.map(|config| config.get(slot));
            match &described.domain {
                Domain::Level { levels } => Ok(Value::Index(levels.len().saturating_sub(1) as u32)),
                Domain::Choice { options } => Ok(Value::Index(costliest(space, slot, options.len(), liked))),
                Domain::Subset { of, max, .. } => {
                    let liked = match liked {
                        Some(Value::Indices(elements)) => elements.as_slice(),
                        _ => &[],
                    };
                    let others = (0..*of).filter(|element| !liked.contains(element));
                    let mut elements: Vec<u32> = liked.iter().copied().chain(others).collect();
                    elements.truncate(*max as usize);
                    elements.sort_unstable();
                    Ok(Value::Indices(elements))
                }
                _ => Err(NoTable::NoOptions { dimension: described.name.clone() }),
            }
        };
        config.push((0..described.cells()).map(value).collect::<Result<Vec<Value>, NoTable>>()?);
    }
    Ok(Config::new(config))
}

/// The option that uses the budgets most; the liked one, or the first, among equals.
fn costliest(space: &Space, slot: Slot, options: usize, liked: Option<&Value>) -> u32 {
    let share = |option: usize| -> f64 {
        let terms = space.budgets().flat_map(|budget| {
            let scale = budget.limit.abs().max(1e-12);
            budget.terms.iter().map(move |term| (term, scale))
        });
        let here = terms.filter(|(term, _)| term.dimension == slot.dimension);
        here.map(|(term, scale)| term.row(slot.cell)[option] / scale).sum()
    };
    let liked = match liked {
        Some(Value::Index(option)) => *option as usize,
        _ => 0,
    };
    let most = (0..options).map(share).fold(f64::NEG_INFINITY, f64::max);
    let first = (0..options).find(|option| share(*option) >= most);
    (if share(liked) >= most { liked } else { first.unwrap_or(0) }) as u32
}

/// The configs to evaluate, besides the reference itself.
///
/// # Errors
/// [`NoTable`].
pub fn probes(space: &Space, reference: &Config) -> Result<Vec<Probe>, NoTable> {
    can_be_measured(space)?;
    Ok(space.slots().flat_map(|slot| probes_of(space, reference, slot)).collect())
}

/// Those of one cell.
fn probes_of(space: &Space, reference: &Config, slot: Slot) -> Vec<Probe> {
    let probe = |option: u32, value: Value| {
        let mut config = reference.clone();
        config.set(slot, value);
        Probe { slot, option, config }
    };
    let domain = &space.dimensions()[slot.dimension].domain;
    match (domain, reference.get(slot)) {
        (Domain::Choice { .. } | Domain::Level { .. }, Value::Index(at)) => {
            let options = 0..domain.options().unwrap_or(0);
            options.filter(|option| option != at).map(|option| probe(option, Value::Index(option))).collect()
        }
        (Domain::Subset { of, min, .. }, Value::Indices(picked)) => exchanges(*of, *min, picked)
            .into_iter()
            .map(|exchange| probe(exchange.element, Value::Indices(exchange.apply(picked))))
            .collect(),
        // Of other domains there is no table.
        _ => Vec::new(),
    }
}

/// One measured change of a subset.
struct Exchange {
    /// The element that it tells about.
    element: u32,
    out: Option<u32>,
    into: Option<u32>,
}

impl Exchange {
    fn apply(&self, picked: &[u32]) -> Vec<u32> {
        let stay = picked.iter().copied().filter(|element| Some(*element) != self.out);
        let mut next: Vec<u32> = stay.chain(self.into).collect();
        next.sort_unstable();
        next
    }
}

/// Where the size may fall, every picked element is left out once; else it makes way for the first element
/// outside. Elements outside take the place of the first one picked.
fn exchanges(of: u32, min: u32, picked: &[u32]) -> Vec<Exchange> {
    let mut outside = (0..of).filter(|element| !picked.contains(element));
    let droppable = picked.len() as u32 > min;
    let substitute = if droppable { None } else { outside.next() };
    let Some(&first) = picked.first() else { return Vec::new() };
    if !droppable && substitute.is_none() {
        return Vec::new();
    }
    let leave = |&element: &u32| Exchange { element, out: Some(element), into: substitute };
    let enter = |element: u32| Exchange { element, out: Some(first), into: Some(element) };
    picked.iter().map(leave).chain(outside.map(enter)).collect()
}

/// Sensitivities of every option of every slot, for one or several objectives.
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityTable {
    objectives: usize,
    /// Per slot, option and objective.
    damages: BTreeMap<Slot, Vec<Vec<f64>>>,
    /// Points of the space that were measured for it, with their losses, where it was given up.
    points: Vec<(Config, Vec<f64>)>,
}

impl SensitivityTable {
    /// A table of damages that are already known: per slot and option (or element), one damage per
    /// objective.
    pub fn new(damages: BTreeMap<Slot, Vec<Vec<f64>>>) -> Self {
        let objectives = damages.values().flatten().map(Vec::len).min().unwrap_or(0);
        Self { objectives, damages, points: Vec::new() }
    }

    /// Points of the space that were measured, with their losses, of a table that was given up: they are trials as good as any.
    pub fn points(&self) -> &[(Config, Vec<f64>)] {
        &self.points
    }

    /// Number of objectives.
    pub fn objectives(&self) -> usize {
        self.objectives
    }

    /// Whether it has the same damage for every option: it says nothing of any config.
    pub fn is_silent(&self) -> bool {
        self.damages.values().flatten().flatten().all(|damage| *damage == 0.0)
    }

    /// The damage of an option, or of picking an element; 0 where nothing was measured.
    pub fn damage(&self, slot: Slot, option: usize, objective: usize) -> f64 {
        let row = self.damages.get(&slot).and_then(|options| options.get(option));
        row.and_then(|losses| losses.get(objective)).copied().unwrap_or(0.0)
    }
}

/// The table that the losses of the reference and of `probes` (in their order, `None` for failures) make. A probe
/// that failed, or whose loss is no number, counts as twice the worst damage that was measured.
pub fn table_from(
    space: &Space,
    reference: &Config,
    at_reference: &[f64],
    probes: &[Probe],
    losses: &[Option<Vec<f64>>],
) -> SensitivityTable {
    let objectives = at_reference.len();
    let change = |objective: usize, probe: usize| -> Option<f64> {
        let loss = losses.get(probe)?.as_ref()?.get(objective)? - at_reference[objective];
        loss.is_finite().then_some(loss)
    };
    let worst: Vec<f64> = (0..objectives)
        .map(|objective| {
            let known = (0..probes.len()).filter_map(|probe| change(objective, probe));
            let worst = known.fold(0.0_f64, |worst, loss| worst.max(loss.abs()));
            if worst > 0.0 { 2.0 * worst } else { 1.0 }
        })
        .collect();
    let mut damages: BTreeMap<Slot, Vec<Vec<f64>>> = BTreeMap::new();
    for slot in space.slots() {
        let options = choices(&space.dimensions()[slot.dimension].domain);
        damages.insert(slot, vec![vec![0.0; objectives]; options as usize]);
    }
    for (number, probe) in probes.iter().enumerate() {
        let picked = match reference.get(probe.slot) {
            Value::Indices(picked) => Some(picked),
            _ => None,
        };
        let Some(rows) = damages.get_mut(&probe.slot) else { continue };
        for objective in 0..objectives {
            let change = change(objective, number).unwrap_or(worst[objective]);
            let first = picked.and_then(|picked| picked.first()).map_or(0.0, |&first| {
                // The first picked element is told about before any element outside.
                rows[first as usize][objective]
            });
            let damage = match picked {
                None => change,
                Some(picked) if picked.contains(&probe.option) => -change,
                Some(_) => change + first,
            };
            if let Some(row) = rows.get_mut(probe.option as usize) {
                row[objective] = damage;
            }
        }
    }
    SensitivityTable { objectives, damages, points: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Constraint, Dimension};

    fn space(domains: Vec<Domain>) -> Space {
        let named = |(number, domain): (usize, Domain)| Dimension {
            name: format!("d{number}"),
            help: String::new(),
            axes: vec![],
            domain,
        };
        Space::new(domains.into_iter().enumerate().map(named).collect(), vec![]).unwrap()
    }

    /// A loss that adds up over slots and elements.
    fn additive(config: &Config) -> Vec<f64> {
        let loss = |(number, cells): (usize, &Vec<Value>)| -> f64 {
            let weigh = |index: &u32| f64::from(*index * *index) * (number as f64 + 1.0);
            match &cells[0] {
                Value::Index(index) => weigh(index),
                Value::Indices(indices) => indices.iter().map(weigh).sum(),
                _ => 0.0,
            }
        };
        vec![config.dimensions().iter().enumerate().map(loss).sum()]
    }

    #[test]
    fn cells_that_cannot_change_one_by_one_have_no_table() {
        let level = Dimension::level("bits", [2.0, 4.0]).along("layer", 3);
        let along = "layer".to_owned();
        let space = Space::new(vec![level], vec![Constraint::Ascending { dimension: 0, along }]).unwrap();
        let refused = reference(&space, None).unwrap_err().to_string();
        assert!(refused.contains("(bits ascending along layer)"), "{refused}");
    }

    #[test]
    fn a_table_predicts_an_additive_loss() {
        let options = ["a", "b", "c"].map(str::to_owned).to_vec();
        let space = space(vec![
            Domain::Choice { options },
            Domain::Level { levels: vec![2.0, 4.0, 8.0] },
            Domain::Subset { of: 5, min: 2, max: 2 },
            Domain::Subset { of: 4, min: 1, max: 3 },
            Domain::Subset { of: 3, min: 0, max: 3 },
        ]);
        let reference = reference(&space, None).unwrap();
        let probes = probes(&space, &reference).unwrap();
        assert!(probes.iter().all(|probe| space.check_domains(&probe.config).is_ok()));
        let losses: Vec<_> = probes.iter().map(|probe| Some(additive(&probe.config))).collect();
        let table = table_from(&space, &reference, &additive(&reference), &probes, &losses);
        let predicted = |config: &Config| -> f64 {
            let damage = |slot: Slot| match config.get(slot) {
                Value::Index(index) => table.damage(slot, *index as usize, 0),
                Value::Indices(indices) => indices.iter().map(|&e| table.damage(slot, e as usize, 0)).sum(),
                _ => 0.0,
            };
            space.slots().map(damage).sum()
        };
        let offset = additive(&reference)[0] - predicted(&reference);
        for seed in 0..50 {
            let config = space.sample(&mut crate::rng::derive(seed, "table", &[])).unwrap();
            assert!((predicted(&config) + offset - additive(&config)[0]).abs() < 1e-9);
        }
    }

    #[test]
    fn a_table_that_would_not_fit_in_memory_is_refused_before_it_is_made() {
        let cells = |count: u32, domain: Domain| {
            let axes = vec![crate::space::Axis::new("layer", count)];
            let dimension = Dimension { name: "d".to_owned(), help: String::new(), axes, domain };
            Space::new(vec![dimension], vec![]).unwrap()
        };
        let levels = |count: u32| Domain::Level { levels: (0..count).map(f64::from).collect() };
        for space in [
            cells(1 << 19, levels(2)),
            cells(1 << 10, levels(1 << 12)),
            cells(1, Domain::Subset { of: 1 << 20, min: 0, max: 1 << 19 }),
        ] {
            let refusal = reference(&space, None).unwrap_err();
            assert!(matches!(refusal, NoTable::TooLarge { .. }), "{refusal}");
            let at = space.sample(&mut crate::rng::derive(1, "large", &[])).unwrap();
            assert_eq!(probes(&space, &at), Err(refusal));
        }
        // Seven matrices in each of a hundred and twenty layers, or as many heads.
        assert!(reference(&cells(840, levels(5)), None).is_ok());
    }

    #[test]
    fn failures_count_as_twice_the_worst_and_numbers_are_refused() {
        let levels = space(vec![Domain::Level { levels: vec![2.0, 4.0, 8.0] }]);
        let at = reference(&levels, None).unwrap();
        let all = probes(&levels, &at).unwrap();
        let table = table_from(&levels, &at, &[1.0], &all, &[None, Some(vec![4.0])]);
        let slot = Slot { dimension: 0, cell: 0 };
        assert_eq!([0, 1, 2].map(|option| table.damage(slot, option, 0)), [6.0, 3.0, 0.0]);
        let number = space(vec![Domain::Int { min: 0, max: 3 }]);
        assert!(reference(&number, None).unwrap_err().to_string().contains("dimension `d0`"));
    }
}
