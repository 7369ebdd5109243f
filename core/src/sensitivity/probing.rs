//! Measuring a table: which configs are evaluated, batch after batch.
//!
//! *Where nothing limits a config*, every probe is a config that a study may choose, and its loss counts for more than the
//! damage that it shows. So cells are probed in blocks, from the best config known, and whatever a block makes better is kept for the
//! next one (coordinate descent). With damages that add up the table is the same from any reference; with others
//! it is the table of a config that is worth changing, and not of one that nobody would choose.
//!
//! *Where budgets limit it*, the reference is the undamaged config, which is no candidate, and all probes are one batch. Levels
//! are measured by a few: what a level does to a cell is mostly how sensitive the cell is, times what the level does to any
//! (a table of rank one). [`PILOTS`] cells are measured at every level, all others at the lowest; when the pilots
//! predict each other within [`GOOD`], they predict the others, too. Else the others are measured.

use std::collections::BTreeMap;

use super::{NoTable, Probe, SensitivityTable, can_be_measured, probes_of, reference, table_from};
use crate::objective::compare;
use crate::space::{Config, Domain, Slot, Space, Value};

/// Cells of a dimension that are measured at every level.
pub const PILOTS: usize = 6;
/// Relative error of a pilot, as the others predict it, up to which they stand for everybody (root mean square).
const GOOD: f64 = 0.2;

/// What is evaluated next.
enum Batch {
    /// Candidates for the reference.
    Reference(Vec<Config>),
    /// One cell apart from the reference.
    Probes(Vec<Probe>),
    /// The best of a block together, and the best of it alone with its losses.
    Together { config: Config, alone: (Config, Vec<f64>) },
    /// Nothing.
    Over,
}

/// A table that is being measured. Ask for configs with [`batch`](Self::batch) and tell their losses, until there are none.
pub struct Probing<'s> {
    space: &'s Space,
    reference: Config,
    at_reference: Vec<f64>,
    /// Whether the reference moves to better configs.
    moves: bool,
    batch: Batch,
    /// Cells that no batch has probed yet.
    rest: Vec<Slot>,
    /// Cells of which only the lowest level was probed.
    lowest: Vec<Slot>,
    probes: Vec<Probe>,
    /// By probe: losses minus those of the reference that it left.
    changes: Vec<Option<Vec<f64>>>,
}

/// The reference has no losses, so that nothing can be compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the config that a sensitivity table starts from has no losses")]
pub struct NoReference;

