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
//! predict each other well, they predict the others, too. Else the others are measured.
//!
//! *Where somebody doubts it*, a few configs that leave the reference in many cells at once are measured on the way. When they are
//! not what the sums of damages say, nothing more is probed, and the table says nothing.

mod levels;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::doubt::Doubt;
use super::{NoTable, Probe, SensitivityTable, can_be_measured, probes_of, reference, table_from};
use crate::objective::compare;
use crate::space::{Config, Slot, Space, Value};

pub use levels::PILOTS;

/// Configs that check whether the damages of levels under a budget add up.
const CHECKS: usize = 3;

/// What is evaluated next.
enum Batch {
    /// Candidates for the reference.
    Reference(Vec<Config>),
    /// One cell apart from the reference each, and with `sum` several of their cells at once.
    Probes { probes: Vec<Probe>, sum: Option<Sum> },
    /// The best of a block together with what it promises to gain, and the best of it alone with its losses.
    Together { config: Config, promised: f64, alone: (Config, Vec<f64>) },
    /// Cells that leave the reference together, with the damage of each; only looked at.
    Check { config: Config, damages: Vec<f64> },
    /// Nothing.
    Over,
}

/// Cells that leave the reference together.
struct Sum {
    config: Config,
    /// Places of the probes that it consists of.
    of: Vec<usize>,
}

