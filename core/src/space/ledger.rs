//! Book-keeping of constraints while a config is being changed.

use std::collections::{BTreeMap, BTreeSet};

use super::active::Activity;
use super::exact_sum::ExactSum;
use super::{Budget, BudgetTerm, Config, Constraint, Slot, Space, Value};

/// What the cells of `config` that count use of a budget, exactly.
pub(super) fn exactly_used(budget: &Budget, config: &Config, activity: &Activity) -> ExactSum {
    let mut sum = ExactSum::default();
    for (term, cell, value) in charged(budget, config, activity) {
        add_cost(&mut sum, term.row(cell), value);
    }
    sum
}

/// The cells that a budget charges.
fn charged<'a>(
    budget: &'a Budget,
    config: &'a Config,
    activity: &'a Activity,
) -> impl Iterator<Item = (&'a BudgetTerm, usize, &'a Value)> {
    budget.terms.iter().flat_map(move |term| {
        let cells = config.dimensions().get(term.dimension).map_or(&[][..], Vec::as_slice);
        let cells = cells.iter().enumerate().filter(move |(cell, _)| activity.has(term.dimension, *cell));
        cells.map(move |(cell, value)| (term, cell, value))
    })
}

impl Budget {
    /// What all cells of `config` use of the budget, rounded once and at the end; [`Space::used`] charges only those that
    /// count.
    pub fn used(&self, config: &Config) -> f64 {
        exactly_used(self, config, &Activity::all()).value()
    }
}

impl Space {
    /// What the cells of `config` that count use of a budget, rounded once and at the end.
    pub fn used(&self, budget: &Budget, config: &Config) -> f64 {
        exactly_used(budget, config, &self.activity(config)).value()
    }
}

/// Whether `config` is within a budget: the sum is exact, and so is the comparison, wherever rounding could decide it.
pub(super) fn within(budget: &Budget, config: &Config, activity: &Activity) -> bool {
    if let Some(sum) = quick_sum(budget, config, activity) {
        // Every product, every sum and the difference is off by half an epsilon of what was added up at most (Higham 2002,
        // §4.2); eight times that is beyond doubt.
        let (excess, limit) = (sum.value - budget.limit, budget.limit.abs());
        let doubt = 4.0 * f64::EPSILON * (sum.count + 2.0) * (sum.magnitude + limit);
        if excess + doubt <= budget.tolerance() {
            return true;
        }
        if excess - doubt > budget.tolerance() {
            return false;
        }
    }
    let mut excess = exactly_used(budget, config, activity);
    excess.add(-budget.limit);
    excess.value() <= budget.tolerance()
}

/// A sum that is rounded at every step, and what bounds its error.
struct QuickSum {
    value: f64,
    /// The sum of absolute values.
    magnitude: f64,
    /// Of how many numbers.
    count: f64,
}

/// What a config of options uses of a budget; `None` where cells hold something else.
fn quick_sum(budget: &Budget, config: &Config, activity: &Activity) -> Option<QuickSum> {
    let mut sum = QuickSum { value: 0.0, magnitude: 0.0, count: 0.0 };
    for (term, cell, value) in charged(budget, config, activity) {
        let Value::Index(option) = value else { return None };
        let cost = term.row(cell).get(*option as usize).copied().unwrap_or(0.0);
        sum.value += cost;
        sum.magnitude += cost.abs();
        sum.count += 1.0;
    }
    Some(sum)
}

fn add_cost(sum: &mut ExactSum, row: &[f64], value: &Value) {
    let of = |index: &u32| row.get(*index as usize).copied().unwrap_or(0.0);
    match value {
        Value::Index(index) => sum.add(of(index)),
        Value::Int(number) => sum.add_whole(of(&0), *number),
        Value::Real(number) => sum.add_product(of(&0), *number),
        Value::Indices(indices) => indices.iter().for_each(|index| sum.add(of(index))),
        Value::Reals(_) => {}
    }
}

/// What `config` uses of a budget, added up in order: quick, and rounded at every step.
pub(super) fn roughly_used(budget: &Budget, config: &Config, activity: &Activity) -> f64 {
    charged(budget, config, activity).map(|(term, cell, value)| cost(term.row(cell), value)).sum()
}

/// Sum of the used shares of all budgets, each added up in order.
pub(super) fn roughly_loaded(space: &Space, config: &Config) -> f64 {
    let activity = space.activity(config);
    space.budgets().map(|budget| share(budget, roughly_used(budget, config, &activity))).sum()
}

