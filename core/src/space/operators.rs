//! Sampling, mutation and crossover inside the feasible set.

use std::collections::HashSet;

use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::ledger::{self, Ledger};
use super::work::{Work, size};
use super::{Config, Domain, Infeasible, Slot, Space, Value, permutation};
use crate::rng::Rng;

/// A mutation that freed budget spends it again with this probability; else cheaper configs are
/// explored too, which a search with cost as an objective needs.
const REFILL: f64 = 0.75;
/// Attempts at a child that differs from its parent.
const ATTEMPTS: usize = 8;

impl Space {
    /// A random feasible config: every cell drawn from its domain, then repaired. Options that decide about other cells are as
    /// likely as each other, and so are all ways in which the cells of a line can ascend along one axis.
    ///
    /// # Errors
    /// [`Infeasible`].
    pub fn sample(&self, random: &mut Rng) -> Result<Config, Infeasible> {
        let cells = self.dimensions.iter().enumerate().map(|(number, dimension)| {
            match self.structure.orders(number) {
                [] => (0..dimension.cells()).map(|_| dimension.domain.draw(random)).collect(),
                _ => vec![dimension.domain.first(); dimension.cells()],
            }
        });
        let mut config = Config::new(cells.collect());
        self.draw_orders(&mut config, random);
        self.repair(config, &[], random)
    }

    /// Draws the dimensions that ascend: after all others, since those may decide which of their cells count.
    fn draw_orders(&self, config: &mut Config, random: &mut Rng) {
        if !self.structure.has_orders() {
            return;
        }
        let sequence = self.structure.sequence();
        let others = (0..self.dimensions.len()).filter(|number| !sequence.contains(number));
        for number in others.chain(sequence.iter().copied()) {
            if !self.structure.orders(number).is_empty() {
                let activity = self.activity(config);
                let mut cells = std::mem::take(&mut config.dimensions[number]);
                self.draw_ascending(number, &mut cells, &activity, random);
                config.dimensions[number] = cells;
            }
        }
    }

    /// A small change of `parent`: `min(U{1..3}, U{1..3})` cells take a step (EvoPress, arXiv 2410.14649,
    /// §3.3: mostly one), budgets are repaired in *other* cells, and freed budget is usually spent again.
    /// Differs from the parent wherever a few attempts find a way. Only cells that count take a step; where that decides about
    /// others, those that count from now on are drawn. A cell of an ascending line steps between its neighbours, or they make
    /// way.
    pub fn mutate(&self, parent: &Config, random: &mut Rng) -> Config {
        self.mutate_counted(parent, random, &mut Work::default())
    }

    /// The same, which adds to `spent` what repairs took.
    pub fn mutate_counted(&self, parent: &Config, random: &mut Rng, spent: &mut Work) -> Config {
        if self.check_domains(parent).is_err() {
            let repaired = self.repair_counted(parent.clone(), &[], random, spent);
            return repaired.unwrap_or_else(|_| parent.clone());
        }
        let activity = self.activity(parent);
        let slots: Vec<Slot> = self.slots().filter(|slot| activity.of_slot(*slot)).collect();
        if slots.is_empty() {
            let repaired = self.repair_counted(parent.clone(), &[], random, spent);
            return repaired.unwrap_or_else(|_| parent.clone());
        }
        for _ in 0..ATTEMPTS {
            let count = random.random_range(1..=3).min(random.random_range(1..=3)).min(slots.len());
            let mut chosen = slots.clone();
            let (chosen, _) = chosen.partial_shuffle(random, count);
            let mut child = parent.clone();
            let mut kept = Vec::with_capacity(count);
            for &mut slot in chosen {
                for (slot, value) in self.stepped(&child, &activity, slot, random) {
                    child.set(slot, value);
                    kept.push(slot);
                }
            }
            self.follow(&activity, &mut child, random);
            let Ok(child) = self.repair_counted(child, &kept, random, spent) else { continue };
            let child = self.refill(child, parent, &kept, random);
            if child != *parent {
                return child;
            }
        }
        parent.clone()
    }

