//! Sampling, mutation and crossover inside the feasible set.

use std::collections::HashSet;

use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::ledger::{self, Ledger};
use super::work::{Work, size};
use super::{Config, Domain, Infeasible, Slot, Space, Value};
use crate::rng::Rng;

/// A mutation that freed budget spends it again with this probability; else cheaper configs are
/// explored too, which a search with cost as an objective needs.
const REFILL: f64 = 0.75;
/// Attempts at a child that differs from its parent.
const ATTEMPTS: usize = 8;

impl Space {
    /// A random feasible config: every cell drawn from its domain, then repaired.
    ///
    /// # Errors
    /// [`Infeasible`].
    pub fn sample(&self, random: &mut Rng) -> Result<Config, Infeasible> {
        let cells = self
            .dimensions
            .iter()
            .map(|dimension| (0..dimension.cells()).map(|_| dimension.domain.draw(random)).collect());
        let config = Config::new(cells.collect());
        self.repair(config, &[], random)
    }

    /// A small change of `parent`: `min(U{1..3}, U{1..3})` cells take a step (EvoPress, arXiv 2410.14649,
    /// §3.3: mostly one), budgets are repaired in *other* cells, and freed budget is usually spent again.
    /// Differs from the parent wherever a few attempts find a way.
    pub fn mutate(&self, parent: &Config, random: &mut Rng) -> Config {
        self.mutate_counted(parent, random, &mut Work::default())
    }

    /// The same, which adds to `spent` what repairs took.
    pub fn mutate_counted(&self, parent: &Config, random: &mut Rng, spent: &mut Work) -> Config {
        let slots: Vec<Slot> = self.slots().collect();
        if slots.is_empty() || self.check_domains(parent).is_err() {
            let repaired = self.repair_counted(parent.clone(), &[], random, spent);
            return repaired.unwrap_or_else(|_| parent.clone());
        }
        for _ in 0..ATTEMPTS {
            let count = random.random_range(1..=3).min(random.random_range(1..=3)).min(slots.len());
            let mut chosen = slots.clone();
            let (chosen, _) = chosen.partial_shuffle(random, count);
            let mut child = parent.clone();
            for &mut slot in &mut *chosen {
                let domain = &self.dimensions[slot.dimension].domain;
                let value = domain.step(child.get(slot), random);
                child.set(slot, value);
            }
            let Ok(child) = self.repair_counted(child, chosen, random, spent) else { continue };
            let child = self.refill(child, parent, chosen, random);
            if child != *parent {
                return child;
            }
        }
        parent.clone()
    }

    /// A child that takes each cell from one of its parents, then repaired. Permutations keep a stretch of
    /// one parent and the order of the other (order crossover); affine coefficients and matrices mix as
    /// `λ·a + (1 − λ)·b`, which keeps sums and ranges.
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
        let mut child = first.clone();
        for slot in self.slots() {
            let domain = &self.dimensions[slot.dimension].domain;
            let value = cross(domain, first.get(slot), second.get(slot), random);
            child.set(slot, value);
        }
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
        let mut slots: Vec<Slot> = self.slots().filter(|slot| !keep.contains(slot)).collect();
        slots.shuffle(random);
        for slot in slots {
            let load = ledger.load();
            if load >= goal - 1e-12 || work.is_spent() {
                break;
            }
            let domain = &self.dimensions[slot.dimension].domain;
            for value in domain.alternatives(ledger.config.get(slot), random) {
                work.spend(ledger.weight() + size(&value));
                let undo = ledger.apply(vec![(slot, value)]);
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
            let (i, j) = (random.random_range(0..a.len()), random.random_range(0..a.len()));
            let kept = &a[i.min(j)..=i.max(j)];
            let mut rest = left_out_of(b, kept).into_iter();
            let mut child: Vec<u32> = rest.by_ref().take(i.min(j)).collect();
            child.extend(kept);
            child.extend(rest);
            Value::Indices(child)
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

/// The elements of an order that are not in `kept`, in their order.
fn left_out_of(order: &[u32], kept: &[u32]) -> Vec<u32> {
    let kept: HashSet<u32> = kept.iter().copied().collect();
    order.iter().copied().filter(|element| !kept.contains(element)).collect()
}