fn share(budget: &Budget, used: f64) -> f64 {
    used / budget.limit.abs().max(1e-12)
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
///
/// Only cells that count are seen.
pub(super) fn broken(space: &Space, constraint: &Constraint, config: &Config, activity: &Activity) -> u64 {
    let option = |value: &Value| match value {
        Value::Index(index) => *index,
        _ => u32::MAX,
    };
    match constraint {
        Constraint::Budget(_) => 0,
        Constraint::Distinct { dimension, by, at_most } => {
            let mut seen: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
            let groups = space.dimensions[*dimension].groups(by);
            let cells = groups.into_iter().zip(&config.dimensions()[*dimension]).enumerate();
            for (_, (group, value)) in cells.filter(|(cell, _)| activity.has(*dimension, *cell)) {
                seen.entry(group).or_default().insert(option(value));
            }
            seen.values().map(|options| (options.len() as u64).saturating_sub(u64::from(*at_most))).sum()
        }
        Constraint::Exactly { dimension, option: wanted, count } => {
            let cells = config.dimensions()[*dimension].iter().enumerate();
            let cells =
                cells.filter(|(cell, value)| option(value) == *wanted && activity.has(*dimension, *cell));
            (cells.count() as u64).abs_diff(u64::from(*count))
        }
        Constraint::Forbidden { cells } => {
            let taken =
                |&(slot, wanted): &(Slot, u32)| option(config.get(slot)) == wanted && activity.of_slot(slot);
            u64::from(cells.iter().all(taken))
        }
        Constraint::Ascending { dimension, along } => {
            space.falling(space.along(*dimension, along), *dimension, config, activity).count() as u64
        }
        Constraint::Active { dimension, .. } => {
            let first = space.dimensions[*dimension].domain.first();
            let cells = config.dimensions()[*dimension].iter().enumerate();
            cells.filter(|(cell, value)| **value != first && !activity.has(*dimension, *cell)).count() as u64
        }
    }
}

/// A config together with what it uses and breaks, kept current under changes.
pub(super) struct Ledger<'s> {
    space: &'s Space,
    pub(super) config: Config,
    activity: Activity,
    used: Vec<f64>,
    /// Of each constraint that is no budget, by how much it is missed.
    broken: Vec<(&'s Constraint, u64)>,
    /// Numbers that a change looks at, for counting work.
    weight: u64,
}

/// Changes of cells that belong together.
pub(super) type Change = Vec<(Slot, Value)>;

impl<'s> Ledger<'s> {
    pub(super) fn new(space: &'s Space, config: Config) -> Self {
        let activity = space.activity(&config);
        let used = space.budgets().map(|budget| roughly_used(budget, &config, &activity)).collect();
        let cells = |dimension: usize| space.dimensions[dimension].cells() as u64;
        let looked_at = space.constraints.iter().map(|constraint| match constraint {
            Constraint::Budget(budget) => budget.terms.len() as u64,
            Constraint::Distinct { dimension, .. } | Constraint::Exactly { dimension, .. } => {
                cells(*dimension)
            }
            Constraint::Forbidden { cells } => cells.len() as u64,
            Constraint::Active { dimension, .. } => cells(*dimension),
            Constraint::Ascending { .. } => 2,
        });
        let weight = 1 + looked_at.sum::<u64>();
        let constraints = space.constraints.iter();
        let structural = constraints.filter(|constraint| !matches!(constraint, Constraint::Budget(_)));
        let broken = structural
            .map(|constraint| (constraint, broken(space, constraint, &config, &activity)))
            .collect();
        Self { space, config, activity, used, broken, weight }
    }

    /// Which cells count.
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Numbers that one change of one cell looks at.
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// Whether the config is feasible beyond doubt. Sums that are kept current drift; when they say that a budget is
    /// met and it is not, they are taken anew.
    pub(super) fn settle(&mut self) -> bool {
        if self.space.budgets().all(|budget| within(budget, &self.config, &self.activity)) {
            return self.broken() == 0;
        }
        let used = |budget| exactly_used(budget, &self.config, &self.activity).value();
        self.used = self.space.budgets().map(used).collect();
        false
    }

    fn broken(&self) -> u64 {
        self.broken.iter().map(|(_, missed)| missed).sum()
    }

    /// How far the config is from feasible: relative budget excess plus missed options. 0 is feasible.
    pub(super) fn violation(&self) -> f64 {
        let excess = self.space.budgets().zip(&self.used).map(|(budget, used)| {
            let over = used - budget.limit;
            if over > budget.tolerance() { over / budget.limit.abs().max(1e-12) } else { 0.0 }
        });
        excess.sum::<f64>() + self.broken() as f64
    }

    /// Sum of the used shares of all budgets: what a refill raises and a repair lowers.
    pub(super) fn load(&self) -> f64 {
        self.space.budgets().zip(&self.used).map(|(budget, used)| share(budget, *used)).sum()
    }

    /// Applies `change` and returns the change that undoes it. Cells that do not count any more are reset.
    pub(super) fn apply(&mut self, change: Change) -> Change {
        let mut undo = Vec::with_capacity(change.len());
        let mut touched = Vec::new();
        for (slot, value) in change {
            self.set(slot, value, &mut undo, &mut touched);
        }
        let touches = |constraint: &Constraint| match constraint {
            Constraint::Budget(_) => false,
            Constraint::Distinct { dimension, .. }
            | Constraint::Exactly { dimension, .. }
            | Constraint::Active { dimension, .. } => touched.contains(dimension),
            // Kept current cell by cell, as long as all cells count.
            Constraint::Ascending { dimension, .. } => {
                touched.contains(dimension) && !self.space.structure.conditions(*dimension).is_empty()
            }
            Constraint::Forbidden { cells } => {
                cells.iter().any(|(slot, _)| touched.contains(&slot.dimension))
            }
        };
        for (constraint, missed) in &mut self.broken {
            if touches(constraint) {
                *missed = broken(self.space, constraint, &self.config, &self.activity);
            }
        }
        undo.reverse();
        undo
    }

    fn set(&mut self, slot: Slot, value: Value, undo: &mut Change, touched: &mut Vec<usize>) {
        touched.push(slot.dimension);
        if self.activity.of_slot(slot) {
            for (budget, used) in self.space.budgets().zip(&mut self.used) {
                for term in budget.terms.iter().filter(|term| term.dimension == slot.dimension) {
                    let row = term.row(slot.cell);
                    *used += cost(row, &value) - cost(row, self.config.get(slot));
                }
            }
        }
        let structure = &self.space.structure;
        let by_cell = structure.conditions(slot.dimension).is_empty();
        let falling = |ledger: &Self, along: &String| {
            let along = ledger.space.along(slot.dimension, along);
            ledger.space.falling_beside(along, slot, &ledger.config, &ledger.activity)
        };
        let orders: Vec<usize> = (0..self.broken.len())
            .filter(|place| {
                matches!(self.broken[*place].0,
                    Constraint::Ascending { dimension, .. } if by_cell && *dimension == slot.dimension)
            })
            .collect();
        for &place in &orders {
            if let Constraint::Ascending { along, .. } = self.broken[place].0 {
                self.broken[place].1 -= falling(self, along);
            }
        }
        undo.push((slot, self.config.set(slot, value)));
        for place in orders {
            if let Constraint::Ascending { along, .. } = self.broken[place].0 {
                self.broken[place].1 += falling(self, along);
            }
        }
        if !structure.dependants(slot.dimension).is_empty() {
            self.decide_anew(slot.dimension, undo, touched);
        }
    }

    /// What follows for other dimensions where one that decides about them has changed.
    fn decide_anew(&mut self, changed: usize, undo: &mut Change, touched: &mut Vec<usize>) {
        let structure = &self.space.structure;
        let mut decides = BTreeSet::from([changed]);
        for &number in structure.sequence() {
            if !structure.conditions(number).iter().any(|condition| decides.contains(&condition.when)) {
                continue;
            }
            let before = self.activity.of_dimension(number).to_vec();
            self.space.decide(number, &self.config, &mut self.activity);
            let domain = &self.space.dimensions[number].domain;
            for (cell, had) in before.into_iter().enumerate() {
                let has = self.activity.has(number, cell);
                if had == has {
                    continue;
                }
                decides.insert(number);
                touched.push(number);
                let slot = Slot { dimension: number, cell };
                for (budget, used) in self.space.budgets().zip(&mut self.used) {
                    for term in budget.terms.iter().filter(|term| term.dimension == number) {
                        let amount = cost(term.row(cell), self.config.get(slot));
                        *used += if has { amount } else { -amount };
                    }
                }
                if !has {
                    undo.push((slot, self.config.set(slot, domain.first())));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;
    use crate::rng;
    use crate::space::{BudgetTerm, Dimension};

    #[test]
    fn a_quick_sum_never_decides_otherwise_than_the_exact_one() {
        let mut random = rng::derive(1, "quick", &[]);
        for _ in 0..200 {
            // Costs of very different sizes that cancel each other, and limits that are met, or missed, by next to nothing.
            let mut cost = || random.random_range(-1.0..1.0) * 10_f64.powi(random.random_range(-9..9));
            let costs = vec![(0..4).map(|_| cost()).collect()];
            let mut budget = Budget {
                resource: "r".to_owned(),
                unit: String::new(),
                limit: 0.0,
                terms: vec![BudgetTerm { dimension: 0, costs }],
            };
            let level = Dimension::level("d", [1.0, 2.0, 3.0, 4.0]).along("cell", 50);
            let config = Space::of([level]).unwrap().sample(&mut random).unwrap();
            for apart in [0.0, 1e-16, 1e-12, 1e-9, 1.000_001e-9, 1e-6] {
                let used = budget.used(&config);
                budget.limit = used - apart * used.abs().max(1.0);
                let all = &Activity::all();
                let mut excess = exactly_used(&budget, &config, all);
                excess.add(-budget.limit);
                assert_eq!(
                    within(&budget, &config, all),
                    excess.value() <= budget.tolerance(),
                    "{apart}: {used}"
                );
            }
        }
    }
}
