//! Spaces: whatever the operators do, configs stay feasible and canonical; counting equals listing.
#![expect(clippy::unwrap_used, reason = "helpers that build test data are no test functions")]

mod count;
mod described;
mod hostile;
mod structure;

use attune_core::rng::{self, Rng};
use attune_core::space::{
    Axis, Budget, BudgetTerm, Config, Constraint, Count, Dimension, Domain, Infeasible, Scale, Slot, Space,
    Value,
};
use proptest::prelude::*;

fn dimension(name: &str, len: u32, domain: Domain) -> Dimension {
    Dimension { name: name.into(), help: String::new(), axes: vec![Axis::new("layer", len)], domain }
}

fn levels(values: &[f64]) -> Domain {
    Domain::Level { levels: values.to_vec() }
}

fn budget(limit: f64, terms: Vec<BudgetTerm>) -> Constraint {
    Constraint::Budget(Budget { resource: "r".into(), unit: "u".into(), limit, terms })
}

/// A space of random shape that mixes every domain and, where it can be met, every constraint.
fn any_space() -> impl Strategy<Value = Space> {
    (1_u32..6, 2_u32..5, 0.0..1.0_f64, any::<u64>()).prop_map(|(cells, options, tightness, seed)| {
        let mut random = rng::derive(seed, "space", &[]);
        let bits: Vec<f64> = (0..options).map(|index| f64::from(1 << index)).collect();
        let dimensions = vec![
            dimension("bits", cells, levels(&bits)),
            dimension("kept", cells, Domain::Subset { of: 5, min: 1, max: 3 }),
            dimension("choice", cells, Domain::Choice { options: vec!["a".into(), "b".into(), "c".into()] }),
            dimension("int", 2, Domain::Int { min: -3, max: 9 }),
            dimension("real", 2, Domain::Real { min: 0.5, max: 8.0, scale: Scale::Log }),
            dimension("order", 1, Domain::Permutation { of: 5 }),
            dimension("mix", 1, Domain::Affine { of: 4, sum: 1.0, spread: 0.3 }),
            dimension("matrix", 1, Domain::Matrix { rows: 2, columns: 2, min: -1.0, max: 1.0 }),
        ];
        // Two budgets; limits lie between the cheapest and the dearest config.
        let weights = |random: &mut Rng| -> Vec<Vec<f64>> {
            (0..cells)
                .map(|_| bits.iter().map(|bits| bits * random.random_range(0.5..2.0)).collect())
                .collect()
        };
        let terms = |random: &mut Rng| {
            vec![
                BudgetTerm { dimension: 0, costs: weights(random) },
                BudgetTerm {
                    dimension: 1,
                    costs: vec![(0..5).map(|_| random.random_range(0.1..1.0)).collect()],
                },
            ]
        };
        let bounds = |terms: &[BudgetTerm]| {
            let row = |term: &BudgetTerm, cell: usize| {
                term.costs[if term.costs.len() == 1 { 0 } else { cell }].clone()
            };
            let extreme = |pick: fn(f64, f64) -> f64, start: f64, subset: f64| -> f64 {
                (0..cells as usize)
                    .map(|cell| {
                        row(&terms[0], cell).into_iter().fold(start, pick)
                            + subset * row(&terms[1], cell).into_iter().fold(start, pick)
                    })
                    .sum()
            };
            (extreme(f64::min, f64::INFINITY, 1.0), extreme(f64::max, f64::NEG_INFINITY, 3.0))
        };
        let first = terms(&mut random);
        let (low, high) = bounds(&first);
        let slot = |dimension, cell| Slot { dimension, cell };
        let mut constraints = vec![
            budget(low + (high - low) * (0.05 + tightness), first),
            Constraint::Distinct { dimension: 0, by: vec![], at_most: 2 },
            Constraint::Exactly { dimension: 2, option: 1, count: cells / 2 },
        ];
        if cells > 1 {
            constraints.push(Constraint::Forbidden { cells: vec![(slot(2, 0), 0), (slot(0, 1), 0)] });
        }
        Space::new(dimensions, constraints).unwrap()
    })
}

