//! EvoPress' mutation: level switches.

use std::sync::Arc;

use attune_core::rng::Rng;
use attune_core::space::{Config, Domain, RepairWork, Slot, Space, Value};
use rand::RngExt as _;
use rand::seq::{IteratorRandom as _, SliceRandom as _};

use super::{Variation, VariationError};

/// Draws of one switch before a child goes without it.
const ATTEMPTS: usize = 64;
/// Of these, those that have to keep every budget exactly: where cells differ in size, that may not be possible.
const EXACT: usize = 32;
/// Cells that may make up for one that takes more of a budget, or less.
const OTHERS: usize = 16;

/// `min(U{1..3}, U{1..3})` switches of the first parent (EvoPress, arXiv 2410.14649, §3.3): one cell goes a level up or
/// down, or takes another option, and others make up for what that takes of the budgets, or frees. The paper's levels are
/// evenly spaced, so that one cell up and one down keep the budget; where they are not, as with 2, 3, 4 and 8 bits, it is the
/// budget that is kept, and not the sum of the levels: 4 bits more in one cell are 4 less in one, two or more others. Where
/// nothing limits how often an option is taken, a switch is another option in one cell. A subset exchanges an element. Two cells that
/// exchange their options keep what counts options, too. Where no switch does, the space's own mutation steps in.
pub struct LevelSwitch(Arc<Space>);

impl LevelSwitch {
    /// The operator on `space`.
    pub fn new(space: Arc<Space>) -> Self {
        Self(space)
    }

    /// `config` after one switch, if one is found.
    fn switch(&self, config: &Config, random: &mut Rng) -> Option<Config> {
        for attempt in 0..ATTEMPTS {
            let slot = self.0.slots().choose(random)?;
            let (child, left) = self.attempt(config, slot, random);
            let child = self.0.followed(config, child, random);
            let kept = attempt >= EXACT
                || self.0.budgets().zip(&left).all(|(budget, left)| left.abs() <= budget.tolerance());
            if kept && child != *config && self.0.check(&child).is_ok() {
                return Some(child);
            }
        }
        None
    }

    /// A child that changes in `slot`, and what it takes more of every budget.
    fn attempt(&self, config: &Config, slot: Slot, random: &mut Rng) -> (Config, Vec<f64>) {
        let mut child = config.clone();
        let domain = &self.0.dimensions()[slot.dimension].domain;
        let mut left = vec![0.0; self.0.budgets().count()];
        match (domain, config.get(slot)) {
            (Domain::Level { .. }, value) => {
                let Some(value) = beside(domain, value).choose(random) else { return (child, left) };
                self.set(&mut child, slot, value, &mut left);
                self.make_up(config, &mut child, slot, &mut left, random);
            }
            (Domain::Choice { .. }, value) => {
                // Half of the switches exchange the options of two cells, which keeps the number of each.
                let others =
                    (0..self.0.dimensions()[slot.dimension].cells()).filter(|cell| *cell != slot.cell);
                let other = others.choose(random).map(|cell| Slot { cell, ..slot });
                if let Some(other) = other.filter(|_| random.random()) {
                    let (here, there) = (value.clone(), config.get(other).clone());
                    self.set(&mut child, slot, there, &mut left);
                    self.set(&mut child, other, here, &mut left);
                } else if let Some(value) = beside(domain, value).choose(random) {
                    self.set(&mut child, slot, value, &mut left);
                    self.make_up(config, &mut child, slot, &mut left, random);
                }
            }
            (Domain::Subset { of, .. }, Value::Indices(elements)) => {
                let enters = (0..*of).filter(|element| !elements.contains(element)).choose(random);
                let mut elements = elements.clone();
                if let (Some(enters), Some(leaves)) = (enters, elements.iter_mut().choose(random)) {
                    *leaves = enters;
                    elements.sort_unstable();
                    self.set(&mut child, slot, Value::Indices(elements), &mut left);
                }
            }
            (domain, value) => {
                self.set(&mut child, slot, domain.step(value, random), &mut left);
                child = self.0.canonical(child);
            }
        }
        (child, left)
    }

