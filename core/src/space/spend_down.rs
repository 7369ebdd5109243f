//! Repair of large configs: budgets are met by sorting costs, not by trying changes one by one.

use std::collections::HashSet;

use rand::seq::SliceRandom as _;

use super::moves::{MOST_ALTERNATIVES, left_out, subset_alternatives_size};
use super::repair::cheapest_value;
use super::{Budget, Config, Domain, Slot, Space, Value, ledger};
use crate::rng::Rng;

/// Spaces with more cells are repaired by sorting first.
const MOST_CELLS: usize = 1 << 16;
/// Rounds over the budgets: one that is met may exceed another.
const ROUNDS: usize = 8;

/// One saving: a value of a cell, or an element of a subset for another one.
struct Saving {
    slot: Slot,
    amount: f64,
    change: SavingChange,
}

enum SavingChange {
    Value(Value),
    Exchange { out: u32, into: u32 },
}

impl Space {
    /// Whether single changes are too many to be tried one by one.
    pub(super) fn is_large(&self) -> bool {
        let alternatives = |domain: &Domain| match domain {
            Domain::Subset { of, min, max } => {
                let middle = (of / 2).clamp(*min, *max);
                subset_alternatives_size(middle as usize, *of) > MOST_ALTERNATIVES
            }
            _ => false,
        };
        self.slots().count() > MOST_CELLS || self.dimensions.iter().any(|found| alternatives(&found.domain))
    }

    /// Brings `config` within its budgets, keeping the cells in `keep` where the others suffice. Exact where one
    /// budget is exceeded; where budgets pull apart, as far as a few rounds reach. Needs time of the order of sorting
    /// all costs.
    pub(super) fn spend_down(&self, mut config: Config, keep: &[Slot], random: &mut Rng) -> Config {
        for _ in 0..ROUNDS {
            let activity = self.activity(&config);
            let excess = |budget: &Budget| self.used(budget, &config) - budget.limit;
            let exceeded = self.budgets().filter(|budget| !ledger::within(budget, &config, &activity));
            let relative = |budget: &Budget| excess(budget) / budget.limit.abs().max(1e-12);
            let Some(budget) = exceeded.max_by(|a, b| relative(a).total_cmp(&relative(b))) else { break };
            self.save(budget, &mut config, keep, random);
            for frozen in [keep, &[]] {
                if !ledger::within(budget, &config, &self.activity(&config)) {
                    self.take_cheapest(budget, &mut config, frozen, random);
                }
            }
        }
        config
    }

    /// Takes single savings in random order until the budget is met or none is left.
    fn save(&self, budget: &Budget, config: &mut Config, keep: &[Slot], random: &mut Rng) {
        let mut excess = self.used(budget, config) - budget.limit;
        let mut savings: Vec<Saving> = Vec::new();
        let activity = self.activity(config);
        let kept: HashSet<Slot> = keep.iter().copied().collect();
        for slot in self.slots().filter(|slot| !kept.contains(slot)) {
            // One cell alone may not be able to move.
            if !activity.of_slot(slot) || !self.structure.orders(slot.dimension).is_empty() {
                continue;
            }
            if let Some(row) = row(budget, slot) {
                self.savings(slot, &row, config.get(slot), excess, &mut savings);
            }
        }
        savings.shuffle(random);
        for saving in savings {
            if excess <= 0.0 {
                break;
            }
            excess -= saving.amount;
            match (saving.change, config.get(saving.slot)) {
                (SavingChange::Exchange { out, into }, Value::Indices(chosen)) => {
                    let mut chosen = chosen.clone();
                    if let Some(place) = chosen.iter().position(|element| *element == out) {
                        chosen[place] = into;
                    }
                    config.set(saving.slot, Value::Indices(chosen));
                }
                (SavingChange::Value(value), _) => {
                    config.set(saving.slot, value);
                }
                (SavingChange::Exchange { .. }, _) => {}
            }
        }
        *config = self.canonical(std::mem::replace(config, Config::new(Vec::new())));
    }

    /// What can be saved in one cell. Savings of different elements of a subset do not depend on each other.
    fn savings(&self, slot: Slot, row: &[f64], value: &Value, excess: f64, savings: &mut Vec<Saving>) {
        let domain = &self.dimensions[slot.dimension].domain;
        let mut add = |amount: f64, change: SavingChange| {
            if amount > 0.0 {
                savings.push(Saving { slot, amount, change });
            }
        };
        match (domain, value) {
            (Domain::Subset { of, .. }, Value::Indices(chosen)) => {
                let cost = |element: &u32| row[*element as usize];
                let (mut chosen, mut outside) = (chosen.clone(), left_out(chosen, *of));
                chosen.sort_by(|a, b| cost(b).total_cmp(&cost(a)));
                outside.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
                for (&out, &into) in chosen.iter().zip(&outside) {
                    add(cost(&out) - cost(&into), SavingChange::Exchange { out, into });
                }
            }
            (Domain::Int { min, max }, Value::Int(number)) if row[0] != 0.0 => {
                // As far as needed, or to the end.
                let steps = (excess / row[0].abs()).ceil().min(9e18) as i64;
                let next =
                    if row[0] > 0.0 { number.saturating_sub(steps) } else { number.saturating_add(steps) };
                let next = next.clamp(*min, *max);
                add(row[0] * (*number as f64 - next as f64), SavingChange::Value(Value::Int(next)));
            }
            _ => {
                let (cheapest, cost) = cheapest_value(domain, row);
                add(ledger::cost(row, value) - cost, SavingChange::Value(cheapest));
            }
        }
    }

    /// Gives cells their cheapest value, in random order, until the budget is met.
    fn take_cheapest(&self, budget: &Budget, config: &mut Config, keep: &[Slot], random: &mut Rng) {
        let kept: HashSet<Slot> = keep.iter().copied().collect();
        let mut slots: Vec<Slot> = self.slots().filter(|slot| !kept.contains(slot)).collect();
        slots.shuffle(random);
        let activity = self.activity(config);
        slots.retain(|slot| activity.of_slot(*slot));
        let mut excess = self.used(budget, config) - budget.limit;
        for slot in slots {
            if excess <= 0.0 {
                break;
            }
            if let Some(row) = row(budget, slot) {
                let (value, cost) = cheapest_value(&self.dimensions[slot.dimension].domain, &row);
                excess -= ledger::cost(&row, config.get(slot)) - cost;
                config.set(slot, value);
            }
        }
    }
}

/// What the values of a cell add to a budget; `None` when it carries no cost.
fn row(budget: &Budget, slot: Slot) -> Option<Vec<f64>> {
    let mut terms = budget.terms.iter().filter(|term| term.dimension == slot.dimension);
    let mut row = terms.next()?.row(slot.cell).to_vec();
    for term in terms {
        row.iter_mut().zip(term.row(slot.cell)).for_each(|(sum, cost)| *sum += cost);
    }
    Some(row)
}