pub(crate) fn check(space: &Space, config: &Config) -> Result<(), TestCaseError> {
    prop_assert_eq!(space.check(config), Ok(()));
    prop_assert_eq!(&space.canonical(config.clone()), config);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_operators_stays_feasible_and_canonical(
        space in any_space(), seed in any::<u64>(), steps in prop::collection::vec(0_u8..3, 1..30)
    ) {
        let mut random = rng::derive(seed, "operators", &[]);
        let mut population = vec![space.sample(&mut random).unwrap()];
        for step in steps {
            let parent = population[random.random_range(0..population.len())].clone();
            let child = match step {
                0 => space.sample(&mut random).unwrap(),
                1 => space.mutate(&parent, &mut random),
                _ => {
                    let other = &population[random.random_range(0..population.len())];
                    space.crossover(&parent, other, &mut random)
                }
            };
            check(&space, &child)?;
            population.push(child);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_config(space in any_space(), seed in any::<u64>()) {
        let draw = || {
            let mut random = rng::derive(seed, "draw", &[]);
            let config = space.sample(&mut random).unwrap();
            space.mutate(&config, &mut random)
        };
        prop_assert_eq!(draw().hash(), draw().hash());
    }

    #[test]
    fn counting_equals_listing(
        cells in 1_u32..5, of in 1_u32..5, limit in 0.0..14.0_f64, second in 0.0..9.0_f64
    ) {
        let space = Space::new(
            vec![
                dimension("bits", cells, levels(&[1.0, 2.0, 4.0])),
                dimension("kept", 2, Domain::Subset { of, min: 0, max: of.min(2) }),
                dimension("int", 1, Domain::Int { min: -1, max: 2 }),
            ],
            vec![
                budget(limit, vec![
                    BudgetTerm { dimension: 0, costs: vec![vec![1.0, 2.0, 4.0]] },
                    BudgetTerm { dimension: 1, costs: vec![(0..of).map(|e| 0.1 * f64::from(e)).collect()] },
                ]),
                budget(second, vec![BudgetTerm { dimension: 2, costs: vec![vec![3.0]] }]),
            ],
        ).unwrap();
        let listed = space.enumerate(1 << 20).unwrap().count() as u128;
        prop_assert_eq!(space.count(), Count::Exact(listed));
    }
}

#[test]
fn counts_have_closed_forms() {
    let subsets = |layers| {
        Space::new(vec![dimension("kept", layers, Domain::Subset { of: 8, min: 4, max: 4 })], vec![]).unwrap()
    };
    assert_eq!(subsets(6).count(), Count::Exact(70_u128.pow(6)));
    // 70^32 ≈ 1e59 does not fit in 128 bits.
    let Count::About { log10, error: 0.0 } = subsets(32).count() else { panic!("{:?}", subsets(32).count()) };
    assert!((log10 - 32.0 * 70_f64.log10()).abs() < 1e-9);
    let real = Space::new(
        vec![dimension("r", 1, Domain::Real { min: 0.0, max: 1.0, scale: Scale::Linear })],
        vec![],
    );
    assert_eq!(real.unwrap().count(), Count::Uncountable);
}

#[test]
fn listing_knows_structural_constraints() {
    let distinct = Constraint::Distinct { dimension: 0, by: vec!["layer".into()], at_most: 1 };
    let grid = Dimension {
        name: "rule".into(),
        help: String::new(),
        axes: vec![Axis::new("layer", 2), Axis::new("head", 3)],
        domain: levels(&[1.0, 2.0, 3.0]),
    };
    let space = Space::new(vec![grid], vec![distinct]).unwrap();
    // One rule per layer: 3 × 3.
    assert_eq!(space.count(), Count::Exact(9));
}

#[test]
fn a_budget_that_nothing_meets_is_proved_with_numbers() {
    let space = Space::new(
        vec![dimension("bits", 4, levels(&[2.0, 4.0]))],
        vec![budget(7.0, vec![BudgetTerm { dimension: 0, costs: vec![vec![2.0, 4.0]] }])],
    )
    .unwrap();
    let error = space.sample(&mut rng::derive(1, "x", &[])).unwrap_err();
    assert!(matches!(error, Infeasible::Budget { cheapest: 8.0, .. }), "{error}");
    assert!(error.to_string().contains("the cheapest one needs 8 u"), "{error}");
}

#[test]
fn constraints_that_exclude_each_other_are_reported_not_looped_on() {
    let all = |option| Constraint::Exactly { dimension: 0, option, count: 3 };
    let space = Space::new(
        vec![dimension("c", 3, Domain::Choice { options: vec!["a".into(), "b".into()] })],
        vec![all(0), all(1)],
    )
    .unwrap();
    let error = space.sample(&mut rng::derive(1, "x", &[])).unwrap_err();
    assert!(matches!(error, Infeasible::Contradiction { .. }), "{error}");
    assert!(error.to_string().contains("options for 6 cells of `c` are fixed, but it has 3"), "{error}");
}

#[test]
fn constraints_without_a_proof_are_tried_and_reported() {
    let slot = |cell| Slot { dimension: 0, cell };
    let never = |one, other| Constraint::Forbidden { cells: vec![(slot(0), one), (slot(1), other)] };
    let space = Space::new(
        vec![dimension("c", 2, Domain::Choice { options: vec!["a".into(), "b".into()] })],
        vec![never(0, 0), never(0, 1), never(1, 0), never(1, 1)],
    )
    .unwrap();
    let error = space.sample(&mut rng::derive(1, "x", &[])).unwrap_err();
    assert!(matches!(error, Infeasible::NotFound { .. }), "{error}");
    assert!(error.to_string().len() < 400, "{error}");
}

#[test]
fn two_budgets_that_pull_apart_are_met_when_they_can_be() {
    // Option 0 is cheap in one resource, option 2 in the other; only the middle fits both.
    let term = |costs: [f64; 3]| vec![BudgetTerm { dimension: 0, costs: vec![costs.to_vec()] }];
    let space = Space::new(
        vec![dimension("c", 6, levels(&[0.0, 1.0, 2.0]))],
        vec![budget(12.0, term([1.0, 2.0, 9.0])), budget(12.0, term([9.0, 2.0, 1.0]))],
    )
    .unwrap();
    for seed in 0..50 {
        let config = space.sample(&mut rng::derive(seed, "x", &[])).unwrap();
        assert_eq!(space.check(&config), Ok(()));
    }
}

#[test]
fn mutation_keeps_most_of_a_tight_budget() {
    let space = Space::new(
        vec![dimension("bits", 30, levels(&[2.0, 3.0, 4.0, 8.0]))],
        vec![budget(90.0, vec![BudgetTerm { dimension: 0, costs: vec![vec![2.0, 3.0, 4.0, 8.0]] }])],
    )
    .unwrap();
    let mut random = rng::derive(3, "x", &[]);
    let mut config = space.sample(&mut random).unwrap();
    let used = |config: &Config| -> f64 {
        config.dimensions()[0]
            .iter()
            .map(|value| match value {
                Value::Index(index) => [2.0, 3.0, 4.0, 8.0][*index as usize],
                other => panic!("{other:?}"),
            })
            .sum()
    };
    let mut total = 0.0;
    for _ in 0..300 {
        config = space.mutate(&config, &mut random);
        assert!(used(&config) <= 90.0);
        total += used(&config);
    }
    assert!(total / 300.0 > 80.0, "a random walk uses {:.1} of 90", total / 300.0);
}