    /// Lets other cells take what is left of the budgets, or give what is missing, as long as some cell brings that closer to
    /// nothing without going beyond it.
    fn make_up(
        &self,
        parent: &Config,
        child: &mut Config,
        slot: Slot,
        left: &mut Vec<f64>,
        random: &mut Rng,
    ) {
        let mut others: Vec<Slot> = self.0.slots().filter(|other| *other != slot).collect();
        for _ in 0..OTHERS {
            if self.0.budgets().zip(&*left).all(|(budget, left)| left.abs() <= budget.tolerance()) {
                return;
            }
            others.shuffle(random);
            let changed = others.iter().position(|&other| {
                // A cell makes up once, from where it was.
                let value = child.get(other);
                if value != parent.get(other) {
                    return false;
                }
                let domain = &self.0.dimensions()[other.dimension].domain;
                let closer = beside(domain, value).filter(|value| {
                    let mut after = left.clone();
                    self.add(&mut after, other, child.get(other), -1.0);
                    self.add(&mut after, other, value, 1.0);
                    let beyond =
                        |(before, after): (&f64, &f64)| before * after < 0.0 || after.abs() > before.abs();
                    after != *left && !left.iter().zip(&after).any(beyond)
                });
                let Some(value) = closer.choose(random) else { return false };
                self.set(child, other, value, left);
                true
            });
            if changed.is_none() {
                return;
            }
        }
    }

    fn set(&self, config: &mut Config, slot: Slot, value: Value, left: &mut [f64]) {
        self.add(left, slot, &value, 1.0);
        let before = config.set(slot, value);
        self.add(left, slot, &before, -1.0);
    }

    /// Adds what a value takes of every budget, times `sign`.
    fn add(&self, used: &mut [f64], slot: Slot, value: &Value, sign: f64) {
        for (budget, used) in self.0.budgets().zip(used) {
            let rows = budget.terms.iter().filter(|term| term.dimension == slot.dimension);
            for row in rows.map(|term| term.row(slot.cell)) {
                let of = |index: &u32| row.get(*index as usize).copied().unwrap_or(0.0);
                *used += sign
                    * match value {
                        Value::Index(index) => of(index),
                        Value::Int(number) => of(&0) * *number as f64,
                        Value::Real(number) => of(&0) * number,
                        Value::Indices(indices) => indices.iter().map(of).sum(),
                        Value::Reals(_) => 0.0,
                    };
            }
        }
    }
}

/// The levels beside a level, and every other option of a choice.
fn beside(domain: &Domain, value: &Value) -> impl Iterator<Item = Value> {
    let here = match value {
        Value::Index(index) => i64::from(*index),
        _ => -1,
    };
    let count = domain.options().filter(|_| here >= 0).unwrap_or(0);
    let ordered = matches!(domain, Domain::Level { .. });
    (0..count)
        .filter(move |&other| {
            let apart = (i64::from(other) - here).abs();
            apart == 1 || (apart > 1 && !ordered)
        })
        .map(Value::Index)
}