/// What a doubted table of levels under a budget does after its pilots.
enum Stage {
    /// Probes the lowest level of these cells.
    Lowest(Vec<Slot>),
    /// Checks the sum of what the lowest level does to these.
    Check(Vec<Slot>),
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
    stages: VecDeque<Stage>,
    /// What is held against the table, by somebody who doubts it.
    doubt: Option<Doubt>,
    probes: Vec<Probe>,
    /// What was measured that is a point of the space, for when a doubted table is given up.
    points: Vec<(Config, Vec<f64>)>,
    /// By probe: losses minus those of the reference that it left.
    changes: Vec<Option<Vec<f64>>>,
    /// Of the probes, those that pilots stand for.
    predicted: BTreeSet<(Slot, u32)>,
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
            stages: VecDeque::new(),
            doubt: None,
            probes: Vec::new(),
            points: Vec::new(),
            changes: Vec::new(),
            predicted: BTreeSet::new(),
        })
    }

    /// The same, given up when damages turn out not to add up.
    #[must_use]
    pub fn doubted(self) -> Self {
        Self { doubt: Some(Doubt::default()), ..self }
    }

    /// Whether a [`doubted`](Self::doubted) table was given up.
    pub fn is_given_up(&self) -> bool {
        self.doubt.as_ref().is_some_and(Doubt::is_justified)
    }

    /// The most configs that a table of this space takes, with some more for one that is [`doubted`](Self::doubted).
    ///
    /// # Errors
    /// [`NoTable`].
    pub fn most(space: &Space, starts: usize, doubted: bool) -> Result<usize, NoTable> {
        let probes = super::probes(space, &reference(space, None)?)?.len();
        let slots = space.slots().count();
        let blocks = slots.div_ceil(block(slots));
        Ok(probes
            + 1
            + match (space.constraints().is_empty(), doubted) {
                (true, false) => starts + blocks,
                (true, true) => starts + 2 * blocks,
                (false, false) => 0,
                (false, true) => CHECKS,
            })
    }

    /// The configs to evaluate next; none when the table is complete.
    pub fn batch(&self) -> Vec<&Config> {
        match &self.batch {
            Batch::Reference(configs) => configs.iter().collect(),
            Batch::Probes { probes, sum } => {
                let sum = sum.iter().map(|sum| &sum.config);
                probes.iter().map(|probe| &probe.config).chain(sum).collect()
            }
            Batch::Together { config, .. } | Batch::Check { config, .. } => vec![config],
            Batch::Over => Vec::new(),
        }
    }

    /// The config that the batch leaves, with its losses; none before the first batch was told.
    pub fn reference(&self) -> (&Config, &[f64]) {
        (&self.reference, &self.at_reference)
    }

    /// Every probe so far, with its losses minus those of the reference that it left; `None` for failures. Those that pilots stand
    /// for are among them.
    pub fn changes(&self) -> impl Iterator<Item = (&Probe, Option<&Vec<f64>>)> {
        self.probes.iter().zip(self.changes.iter().map(Option::as_ref))
    }

    /// Whether others were measured in the place of this probe.
    pub fn is_predicted(&self, probe: &Probe) -> bool {
        self.predicted.contains(&(probe.slot, probe.option))
    }

    /// The losses of the batch, in its order; `None` for failures.
    ///
    /// # Errors
    /// [`NoReference`] when the first batch has none.
    pub fn tell(&mut self, losses: &[Option<Vec<f64>>]) -> Result<(), NoReference> {
        if self.moves && self.doubt.is_some() {
            let told = self.batch().into_iter().zip(losses);
            let points: Vec<_> =
                told.filter_map(|(config, losses)| Some((config.clone(), losses.clone()?))).collect();
            self.points.extend(points);
        }
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
            Batch::Probes { probes, sum } => {
                if let (Some(sum), Some(doubt)) = (sum, &mut self.doubt) {
                    let change = |losses: Option<&Option<Vec<f64>>>| {
                        let losses = losses.and_then(Option::as_ref);
                        losses.map_or(f64::NAN, |losses| first(losses) - first(&self.at_reference))
                    };
                    let damages: Vec<f64> = sum.of.iter().map(|&place| change(losses.get(place))).collect();
                    doubt.sum(&damages, change(losses.get(probes.len())), self.space.slots().count());
                }
                let told: Vec<(Probe, Option<Vec<f64>>)> =
                    probes.into_iter().zip(losses.iter().cloned()).collect();
                let better = if self.moves { self.improvements(&told) } else { Vec::new() };
                let exchanges = if self.moves { self.exchanges(&told) } else { None };
                for (probe, losses) in &told {
                    let change = |losses: &Vec<f64>| {
                        losses.iter().zip(&self.at_reference).map(|(a, b)| a - b).collect()
                    };
                    self.changes.push(losses.as_ref().map(change));
                    self.probes.push(probe.clone());
                }
                self.batch = match better.split_first() {
                    None => exchanges.unwrap_or_else(|| self.next_probes()),
                    Some(((probe, losses), [])) => {
                        (self.reference, self.at_reference) = (probe.config.clone(), losses.clone());
                        self.next_probes()
                    }
                    Some(((probe, losses), others)) => {
                        let config = together(&probe.config, others.iter().map(|(other, _)| other));
                        let gain =
                            |(_, losses): &(Probe, Vec<f64>)| first(&self.at_reference) - first(losses);
                        let promised = better.iter().map(gain).sum();
                        Batch::Together { config, promised, alone: (probe.config.clone(), losses.clone()) }
                    }
                };
            }
            Batch::Check { damages, .. } => {
                let losses = losses.first().and_then(Option::as_ref);
                let damage = losses.map_or(f64::NAN, |losses| first(losses) - first(&self.at_reference));
                let all = self.space.slots().count();
                if let Some(doubt) = &mut self.doubt {
                    if self.moves {
                        doubt.gains(-damages.iter().sum::<f64>(), -damage);
                    } else {
                        doubt.sum(&damages, damage, all);
                    }
                }
                self.batch = self.next_probes();
            }
            Batch::Together { config, promised, alone } => {
                let together = losses.first().cloned().flatten().map(|losses| (config, losses));
                if let Some(doubt) = &mut self.doubt {
                    let gain = together.as_ref().map(|(_, losses)| first(&self.at_reference) - first(losses));
                    doubt.gains(promised, gain.unwrap_or(f64::NAN));
                }
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
        let table = if self.is_given_up() {
            let silent = table_from(self.space, &self.reference, &nothing, &[], &[]);
            SensitivityTable { points: self.points, ..silent }
        } else {
            table_from(self.space, &self.reference, &nothing, &self.probes, &self.changes)
        };
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

    /// Every cell as its last probe has it; `None` for a single cell.
    fn sum(&self, probes: &[Probe]) -> Option<Sum> {
        let last = |(place, probe): (usize, &Probe)| {
            probes.get(place + 1).is_none_or(|next| next.slot != probe.slot).then_some(place)
        };
        let of: Vec<usize> = probes.iter().enumerate().filter_map(last).collect();
        let config = together(&self.reference, of.iter().map(|&place| &probes[place]));
        (of.len() > 1).then_some(Sum { config, of })
    }

    /// The best exchange of every subset together, where somebody doubts that they add up.
    fn exchanges(&self, told: &[(Probe, Option<Vec<f64>>)]) -> Option<Batch> {
        self.doubt.as_ref()?;
        let mut best: BTreeMap<Slot, (&Probe, f64)> = BTreeMap::new();
        for (probe, losses) in told {
            let (Some(losses), Value::Indices(_)) = (losses, probe.config.get(probe.slot)) else { continue };
            let change = first(losses) - first(&self.at_reference);
            if change < best.get(&probe.slot).map_or(0.0, |(_, least)| *least) {
                best.insert(probe.slot, (probe, change));
            }
        }
        let (probes, damages): (Vec<&Probe>, Vec<f64>) = best.into_values().unzip();
        let config = together(&self.reference, probes.into_iter());
        (damages.len() > 1).then_some(Batch::Check { config, damages })
    }

    /// What comes after the pilots of a doubted table, before all cells are known at their lowest level.
    fn next_stage(&mut self) -> Option<Batch> {
        while let Some(stage) = self.stages.pop_front() {
            match stage {
                Stage::Lowest(slots) => {
                    let lowest = |slot| probes_of(self.space, &self.reference, slot).into_iter().next();
                    let probes: Vec<Probe> = slots.into_iter().filter_map(lowest).collect();
                    if !probes.is_empty() {
                        return Some(Batch::Probes { probes, sum: None });
                    }
                }
                Stage::Check(slots) => {
                    let lowest = |(probe, change): (&Probe, &Option<Vec<f64>>)| {
                        let wanted = probe.option == 0 && slots.contains(&probe.slot);
                        Some((probe.clone(), first(change.as_ref().filter(|_| wanted)?)))
                    };
                    let known = self.probes.iter().zip(&self.changes).filter_map(lowest);
                    let (probes, damages): (Vec<Probe>, Vec<f64>) = known.unzip();
                    if damages.len() > 1 {
                        let config = together(&self.reference, probes.iter());
                        return Some(Batch::Check { config, damages });
                    }
                }
            }
        }
        None
    }

    fn next_probes(&mut self) -> Batch {
        if self.is_given_up() {
            return Batch::Over;
        }
        if let Some(batch) = self.next_stage() {
            return batch;
        }
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
        if probes.is_empty() {
            return Batch::Over;
        }
        let sum = if self.moves && self.doubt.is_some() { self.sum(&probes) } else { None };
        Batch::Probes { probes, sum }
    }
}

fn first(losses: &[f64]) -> f64 {
    losses.first().copied().unwrap_or(f64::NAN)
}

/// `config` with what these probes change.
fn together<'p>(config: &Config, probes: impl Iterator<Item = &'p Probe>) -> Config {
    let mut config = config.clone();
    for probe in probes {
        config.set(probe.slot, probe.config.get(probe.slot).clone());
    }
    config
}

/// Cells that are probed from one reference.
fn block(slots: usize) -> usize {
    slots.isqrt().max(1)
}

#[cfg(test)]
mod tests;