    /// A child that takes each cell from one of its parents, of those in which it counts, then repaired. Permutations keep a
    /// stretch of one parent and the order of the other (order crossover), or what comes before what in both; affine
    /// coefficients and matrices mix as `λ·a + (1 − λ)·b`, which keeps sums and ranges.
    pub fn crossover(&self, first: &Config, second: &Config, random: &mut Rng) -> Config {
        self.crossover_counted(first, second, random, &mut Work::default())
    }

    /// The same, which adds to `spent` what repairs took.
    pub fn crossover_counted(
        &self,
        first: &Config,
        second: &Config,
        random: &mut Rng,
        spent: &mut Work,
    ) -> Config {
        if let Some(other) = [(first, second), (second, first)]
            .into_iter()
            .find_map(|(parent, other)| self.check_domains(parent).is_err().then_some(other))
        {
            return self.repair_counted(other.clone(), &[], random, spent).unwrap_or_else(|_| other.clone());
        }
        let (one, other) = (self.activity(first), self.activity(second));
        let mut child = first.clone();
        for (number, dimension) in self.dimensions.iter().enumerate() {
            if !self.structure.orders(number).is_empty() {
                let parents = [(first, &one), (second, &other)];
                child.dimensions[number] = self.cross_ascending(number, parents, random);
                continue;
            }
            for cell in 0..dimension.cells() {
                let slot = Slot { dimension: number, cell };
                match (one.of_slot(slot), other.of_slot(slot)) {
                    (true, true) => {
                        let value = cross(&dimension.domain, first.get(slot), second.get(slot), random);
                        child.set(slot, value);
                    }
                    (false, true) => {
                        child.set(slot, second.get(slot).clone());
                    }
                    (_, false) => {}
                }
            }
        }
        self.follow(&one.or(&other), &mut child, random);
        self.repair_counted(child, &[], random, spent).unwrap_or_else(|_| first.clone())
    }

    /// Spends the budget that `child` freed against `parent` on random other cells.
    fn refill(&self, child: Config, parent: &Config, keep: &[Slot], random: &mut Rng) -> Config {
        if self.budgets().next().is_none() || !random.random_bool(REFILL) {
            return child;
        }
        let goal = ledger::roughly_loaded(self, parent);
        let mut work = Work::default();
        let mut ledger = Ledger::new(self, child.clone());
        let kept: HashSet<Slot> = keep.iter().copied().collect();
        let mut slots: Vec<Slot> = self.slots().filter(|slot| !kept.contains(slot)).collect();
        slots.shuffle(random);
        for slot in slots {
            if !ledger.activity().of_slot(slot) {
                continue;
            }
            let load = ledger.load();
            if load >= goal - 1e-12 || work.is_spent() {
                break;
            }
            let domain = &self.dimensions[slot.dimension].domain;
            for value in domain.alternatives(ledger.config.get(slot), random) {
                work.spend(ledger.weight() + size(&value));
                let change = self.change(&ledger, slot, value, random);
                if change.iter().any(|(slot, _)| kept.contains(slot)) {
                    continue;
                }
                let undo = ledger.apply(change);
                if ledger.violation() == 0.0 && ledger.load() > load {
                    break;
                }
                ledger.apply(undo);
            }
        }
        // What was kept current step by step has to hold when it is added up.
        let spent = ledger.settle();
        if spent { self.canonical(ledger.config) } else { child }
    }
}

fn cross(domain: &Domain, first: &Value, second: &Value, random: &mut Rng) -> Value {
    match (domain, first, second) {
        (Domain::Permutation { .. }, Value::Indices(a), Value::Indices(b)) => {
            Value::Indices(permutation::cross(a, b, random))
        }
        (_, Value::Reals(a), Value::Reals(b)) => {
            let share: f64 = random.random();
            let mixed = a.iter().zip(b).map(|(a, b)| share * a + (1.0 - share) * b);
            Value::Reals(match domain {
                // Rounding may carry a mixture of two ends over the end.
                Domain::Matrix { min, max, .. } => mixed.map(|mixed| mixed.clamp(*min, *max)).collect(),
                _ => mixed.collect(),
            })
        }
        _ => if random.random() { first } else { second }.clone(),
    }
}