impl<'s> Probing<'s> {
    /// The table of a space. Of `starts`, the first says where the reference is a matter of taste; where nothing limits a
    /// config, the best of them is the reference.
    ///
    /// # Errors
    /// [`NoTable`].
    pub fn new(space: &'s Space, starts: &[Config]) -> Result<Self, NoTable> {
        can_be_measured(space)?;
        let moves = space.constraints().is_empty();
        let reference = reference(space, starts.first())?;
        let mut candidates = vec![reference.clone()];
        if moves {
            for start in starts.iter().filter(|start| space.check(start).is_ok()) {
                if !candidates.contains(start) {
                    candidates.push(start.clone());
                }
            }
        }
        Ok(Self {
            space,
            reference,
            at_reference: Vec::new(),
            moves,
            batch: Batch::Reference(candidates),
            rest: space.slots().collect(),
            lowest: Vec::new(),
            probes: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// The most configs that a table of this space takes.
    ///
    /// # Errors
    /// [`NoTable`].
    pub fn most(space: &Space, starts: usize) -> Result<usize, NoTable> {
        let probes = super::probes(space, &reference(space, None)?)?.len();
        let slots = space.slots().count();
        let moves = space.constraints().is_empty();
        Ok(probes + 1 + if moves { starts + slots.div_ceil(block(slots)) } else { 0 })
    }

    /// The configs to evaluate next; none when the table is complete.
    pub fn batch(&self) -> Vec<&Config> {
        match &self.batch {
            Batch::Reference(configs) => configs.iter().collect(),
            Batch::Probes(probes) => probes.iter().map(|probe| &probe.config).collect(),
            Batch::Together { config, .. } => vec![config],
            Batch::Over => Vec::new(),
        }
    }

    /// The losses of the batch, in its order; `None` for failures.
    ///
    /// # Errors
    /// [`NoReference`] when the first batch has none.
    pub fn tell(&mut self, losses: &[Option<Vec<f64>>]) -> Result<(), NoReference> {
        match std::mem::replace(&mut self.batch, Batch::Over) {
            Batch::Reference(candidates) => {
                let known = candidates
                    .into_iter()
                    .zip(losses)
                    .filter_map(|(config, losses)| Some((config, losses.clone()?)));
                let best = known.min_by(|(_, one), (_, other)| compare(first(one), first(other)));
                (self.reference, self.at_reference) = best.ok_or(NoReference)?;
                self.batch = self.next_probes();
            }
            Batch::Probes(probes) => {
                let told: Vec<(Probe, Option<Vec<f64>>)> =
                    probes.into_iter().zip(losses.iter().cloned()).collect();
                let better = if self.moves { self.improvements(&told) } else { Vec::new() };
                for (probe, losses) in &told {
                    let change = |losses: &Vec<f64>| {
                        losses.iter().zip(&self.at_reference).map(|(a, b)| a - b).collect()
                    };
                    self.changes.push(losses.as_ref().map(change));
                    self.probes.push(probe.clone());
                }
                self.batch = match better.split_first() {
                    None => self.next_probes(),
                    Some(((probe, losses), [])) => {
                        (self.reference, self.at_reference) = (probe.config.clone(), losses.clone());
                        self.next_probes()
                    }
                    Some(((probe, losses), others)) => {
                        let mut config = probe.config.clone();
                        for (other, _) in others {
                            config.set(other.slot, other.config.get(other.slot).clone());
                        }
                        Batch::Together { config, alone: (probe.config.clone(), losses.clone()) }
                    }
                };
            }
            Batch::Together { config, alone } => {
                let together = losses.first().cloned().flatten().map(|losses| (config, losses));
                let better = together.filter(|(_, losses)| compare(first(losses), first(&alone.1)).is_lt());
                (self.reference, self.at_reference) = better.unwrap_or(alone);
                self.batch = self.next_probes();
            }
            Batch::Over => {}
        }
        Ok(())
    }

    /// The table, and the best config of those that a study may choose, where there are any.
    pub fn finish(self) -> (SensitivityTable, Option<Config>) {
        let nothing = vec![0.0; self.at_reference.len()];
        let table = table_from(self.space, &self.reference, &nothing, &self.probes, &self.changes);
        (table, self.moves.then_some(self.reference))
    }

    /// For every cell its best probe, if that is better than the reference; the best first.
    fn improvements(&self, told: &[(Probe, Option<Vec<f64>>)]) -> Vec<(Probe, Vec<f64>)> {
        let mut best: BTreeMap<Slot, (Probe, Vec<f64>)> = BTreeMap::new();
        for (probe, losses) in told {
            // Elements of a subset are told by what the reference picks, so it keeps what it picks.
            let (Some(losses), Value::Index(_)) = (losses, probe.config.get(probe.slot)) else { continue };
            let rival = best.get(&probe.slot).map_or(&self.at_reference, |(_, losses)| losses);
            if compare(first(losses), first(rival)).is_lt() {
                best.insert(probe.slot, (probe.clone(), losses.clone()));
            }
        }
        let mut best: Vec<(Probe, Vec<f64>)> = best.into_values().collect();
        best.sort_by(|(_, one), (_, other)| compare(first(one), first(other)));
        best
    }

    fn next_probes(&mut self) -> Batch {
        let probes: Vec<Probe> = if self.moves {
            let count = block(self.space.slots().count());
            let mut probes = Vec::new();
            // Cells with one option have no probes, and a block of them is not the end.
            while probes.is_empty() && !self.rest.is_empty() {
                let cells: Vec<Slot> = self.rest.drain(..count.min(self.rest.len())).collect();
                probes
                    .extend(cells.into_iter().flat_map(|slot| probes_of(self.space, &self.reference, slot)));
            }
            probes
        } else if self.rest.is_empty() {
            self.of_others()
        } else {
            self.of_pilots()
        };
        if probes.is_empty() { Batch::Over } else { Batch::Probes(probes) }
    }

    /// Every choice of every cell, but of levels in the cells that are no pilots only the lowest.
    fn of_pilots(&mut self) -> Vec<Probe> {
        let mut probes = Vec::new();
        for slot in std::mem::take(&mut self.rest) {
            let dimension = &self.space.dimensions()[slot.dimension];
            let (cells, all) = (dimension.cells(), probes_of(self.space, &self.reference, slot));
            let ordered = matches!(dimension.domain, Domain::Level { .. });
            // Evenly spread over the cells.
            let pilot = (0..PILOTS).any(|pilot| (2 * pilot + 1) * cells / (2 * PILOTS) == slot.cell);
            if ordered && all.len() > 1 && cells >= 2 * PILOTS && !pilot {
                self.lowest.push(slot);
                probes.extend(all.into_iter().filter(|probe| probe.option == 0));
            } else {
                probes.extend(all);
            }
        }
        probes
    }

    /// What the pilots do not predict of the other cells; what they predict is noted.
    fn of_others(&mut self) -> Vec<Probe> {
        let mut probes = Vec::new();
        let lowest = std::mem::take(&mut self.lowest);
        let known: BTreeMap<(Slot, u32), Option<Vec<f64>>> = self
            .probes
            .iter()
            .zip(&self.changes)
            .map(|(probe, change)| ((probe.slot, probe.option), change.clone()))
            .collect();
        for dimension in 0..self.space.dimensions().len() {
            let others: Vec<Slot> =
                lowest.iter().copied().filter(|slot| slot.dimension == dimension).collect();
            if others.is_empty() {
                continue;
            }
            let levels = self.space.dimensions()[dimension].domain.options().unwrap_or(0);
            let shares = shares(&known, dimension, levels, &others, self.at_reference.len());
            for slot in others {
                for probe in
                    probes_of(self.space, &self.reference, slot).into_iter().filter(|probe| probe.option > 0)
                {
                    let lowest = known.get(&(slot, 0)).cloned().flatten();
                    let predicted = shares.as_ref().zip(lowest).map(|(shares, lowest)| {
                        let share = shares[probe.option as usize - 1].iter();
                        lowest.iter().zip(share).map(|(lowest, share)| lowest * share).collect::<Vec<f64>>()
                    });
                    match predicted {
                        Some(predicted) => {
                            self.probes.push(probe);
                            self.changes.push(Some(predicted));
                        }
                        None => probes.push(probe),
                    }
                }
            }
        }
        probes
    }
}

fn first(losses: &[f64]) -> f64 {
    losses.first().copied().unwrap_or(f64::NAN)
}

/// Cells that are probed from one reference.
fn block(slots: usize) -> usize {
    slots.isqrt().max(1)
}

/// By level after the lowest and by objective, what it does to a cell as a share of what the lowest does; `None` when the
/// pilots do not predict each other.
fn shares(
    known: &BTreeMap<(Slot, u32), Option<Vec<f64>>>,
    dimension: usize,
    levels: u32,
    others: &[Slot],
    objectives: usize,
) -> Option<Vec<Vec<f64>>> {
    let pilots: Vec<Slot> = known
        .keys()
        .filter(|(slot, option)| slot.dimension == dimension && *option == 0 && !others.contains(slot))
        .map(|(slot, _)| *slot)
        .collect();
    let change = |slot: Slot, option: u32, objective: usize| {
        known.get(&(slot, option))?.as_ref()?.get(objective).copied()
    };
    // The highest level is the reference.
    let share = |option: u32, objective: usize| -> Option<f64> {
        let pairs =
            pilots.iter().map(|&slot| Some((change(slot, 0, objective)?, change(slot, option, objective)?)));
        let pairs: Vec<(f64, f64)> = pairs.collect::<Option<_>>()?;
        let fit = |left_out: usize| {
            let kept = pairs.iter().enumerate().filter(|(number, _)| *number != left_out);
            let (both, square) =
                kept.fold((0.0, 0.0), |sum, (_, (low, here))| (sum.0 + low * here, sum.1 + low * low));
            if square > 0.0 { both / square } else { 0.0 }
        };
        let wrong: f64 =
            pairs.iter().enumerate().map(|(number, (low, here))| (here - fit(number) * low).powi(2)).sum();
        // An error counts by what the lowest level does: that is what choices are weighed against.
        let size: f64 = pairs.iter().map(|(low, here)| here.powi(2).max((low / 100.0).powi(2))).sum();
        (wrong <= GOOD * GOOD * size).then(|| fit(pairs.len()))
    };
    (1..levels.saturating_sub(1))
        .map(|option| (0..objectives).map(|objective| share(option, objective)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Axis, Budget, BudgetTerm, Constraint, Dimension};

    fn dimension(name: &str, cells: u32, domain: Domain) -> Dimension {
        Dimension { name: name.to_owned(), help: String::new(), axes: vec![Axis::new("cell", cells)], domain }
    }

    fn indices(config: &Config) -> Vec<Vec<u32>> {
        let of = |value: &Value| match value {
            Value::Index(index) => vec![*index],
            Value::Indices(indices) => indices.clone(),
            _ => Vec::new(),
        };
        config.dimensions().iter().flatten().map(of).collect()
    }

    /// The finished table, the best config, and how many configs and batches it took.
    fn measured(
        space: &Space,
        starts: &[Config],
        loss: &dyn Fn(&Config) -> f64,
    ) -> (SensitivityTable, Option<Config>, usize, usize) {
        let mut probing = Probing::new(space, starts).unwrap();
        let (mut configs, mut batches) = (0, 0);
        loop {
            let losses: Vec<_> = probing.batch().into_iter().map(|config| Some(vec![loss(config)])).collect();
            if losses.is_empty() {
                break;
            }
            configs += losses.len();
            batches += 1;
            probing.tell(&losses).unwrap();
        }
        assert!(configs <= Probing::most(space, starts.len()).unwrap());
        let (table, best) = probing.finish();
        (table, best, configs, batches)
    }

    #[test]
    fn without_limits_the_reference_moves_and_the_table_stays_additive() {
        let options = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let space = Space::of([
            dimension("choice", 9, Domain::Choice { options }),
            dimension("level", 5, Domain::Level { levels: vec![2.0, 4.0, 8.0] }),
            dimension("kept", 2, Domain::Subset { of: 5, min: 2, max: 3 }),
        ])
        .unwrap();
        let damage = |cell: usize, option: u32| ((cell * 7 + option as usize * 5) % 11) as f64;
        let loss = |config: &Config| {
            let cells = indices(config).into_iter().enumerate();
            cells.map(|(cell, options)| options.iter().map(|&option| damage(cell, option)).sum::<f64>()).sum()
        };
        let (table, best, configs, batches) = measured(&space, &[], &loss);
        let predicted = |config: &Config| -> f64 {
            let cells = space.slots().zip(indices(config));
            cells
                .map(|(slot, options)| {
                    options.iter().map(|&o| table.damage(slot, o as usize, 0)).sum::<f64>()
                })
                .sum()
        };
        let best = best.unwrap();
        for seed in 0..50 {
            let config = space.sample(&mut crate::rng::derive(seed, "table", &[])).unwrap();
            let (told, true_loss) = (predicted(&config) - predicted(&best), loss(&config) - loss(&best));
            assert!((told - true_loss).abs() < 1e-9, "{told} for {true_loss}");
        }
        // Where damages add up, every cell is at its best, but for subsets.
        for (slot, options) in space.slots().zip(indices(&best)).take(14) {
            let least = (0..4).map(|option| table.damage(slot, option, 0)).fold(f64::INFINITY, f64::min);
            assert_eq!(table.damage(slot, options[0] as usize, 0), least, "{slot:?}");
        }
        assert!(batches < 12 && configs < 70, "{configs} in {batches}");
    }

    #[test]
    fn the_best_start_is_the_reference_where_nothing_limits_it() {
        let options = ["a", "b", "c"].map(str::to_owned).to_vec();
        let space = Space::of([dimension("choice", 4, Domain::Choice { options })]).unwrap();
        let start = |option: u32| Config::new(vec![vec![Value::Index(option); 4]]);
        // Apart from one config nothing is any good, so that no probe leads away from it.
        let loss = |config: &Config| if *config == start(2) { 0.0 } else { 1.0 };
        let (_, best, ..) = measured(&space, &[start(1), start(2)], &loss);
        assert_eq!(best, Some(start(2)));
    }

    #[test]
    fn cells_without_a_choice_do_not_end_a_table() {
        let options = |count: u32| (0..count).map(|option| option.to_string()).collect();
        let space = Space::of([
            dimension("fixed", 2, Domain::Choice { options: options(1) }),
            dimension("free", 2, Domain::Choice { options: options(3) }),
        ])
        .unwrap();
        let loss = |config: &Config| {
            indices(config)
                .iter()
                .enumerate()
                .map(|(cell, option)| f64::from(option[0] * (cell as u32 + 1)))
                .sum()
        };
        let (table, ..) = measured(&space, &[], &loss);
        for slot in space.slots().filter(|slot| slot.dimension == 1) {
            let apart = table.damage(slot, 2, 0) - table.damage(slot, 0, 0);
            assert!((apart - 2.0 * (slot.cell as f64 + 3.0)).abs() < 1e-9, "{slot:?}: {apart}");
        }
    }

    #[test]
    fn a_start_that_is_there_twice_is_evaluated_once() {
        let options = ["a", "b"].map(str::to_owned).to_vec();
        let space = Space::of([dimension("choice", 2, Domain::Choice { options })]).unwrap();
        let start = Config::new(vec![vec![Value::Index(1); 2]]);
        let probing = Probing::new(&space, &[start.clone(), start.clone()]).unwrap();
        let batch = probing.batch();
        assert_eq!(batch.iter().filter(|config| ***config == start).count(), 1);
    }

    /// Forty layers of 2, 3, 4 or 8 bits within a budget.
    fn bits() -> Space {
        let levels = vec![2.0, 3.0, 4.0, 8.0];
        let terms = vec![BudgetTerm { dimension: 0, costs: vec![levels.clone()] }];
        let budget = Budget { resource: "bits".into(), unit: "bits".into(), limit: 130.0, terms };
        Space::new(vec![dimension("bits", 40, Domain::Level { levels })], vec![Constraint::Budget(budget)])
            .unwrap()
    }

    #[test]
    fn a_few_cells_stand_for_all_where_levels_do_the_same_to_every_cell() {
        let space = bits();
        let damage = |layer: usize, level: u32| (1.0 + layer as f64) * [16.0, 4.0, 1.0, 0.0][level as usize];
        let loss = |config: &Config| -> f64 {
            indices(config).iter().enumerate().map(|(layer, level)| damage(layer, level[0])).sum()
        };
        let (table, best, configs, batches) = measured(&space, &[], &loss);
        assert_eq!((best, configs, batches), (None, 1 + 40 + 2 * PILOTS, 2));
        for slot in space.slots() {
            for level in 0..4 {
                let told = table.damage(slot, level as usize, 0);
                assert!((told - damage(slot.cell, level)).abs() < 1e-9, "{slot:?}: {told}");
            }
        }
    }

    #[test]
    fn every_cell_is_measured_where_each_is_different() {
        let space = bits();
        let damage = |layer: usize, level: u32| match level {
            0 => 16.0,
            3 => 0.0,
            level => ((layer * 7 + level as usize * 3) % 11) as f64,
        };
        let loss = |config: &Config| -> f64 {
            indices(config).iter().enumerate().map(|(layer, level)| damage(layer, level[0])).sum()
        };
        let (table, _, configs, batches) = measured(&space, &[], &loss);
        assert_eq!((configs, batches), (1 + 40 * 3, 3));
        for slot in space.slots() {
            assert!(
                (0..4)
                    .all(|level| (table.damage(slot, level as usize, 0) - damage(slot.cell, level)).abs()
                        < 1e-9)
            );
        }
    }

    #[test]
    fn without_a_reference_there_is_no_table() {
        let space = bits();
        let mut probing = Probing::new(&space, &[]).unwrap();
        assert_eq!(probing.tell(&[None]), Err(NoReference));
    }
}
