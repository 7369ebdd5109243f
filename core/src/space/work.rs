//! Work that is counted, so that it ends: the same on every machine.

use super::Value;

/// Numbers that one repair looks at before it gives up, about a second of work. Spaces of real models need a
/// thousandth of it.
const MOST_WORK: u64 = 1 << 27;

/// The work that repairs have done, in numbers that are looked at or moved: what a search counts that makes many children
/// for one that it proposes.
#[derive(Clone, Debug, Default)]
pub struct Work {
    spent: u64,
}

impl Work {
    /// Numbers so far, the same on every machine.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    pub(super) fn spend(&mut self, numbers: u64) {
        self.spent = self.spent.saturating_add(numbers);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent >= MOST_WORK
    }
}

/// Numbers in a value.
pub(super) fn size(value: &Value) -> u64 {
    match value {
        Value::Index(_) | Value::Int(_) | Value::Real(_) => 1,
        Value::Indices(indices) => indices.len() as u64 + 1,
        Value::Reals(numbers) => numbers.len() as u64 + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use crate::space::{Axis, Budget, BudgetTerm, Constraint, Dimension, Domain, Slot, Space};

    /// What looking at one more change takes at most: all numbers of the largest space, a few times.
    const ONE_MORE: u64 = 1 << 23;

    fn space(axes: &[(&str, u32)], domain: Domain, constraints: Vec<Constraint>) -> Space {
        let axes = axes.iter().map(|(name, len)| Axis::new(name, *len)).collect();
        let dimension = Dimension { name: "d".to_owned(), help: String::new(), axes, domain };
        Space::new(vec![dimension], constraints).unwrap()
    }

    fn choice(options: u32) -> Domain {
        Domain::Choice { options: (0..options).map(|option| option.to_string()).collect() }
    }

    fn budget(limit: f64, costs: Vec<Vec<f64>>) -> Constraint {
        let (resource, unit) = ("r".to_owned(), String::new());
        Constraint::Budget(Budget { resource, unit, limit, terms: vec![BudgetTerm { dimension: 0, costs }] })
    }

    fn forbidden(cells: impl IntoIterator<Item = (usize, u32)>) -> Constraint {
        let cells = cells.into_iter().map(|(cell, option)| (Slot { dimension: 0, cell }, option));
        Constraint::Forbidden { cells: cells.collect() }
    }

    /// Spaces in which repair has most to do, or nothing that it could do.
    fn worst() -> Vec<(&'static str, Space)> {
        let irrational =
            |count: u32| (0..count).map(|number| f64::from(number).sqrt() + 0.1).collect::<Vec<f64>>();
        let exactly = |option, count| Constraint::Exactly { dimension: 0, option, count };
        let distinct =
            |by: &str, at_most| Constraint::Distinct { dimension: 0, by: vec![by.to_owned()], at_most };
        let neighbours = |cells: usize| {
            // Colouring a ring of odd length with two colours cannot be done.
            (0..cells).flat_map(move |cell| {
                (0..2).map(move |colour| forbidden([(cell, colour), ((cell + 1) % cells, colour)]))
            })
        };
        vec![
            (
                "ints",
                space(
                    &[("layer", 4)],
                    Domain::Int { min: 0, max: 10_000 },
                    vec![budget(11_000.0, vec![vec![1.0]])],
                ),
            ),
            (
                "half of a subset",
                space(
                    &[],
                    Domain::Subset { of: 4096, min: 2048, max: 2048 },
                    vec![budget(90_000.0, vec![irrational(4096)])],
                ),
            ),
            (
                "two budgets against each other",
                space(
                    &[("layer", 64)],
                    choice(16),
                    vec![
                        budget(200.0, vec![irrational(16)]),
                        budget(-180.0, vec![irrational(16).iter().map(|cost| -cost).collect()]),
                    ],
                ),
            ),
            ("an odd ring of two colours", space(&[("cell", 501)], choice(2), neighbours(501).collect())),
            (
                "as many of each option, and all alike",
                space(
                    &[("layer", 40), ("head", 40)],
                    choice(4),
                    vec![
                        distinct("layer", 1),
                        exactly(0, 399),
                        exactly(1, 401),
                        exactly(2, 400),
                        exactly(3, 400),
                    ],
                ),
            ),
            (
                "a thousand budgets",
                space(&[("layer", 100)], choice(4), {
                    let row =
                        |number: u32| (0..4).map(|option| f64::from(option * 7 + number * 13 % 11)).collect();
                    (0..1000)
                        .map(|number| {
                            budget(900.0, (0..100).map(|cell| row(number * 31 + cell * 17)).collect())
                        })
                        .collect()
                }),
            ),
        ]
    }

    #[test]
    fn repair_of_the_worst_spaces_ends_within_its_work() {
        for (name, space) in worst() {
            let random = &mut rng::derive(1, "work", &[]);
            let drawn = space.dimensions()[0].cells();
            let cells = (0..drawn).map(|_| space.dimensions()[0].domain.draw(random)).collect();
            let mut work = Work::default();
            let repaired =
                space.repair_within(crate::space::Config::new(vec![cells]), &[], random, &mut work);
            assert!(work.spent <= MOST_WORK + ONE_MORE, "{name}: {}", work.spent);
            if let Ok(config) = repaired {
                assert_eq!(space.check(&config), Ok(()), "{name}");
            }
        }
    }
}
