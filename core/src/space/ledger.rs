//! Book-keeping of constraints while a config is being changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Budget, Config, Constraint, Slot, Space, Value};

/// What `config` uses of a budget.
pub(super) fn used(budget: &Budget, config: &Config) -> f64 {
    budget
        .terms
        .iter()
        .flat_map(|term| {
            config.dimensions()[term.dimension]
                .iter()
                .enumerate()
                .map(|(cell, value)| cost(term.row(cell), value))
        })
        .sum()
}

/// What one cell with `value` adds, given its cost row.
pub(super) fn cost(row: &[f64], value: &Value) -> f64 {
    match value {
        Value::Index(index) => row[*index as usize],
        Value::Int(number) => row[0] * *number as f64,
        Value::Real(number) => row[0] * number,
        Value::Indices(indices) => indices.iter().map(|&index| row[index as usize]).sum(),
        Value::Reals(_) => 0.0,
    }
}

/// By how many options or cells a constraint other than a budget is missed; 0 when it is met.
pub(super) fn broken(space: &Space, constraint: &Constraint, config: &Config) -> u32 {
    let option = |value: &Value| match value {
        Value::Index(index) => *index,
        _ => u32::MAX,
    };
    match constraint {
        Constraint::Budget(_) => 0,
        Constraint::Distinct { dimension, by, at_most } => {
            let mut seen: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
            let groups = space.dimensions[*dimension].groups(by);
            for (group, value) in groups.into_iter().zip(&config.dimensions()[*dimension]) {
                seen.entry(group).or_default().insert(option(value));
            }
            seen.values().map(|options| (options.len() as u32).saturating_sub(*at_most)).sum()
        }
        Constraint::Exactly { dimension, option: wanted, count } => {
            let cells = &config.dimensions()[*dimension];
            let found = cells.iter().filter(|value| option(value) == *wanted).count() as u32;
            found.abs_diff(*count)
        }
        Constraint::Forbidden { cells } => {
            u32::from(cells.iter().all(|&(slot, wanted)| option(config.get(slot)) == wanted))
        }
    }
}

/// A config together with what it uses and breaks, kept current under changes.
pub(super) struct Ledger<'s> {
    space: &'s Space,
    pub(super) config: Config,
    used: Vec<f64>,
    broken: u32,
    has_structure: bool,
}

/// Changes of cells that belong together.
pub(super) type Change = Vec<(Slot, Value)>;

impl<'s> Ledger<'s> {
    pub(super) fn new(space: &'s Space, config: Config) -> Self {
        let used = space.budgets().map(|budget| used(budget, &config)).collect();
        let has_structure = space.constraints.len() > space.budgets().count();
        let mut ledger = Self { space, config, used, broken: 0, has_structure };
        ledger.broken = ledger.count_broken();
        ledger
    }

    fn count_broken(&self) -> u32 {
        if !self.has_structure {
            return 0;
        }
        self.space.constraints.iter().map(|constraint| broken(self.space, constraint, &self.config)).sum()
    }

    /// How far the config is from feasible: relative budget excess plus missed options. 0 is feasible.
    pub(super) fn violation(&self) -> f64 {
        let excess = self.space.budgets().zip(&self.used).map(|(budget, used)| {
            let over = used - budget.limit;
            if over > budget.tolerance() { over / budget.limit.abs().max(1e-12) } else { 0.0 }
        });
        excess.sum::<f64>() + f64::from(self.broken)
    }

    /// Sum of the used shares of all budgets: what a refill raises and a repair lowers.
    pub(super) fn load(&self) -> f64 {
        self.space.budgets().zip(&self.used).map(|(budget, used)| used / budget.limit.abs().max(1e-12)).sum()
    }

    /// Applies `change` and returns the change that undoes it.
    pub(super) fn apply(&mut self, change: Change) -> Change {
        let mut undo = Vec::with_capacity(change.len());
        for (slot, value) in change {
            for (budget, used) in self.space.budgets().zip(&mut self.used) {
                for term in budget.terms.iter().filter(|term| term.dimension == slot.dimension) {
                    let row = term.row(slot.cell);
                    *used += cost(row, &value) - cost(row, self.config.get(slot));
                }
            }
            undo.push((slot, self.config.set(slot, value)));
        }
        if self.has_structure {
            self.broken = self.count_broken();
        }
        undo.reverse();
        undo
    }
}