impl Variation for LevelSwitch {
    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        let [parent, ..] = parents else { return Err(VariationError::NoParents) };
        let switches = random.random_range(1..=3).min(random.random_range(1..=3));
        let mut child = (*parent).clone();
        for _ in 0..switches {
            if let Some(switched) = self.switch(&child, random) {
                child = switched;
            }
        }
        if child == **parent {
            // Two switches may undo each other.
            return Ok(self
                .switch(parent, random)
                .unwrap_or_else(|| self.0.mutate_counted(parent, random, spent)));
        }
        Ok(child)
    }
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;
    use attune_core::space::{Axis, Budget, BudgetTerm, Constraint, Dimension};

    use super::*;
    use attune_testkit::spaces;

    #[test]
    fn budgets_keep_their_sum() {
        let (_, space) = spaces::all().unwrap().remove(2);
        let budget = space.budgets().next().unwrap();
        let operator = LevelSwitch::new(space.clone());
        for seed in 0..200 {
            let mut random = derive(seed, "switch", &[]);
            let parent = space.sample(&mut random).unwrap();
            let child = operator.vary(&[&parent], &mut random).unwrap();
            assert!(space.check(&child).is_ok());
            // Without two cells that can trade a level, mutation steps in and may save budget.
            if operator.switch(&parent, &mut random).is_some() {
                assert_eq!(budget.used(&child), budget.used(&parent), "seed {seed}");
            }
        }
    }

    #[test]
    fn modules_of_different_sizes_trade_with_their_own_kind() {
        let sizes = [1.0, 1.0, 3.0, 3.0];
        let levels = vec![2.0, 3.0, 4.0];
        let costs = sizes.map(|size| levels.iter().map(|level| level * size).collect()).to_vec();
        let bits = Dimension {
            name: "bits".into(),
            help: "bits".into(),
            axes: vec![Axis::new("module", 4)],
            domain: Domain::Level { levels },
        };
        let budget = Budget {
            resource: "bits".into(),
            unit: "bits".into(),
            limit: 24.0,
            terms: vec![BudgetTerm { dimension: 0, costs }],
        };
        let space = Arc::new(Space::new(vec![bits], vec![Constraint::Budget(budget.clone())]).unwrap());
        let operator = LevelSwitch::new(space);
        let parent = Config::new(vec![vec![Value::Index(1); 4]]);
        for seed in 0..100 {
            let child = operator.switch(&parent, &mut derive(seed, "switch", &[])).unwrap();
            assert_eq!(budget.used(&child), 24.0, "seed {seed}");
            let cells = &child.dimensions()[0];
            let changed: Vec<f64> = cells
                .iter()
                .zip(sizes)
                .filter(|(cell, _)| **cell != Value::Index(1))
                .map(|(_, size)| size)
                .collect();
            assert!(matches!(changed[..], [one, other] if one == other), "seed {seed}: {cells:?}");
        }
    }

    /// Layers of 2, 3, 4 or 8 bits under a budget.
    fn bits(layers: u32, limit: f64) -> Arc<Space> {
        let levels = vec![2.0, 3.0, 4.0, 8.0];
        let budget = Budget {
            resource: "bits".into(),
            unit: "bits".into(),
            limit,
            terms: vec![BudgetTerm { dimension: 0, costs: vec![levels.clone()] }],
        };
        let dimension = Dimension {
            name: "bits".into(),
            help: "bits".into(),
            axes: vec![Axis::new("layer", layers)],
            domain: Domain::Level { levels },
        };
        Arc::new(Space::new(vec![dimension], vec![Constraint::Budget(budget)]).unwrap())
    }

    #[test]
    fn uneven_levels_are_all_reached_and_the_budget_is_kept() {
        let space = bits(12, 48.0);
        let operator = LevelSwitch::new(space.clone());
        let budget = space.budgets().next().unwrap();
        let mut seen = [0; 4];
        for seed in 0..50 {
            let mut random = derive(seed, "switch", &[]);
            // Four bits everywhere, as a search starts: nobody has eight.
            let mut config = Config::new(vec![vec![Value::Index(2); 12]]);
            for _ in 0..20 {
                config = operator.vary(&[&config], &mut random).unwrap();
                assert_eq!(budget.used(&config), 48.0);
                for value in &config.dimensions()[0] {
                    let Value::Index(level) = value else { panic!("{value:?}") };
                    seen[*level as usize] += 1;
                }
            }
        }
        assert!(seen.iter().all(|count| *count > 500), "{seen:?}");
    }

    #[test]
    fn options_that_nothing_counts_are_taken_as_often_as_they_are_good() {
        let options = ["a", "b", "c"].map(str::to_owned).to_vec();
        let dimension = Dimension {
            name: "d".into(),
            help: "d".into(),
            axes: vec![Axis::new("edge", 6)],
            domain: Domain::Choice { options },
        };
        let operator = LevelSwitch::new(Arc::new(Space::new(vec![dimension], vec![]).unwrap()));
        let counts = |config: &Config| {
            [0, 1, 2].map(|option| {
                config.dimensions()[0].iter().filter(|value| **value == Value::Index(option)).count()
            })
        };
        let parent = Config::new(vec![vec![Value::Index(0); 6]]);
        let changed = (0..100).filter(|&seed| {
            let child = operator.vary(&[&parent], &mut derive(seed, "switch", &[])).unwrap();
            counts(&child) != counts(&parent)
        });
        assert_eq!(changed.count(), 100, "all alike, two cells have nothing to exchange");
    }

    #[test]
    fn mostly_one_switch() {
        // P(min = 1) = 5/9, P(min = 2) = 3/9, P(min = 3) = 1/9.
        let (_, space) = spaces::all().unwrap().remove(0);
        let operator = LevelSwitch::new(space.clone());
        let mut random = derive(7, "switch", &[]);
        let parent = space.sample(&mut random).unwrap();
        let single = (0..2000).filter(|_| {
            let child = operator.vary(&[&parent], &mut random).unwrap();
            let cells = space.slots().map(|slot| match (parent.get(slot), child.get(slot)) {
                (Value::Indices(a), Value::Indices(b)) => b.iter().filter(|e| !a.contains(e)).count(),
                _ => 0,
            });
            cells.sum::<usize>() == 1
        });
        let share = single.count() as f64 / 2000.0;
        // A second switch in the same cell may undo or extend the first: slightly more than 5/9.
        assert!((0.52..0.65).contains(&share), "{share}");
    }
}
