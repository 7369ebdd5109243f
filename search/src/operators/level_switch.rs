//! EvoPress' mutation: level switches.

use std::sync::Arc;

use attune_core::rng::Rng;
use attune_core::space::{Config, Domain, Slot, Space, Value};
use rand::RngExt as _;
use rand::seq::IteratorRandom as _;

use super::{Variation, VariationError};

/// Draws of one switch before a child goes without it.
const ATTEMPTS: usize = 64;

/// `min(U{1..3}, U{1..3})` switches of the first parent (EvoPress, arXiv 2410.14649, §3.3): a level goes down in one
/// cell and up in another, two cells exchange their options, or a subset exchanges an element. Every
/// budget keeps its sum exactly. Where no switch does, the space's own mutation steps in.
pub struct LevelSwitch(Arc<Space>);

impl LevelSwitch {
    /// The operator on `space`.
    pub fn new(space: Arc<Space>) -> Self {
        Self(space)
    }

    /// `config` after one switch, if one is found.
    fn switch(&self, config: &Config, random: &mut Rng) -> Option<Config> {
        for _ in 0..ATTEMPTS {
            let slot = self.0.slots().choose(random)?;
            let Some(child) = self.attempt(config, slot, random) else { continue };
            let kept = self
                .0
                .budgets()
                .all(|budget| (budget.used(&child) - budget.used(config)).abs() <= budget.tolerance());
            if kept && child != *config && self.0.check(&child).is_ok() {
                return Some(child);
            }
        }
        None
    }

    fn attempt(&self, config: &Config, slot: Slot, random: &mut Rng) -> Option<Config> {
        let described = &self.0.dimensions()[slot.dimension];
        let mut child = config.clone();
        let mut other = || {
            let cells = (0..described.cells()).filter(|cell| *cell != slot.cell);
            cells.choose(random).map(|cell| Slot { cell, ..slot })
        };
        match (&described.domain, config.get(slot)) {
            (Domain::Level { levels }, Value::Index(down)) => {
                let other = other()?;
                let Value::Index(up) = config.get(other) else { return None };
                let up = up.checked_add(1).filter(|up| (*up as usize) < levels.len())?;
                child.set(slot, Value::Index(down.checked_sub(1)?));
                child.set(other, Value::Index(up));
            }
            (Domain::Choice { .. }, value) => {
                let other = other()?;
                child.set(slot, config.get(other).clone());
                child.set(other, value.clone());
            }
            (Domain::Subset { of, .. }, Value::Indices(elements)) => {
                let enters = (0..*of).filter(|element| !elements.contains(element)).choose(random)?;
                let mut elements = elements.clone();
                *elements.iter_mut().choose(random)? = enters;
                elements.sort_unstable();
                child.set(slot, Value::Indices(elements));
            }
            (domain, value) => {
                child.set(slot, domain.step(value, random));
                child = self.0.canonical(child);
            }
        }
        Some(child)
    }
}

impl Variation for LevelSwitch {
    fn vary(&self, parents: &[&Config], random: &mut Rng) -> Result<Config, VariationError> {
        let [parent, ..] = parents else { return Err(VariationError::NoParents) };
        let switches = random.random_range(1..=3).min(random.random_range(1..=3));
        let mut child = (*parent).clone();
        for _ in 0..switches {
            if let Some(switched) = self.switch(&child, random) {
                child = switched;
            }
        }
        Ok(if child == **parent { self.0.mutate(parent, random) } else { child })
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
