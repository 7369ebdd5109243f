//! Orders and conditions: whatever the operators do, lines ascend and cells that do not count hold their first value; counting
//! equals listing.

use std::collections::{BTreeMap, HashSet};

use attune_core::rng::{self, Rng};
use attune_core::space::{
    Axis, BudgetTerm, Config, Constraint, Count, Dimension, Domain, Scale, Slot, Space, SpaceError, Value,
    Violation,
};
use proptest::prelude::*;

use crate::{budget, check, levels};

fn ascending(dimension: usize, along: &str) -> Constraint {
    Constraint::Ascending { dimension, along: along.into() }
}

fn active(dimension: usize, when: usize, options: &[u32]) -> Constraint {
    Constraint::Active { dimension, when, options: options.to_vec() }
}

fn grid(name: &str, axes: &[(&str, u32)], domain: Domain) -> Dimension {
    let axes = axes.iter().map(|(name, len)| Axis::new(name, *len)).collect();
    Dimension { name: name.into(), help: String::new(), axes, domain }
}

fn real(scale: Scale) -> Domain {
    Domain::Real { min: 0.5, max: 8.0, scale }
}

fn problem(dimensions: Vec<Dimension>, constraints: Vec<Constraint>) -> String {
    Space::new(dimensions, constraints).unwrap_err().to_string()
}

/// A random space in which every kind of order and condition meets other constraints, some of them of each other.
fn any_structured(seed: u64) -> Space {
    let mut random = rng::derive(seed, "structured", &[]);
    let layers = random.random_range(1..5);
    let by_layer = || vec![Axis::new("layer", layers)];
    let options = |count: usize| Domain::Choice { options: (0..count).map(|o| format!("o{o}")).collect() };
    let mut dimensions = vec![
        Dimension::choice("codec", ["raw", "mask", "block"]),
        Dimension { axes: by_layer(), ..Dimension::new("kind", options(3)) },
        Dimension { axes: by_layer(), ..Dimension::new("bits", levels(&[2.0, 4.0, 8.0])) },
        grid("steps", &[("layer", layers), ("stage", 3)], Domain::Int { min: -1, max: 3 }),
        grid("share", &[("threshold", 4)], real(if random.random() { Scale::Log } else { Scale::Linear })),
        grid("order", &[], Domain::Permutation { of: 4 }),
        grid("kept", &[("layer", layers)], Domain::Subset { of: 4, min: 1, max: 2 }),
        grid("mix", &[], Domain::Affine { of: 3, sum: 1.0, spread: 0.5 }),
        grid("matrix", &[], Domain::Matrix { rows: 1, columns: 2, min: -1.0, max: 1.0 }),
    ];
    if random.random() {
        dimensions.truncate(4);
        dimensions[3].axes[1].len = 2;
        dimensions[3].axes[0].len = 1;
    }
    let mut constraints = Vec::new();
    let mut maybe = |constraint: Constraint, random: &mut Rng| {
        if random.random_bool(0.5) {
            constraints.push(constraint);
        }
    };
    let all = dimensions.len();
    maybe(ascending(2, "layer"), &mut random);
    maybe(ascending(3, "stage"), &mut random);
    maybe(ascending(3, "layer"), &mut random);
    maybe(active(1, 0, &[1, 2]), &mut random);
    maybe(active(2, 1, &[0, 2]), &mut random);
    maybe(active(2, 0, &[2]), &mut random);
    maybe(active(3, 0, &[0]), &mut random);
    if all > 4 {
        maybe(ascending(4, "threshold"), &mut random);
        for dimension in 4..all {
            if dimension == 6 {
                maybe(active(6, 2, &[1]), &mut random);
            } else {
                maybe(active(dimension, 0, &[random.random_range(0..3)]), &mut random);
            }
        }
    }
    let costs = |width: usize, random: &mut Rng| {
        (0..width).map(|_| random.random_range(0.1..1.0)).collect::<Vec<f64>>()
    };
    let mut terms = vec![BudgetTerm { dimension: 2, costs: vec![costs(3, &mut random)] }];
    if random.random() {
        terms[0].costs = (0..layers).map(|_| costs(3, &mut random)).collect();
    }
    if all > 4 {
        terms.push(BudgetTerm { dimension: 6, costs: vec![costs(4, &mut random)] });
    }
    let loose =
        f64::from(layers) * random.random_range(1.0..2.5) + if all > 4 { f64::from(layers) } else { 0.0 };
    maybe(budget(loose, terms), &mut random);
    maybe(Constraint::Distinct { dimension: 2, by: vec![], at_most: 2 }, &mut random);
    if layers > 1 {
        let slot = |cell| Slot { dimension: 1, cell };
        maybe(Constraint::Forbidden { cells: vec![(slot(0), 0), (slot(1), 0)] }, &mut random);
    }
    Space::new(dimensions, constraints).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn operators_keep_orders_and_conditions(seed in any::<u64>(), steps in prop::collection::vec(0_u8..4, 1..20)) {
        let space = any_structured(seed);
        let mut random = rng::derive(seed, "operators", &[]);
        let Ok(first) = space.sample(&mut random) else { return Err(TestCaseError::fail(format!("{space:?}"))) };
        check(&space, &first)?;
        let mut population = vec![first];
        for step in steps {
            let parent = population[random.random_range(0..population.len())].clone();
            let child = match step {
                0 => space.sample(&mut random).unwrap(),
                1 => {
                    let mut strange = parent.clone();
                    for slot in space.slots().collect::<Vec<Slot>>() {
                        if random.random_bool(0.5) {
                            strange.set(slot, space.dimensions()[slot.dimension].domain.draw(&mut random));
                        }
                    }
                    space.repair(strange, &[], &mut random).unwrap()
                }
                2 => space.crossover(&parent, &population[random.random_range(0..population.len())], &mut random),
                _ => space.mutate(&parent, &mut random),
            };
            check(&space, &child)?;
            population.push(child);
        }
    }

    /// What is listed is looked at by `check` alone; what is counted is not.
    #[test]
    fn counting_equals_listing_along_orders_and_conditions(seed in any::<u64>()) {
        let mut space = any_structured(seed);
        let finite = space.dimensions().iter().all(|found| !matches!(found.domain,
            Domain::Real { .. } | Domain::Affine { .. } | Domain::Matrix { .. }));
        if !finite {
            prop_assert_eq!(space.count(), Count::Uncountable);
            let dimensions = space.dimensions()[..4].to_vec();
            let fits = |constraint: &Constraint| match constraint {
                Constraint::Ascending { dimension, .. } | Constraint::Active { dimension, .. }
                | Constraint::Distinct { dimension, .. } | Constraint::Exactly { dimension, .. } => *dimension < 4,
                Constraint::Budget(budget) => budget.terms.iter().all(|term| term.dimension < 4),
                Constraint::Forbidden { .. } => true,
            };
            let constraints = space.constraints().iter().filter(|constraint| fits(constraint)).cloned();
            space = Space::new(dimensions, constraints.collect()).unwrap();
        }
        let every = |space: &Space| {
            let plain = Space::of(space.dimensions().to_vec()).unwrap();
            let listed = plain.enumerate(100_000)?.filter(|config| space.check(config).is_ok());
            Some(listed.map(|config| config.hash()).collect::<Vec<_>>())
        };
        let Some(expected) = every(&space) else { return Ok(()) };
        prop_assert_eq!(space.count(), Count::Exact(expected.len() as u128));
        let listed: Vec<_> = space.enumerate(100_000).unwrap().map(|config| config.hash()).collect();
        prop_assert_eq!(listed.len(), expected.len());
        prop_assert_eq!(listed.iter().collect::<HashSet<_>>(), expected.iter().collect::<HashSet<_>>());
    }

    #[test]
    fn plans_that_are_equal_have_one_hash(seed in any::<u64>()) {
        let space = any_structured(seed);
        let mut random = rng::derive(seed, "alike", &[]);
        let config = space.sample(&mut random).unwrap();
        let counts = space.active(&config);
        let mut other = config.clone();
        for slot in space.slots().collect::<Vec<Slot>>() {
            if !counts[slot.dimension][slot.cell] {
                other.set(slot, space.dimensions()[slot.dimension].domain.draw(&mut random));
            }
        }
        prop_assert_eq!(space.canonical(other).hash(), config.hash());
    }

    /// Lists of which every one is as likely: the chi-squared statistic of all of them.
    #[test]
    fn ascending_lists_are_drawn_evenly(len in 1_u32..4, of in 2_i64..5, seed in any::<u64>()) {
        let line = grid("line", &[("place", len)], Domain::Int { min: 0, max: of - 1 });
        let space = Space::new(vec![line], vec![ascending(0, "place")]).unwrap();
        let Count::Exact(lists) = space.count() else { panic!() };
        let mut random = rng::derive(seed, "even", &[]);
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        let draws = 400 * lists as usize;
        for _ in 0..draws {
            *counts.entry(format!("{:?}", space.sample(&mut random).unwrap())).or_default() += 1.0;
        }
        let expected = draws as f64 / lists as f64;
        let statistic: f64 = counts.values().map(|count| (count - expected).powi(2) / expected).sum();
        prop_assert_eq!(counts.len() as u128, lists);
        // Mean plus six standard deviations of the distribution.
        let freedom = lists as f64 - 1.0;
        prop_assert!(statistic < freedom + 6.0 * (2.0 * freedom).sqrt() + 6.0, "{statistic} of {freedom}");
    }
}

#[test]
fn mutation_reaches_every_point_of_a_small_space() {
    let spaces = [
        Space::new(
            vec![grid("line", &[("row", 2), ("column", 2)], Domain::Int { min: 0, max: 2 })],
            vec![ascending(0, "row"), ascending(0, "column")],
        ),
        Space::new(
            vec![
                Dimension::choice("codec", ["raw", "mask", "block"]),
                Dimension::choice("coder", ["none", "range"]),
                grid("size", &[("place", 3)], levels(&[1.0, 2.0, 4.0])),
                grid("order", &[], Domain::Permutation { of: 3 }),
            ],
            vec![active(1, 0, &[1]), active(2, 0, &[2]), ascending(2, "place"), active(3, 1, &[1])],
        ),
        Space::new(
            vec![
                grid("kind", &[("layer", 3)], Domain::Choice { options: vec!["a".into(), "b".into()] }),
                grid("bits", &[("layer", 3)], levels(&[1.0, 2.0, 4.0])),
            ],
            vec![
                active(1, 0, &[1]),
                ascending(1, "layer"),
                budget(5.0, vec![BudgetTerm { dimension: 1, costs: vec![vec![1.0, 2.0, 4.0]] }]),
            ],
        ),
    ];
    for space in spaces {
        let space = space.unwrap();
        let Count::Exact(points) = space.count() else { panic!("{:?}", space.count()) };
        let mut random = rng::derive(1, "reach", &[]);
        let mut config = space.sample(&mut random).unwrap();
        let mut seen = HashSet::from([config.hash()]);
        for _ in 0..20_000 {
            config = space.mutate(&config, &mut random);
            assert_eq!(space.check(&config), Ok(()));
            seen.insert(config.hash());
        }
        assert_eq!(seen.len() as u128, points, "{space:?}");
    }
}

#[test]
fn a_step_within_an_order_leaves_the_others_or_moves_as_few_as_it_can() {
    let line = grid("line", &[("place", 40)], Domain::Int { min: 0, max: 1_000_000 });
    let space = Space::new(vec![line], vec![ascending(0, "place")]).unwrap();
    let mut random = rng::derive(1, "steps", &[]);
    let parent = space.sample(&mut random).unwrap();
    let mut alone = 0;
    for _ in 0..200 {
        let child = space.mutate(&parent, &mut random);
        let changed = (0..40).filter(|&cell| {
            let slot = Slot { dimension: 0, cell };
            parent.get(slot) != child.get(slot)
        });
        alone += usize::from(changed.count() < 4);
    }
    assert!(alone > 100, "{alone}");
}

#[test]
fn repair_of_an_order_is_the_smallest_change() {
    let line = |len| grid("line", &[("place", len)], Domain::Int { min: 0, max: 4 });
    let space = Space::new(vec![line(4)], vec![ascending(0, "place")]).unwrap();
    let of = |numbers: &[i64]| Config::new(vec![numbers.iter().copied().map(Value::Int).collect()]);
    let distance = |one: &Config, other: &Config| -> u64 {
        one.dimensions()[0]
            .iter()
            .zip(&other.dimensions()[0])
            .map(|pair| match pair {
                (Value::Int(one), Value::Int(other)) => one.abs_diff(*other),
                pair => panic!("{pair:?}"),
            })
            .sum()
    };
    let mut random = rng::derive(1, "repair", &[]);
    let all: Vec<Config> = space.enumerate(10_000).unwrap().collect();
    for number in 0..625 {
        let given = of(&[number / 125, number / 25 % 5, number / 5 % 5, number % 5]);
        let repaired = space.repair(given.clone(), &[], &mut random).unwrap();
        let least = all.iter().map(|config| distance(config, &given)).min().unwrap();
        assert_eq!(distance(&repaired, &given), least, "{given:?} {repaired:?}");
    }
    // Along two axes the largest change is least.
    let crossed = grid("line", &[("row", 2), ("column", 2)], Domain::Int { min: 0, max: 4 });
    let space = Space::new(vec![crossed], vec![ascending(0, "row"), ascending(0, "column")]).unwrap();
    assert_eq!(space.repair(of(&[4, 0, 0, 4]), &[], &mut random).unwrap(), of(&[2, 2, 2, 4]));
}

#[test]
fn counts_of_lines_and_conditions_have_closed_forms() {
    let line = |len, most| grid("line", &[("layer", 2), ("place", len)], Domain::Int { min: 1, max: most });
    let lines = |len, most| Space::new(vec![line(len, most)], vec![ascending(0, "place")]).unwrap().count();
    // (12 choose 3) of each line.
    assert_eq!(lines(3, 10), Count::Exact(220 * 220));
    // (10^18 + 1 choose 2), which is no small number.
    let two = 500_000_000_000_000_000_u128 * 1_000_000_000_000_000_001;
    let line = grid("line", &[("place", 2)], Domain::Int { min: 1, max: 1_000_000_000_000_000_000 });
    let space = Space::new(vec![line], vec![ascending(0, "place")]).unwrap();
    assert_eq!(space.count(), Count::Exact(two));
    let Count::About { log10, error: 0.0 } = lines(5_000, 5_001) else { panic!("{:?}", lines(5_000, 5_001)) };
    // (10,000 choose 5,000) twice: 2·(10,000·log₁₀ 2 − ½ log₁₀(5,000 π)) to five digits.
    let stirling = 2.0 * (10_000.0 * 2_f64.log10() - 0.5 * (5_000.0 * std::f64::consts::PI).log10());
    assert!((log10 - stirling).abs() < 1e-3, "{log10} {stirling}");
    // raw, or mask with one of 2 coders and 3! orders under the second, or block with one of 8 sizes in each of 2 layers.
    let space = Space::new(
        vec![
            Dimension::choice("codec", ["raw", "mask", "block"]),
            Dimension::choice("coder", ["none", "range"]),
            grid("order", &[], Domain::Permutation { of: 3 }),
            grid("size", &[("layer", 2)], Domain::Int { min: 1, max: 8 }),
        ],
        vec![active(1, 0, &[1]), active(2, 1, &[1]), active(3, 0, &[2])],
    );
    assert_eq!(space.unwrap().count(), Count::Exact(1 + (1 + 6) + 64));
}

#[test]
fn under_other_constraints_large_spaces_are_estimated() {
    let of = |cells: u32| {
        let axes = [("layer", cells)];
        Space::new(
            vec![
                grid("kind", &axes, Domain::Choice { options: vec!["a".into(), "b".into()] }),
                grid("bits", &axes, levels(&[1.0, 2.0, 4.0, 8.0])),
                grid("line", &[("place", 30)], Domain::Int { min: 0, max: 9 }),
            ],
            vec![
                active(1, 0, &[1]),
                ascending(2, "place"),
                Constraint::Exactly { dimension: 0, option: 1, count: cells / 2 },
            ],
        )
        .unwrap()
    };
    // (20 choose 10) · 4^10 · (39 choose 9).
    let exact = 184_756_f64.log10() + 10.0 * 4_f64.log10() + 211_915_132_f64.log10();
    let Count::About { log10, error } = of(20).count() else { panic!("{:?}", of(20).count()) };
    assert!((log10 - exact).abs() <= error && error < 0.2, "{log10} ± {error}, {exact}");
}

#[test]
fn budgets_do_not_charge_what_does_not_count() {
    let bits = grid("bits", &[("layer", 4)], levels(&[2.0, 4.0]));
    let space = Space::new(
        vec![Dimension::choice("codec", ["raw", "block"]), bits],
        vec![active(1, 0, &[1]), budget(7.0, vec![BudgetTerm { dimension: 1, costs: vec![vec![2.0, 4.0]] }])],
    )
    .unwrap();
    // Blocks cost 8 at least, so that raw is all there is.
    assert_eq!(space.count(), Count::Exact(1));
    for seed in 0..20 {
        let config = space.sample(&mut rng::derive(seed, "x", &[])).unwrap();
        assert_eq!(config.get(Slot { dimension: 0, cell: 0 }), &Value::Index(0));
        assert_eq!(space.used(space.budgets().next().unwrap(), &config), 0.0);
    }
}

#[test]
fn what_does_not_count_is_never_varied_and_what_wakes_is_drawn() {
    let space = Space::new(
        vec![
            Dimension::choice("codec", ["raw", "block"]),
            grid("order", &[], Domain::Permutation { of: 6 }),
            Dimension::real("share", 0.0, 1.0),
        ],
        vec![active(1, 0, &[1])],
    )
    .unwrap();
    let mut random = rng::derive(1, "x", &[]);
    let raw = Config::new(vec![
        vec![Value::Index(0)],
        vec![Value::Indices((0..6).collect())],
        vec![Value::Real(0.5)],
    ]);
    assert_eq!(space.check(&raw), Ok(()));
    let (mut woken, mut orders) = (0, HashSet::new());
    for _ in 0..200 {
        let child = space.mutate(&raw, &mut random);
        let Value::Indices(order) = child.get(Slot { dimension: 1, cell: 0 }).clone() else { panic!() };
        if child.get(Slot { dimension: 0, cell: 0 }) == &Value::Index(1) {
            woken += 1;
            orders.insert(order);
        } else {
            assert_eq!(order, [0, 1, 2, 3, 4, 5]);
        }
    }
    assert!(woken > 50 && orders.len() > woken * 3 / 4, "{woken} {}", orders.len());
}

#[test]
fn a_violation_names_the_cells() {
    let space = Space::new(
        vec![
            Dimension::choice("codec", ["raw", "block"]),
            grid("threshold", &[("layer", 2), ("step", 3)], Domain::Int { min: 0, max: 9 }),
            Dimension::int("size", 1, 8),
        ],
        vec![ascending(1, "step"), active(2, 0, &[1])],
    )
    .unwrap();
    let config = |codec, numbers: [i64; 6], size| {
        Config::new(vec![vec![Value::Index(codec)], numbers.map(Value::Int).to_vec(), vec![Value::Int(size)]])
    };
    assert_eq!(space.check(&config(0, [1, 2, 3, 0, 0, 9], 1)), Ok(()));
    let falls = space.check(&config(1, [1, 2, 3, 0, 7, 5], 4)).unwrap_err();
    assert!(matches!(falls, Violation::Broken { index: 0, .. }), "{falls}");
    let text = falls.to_string();
    let expected = "`threshold` at layer 1, step 1 is Int(7) and falls: `threshold` at layer 1, step 2 is Int(5); \
                    it must be threshold ascending along step";
    assert!(text.ends_with(expected), "{text}");
    let idle = space.check(&config(0, [0; 6], 4)).unwrap_err().to_string();
    let expected =
        "`size` is Int(4) and does not count, expected Int(1); it must be size only where codec is block";
    assert!(idle.ends_with(expected), "{idle}");
}

#[test]
fn orders_and_conditions_that_make_no_sense_are_refused_by_name() {
    let choice = |name: &str| Dimension::choice(name, ["a", "b"]);
    let line = || grid("line", &[("place", 3)], Domain::Int { min: 0, max: 4 });
    for (constraints, expected) in [
        (vec![ascending(7, "place")], "constraint 0: there is no dimension 7, the space has 3"),
        (vec![ascending(0, "place")], "dimension `one` cannot ascend: it is no level, int or real"),
        (vec![ascending(2, "plaec")], "there is no axis `plaec` in dimension `line`; did you mean `place`?"),
        (vec![active(0, 9, &[0])], "there is no dimension 9"),
        (vec![active(0, 2, &[0])], "dimension `line` is no choice or level"),
        (vec![active(2, 0, &[])], "dimension `line` is active with no option of `one`: name one"),
        (vec![active(2, 0, &[2])], "there is no option 2 among 2"),
        (vec![active(0, 0, &[1])], "conditions go in a circle: `one` waits for `one`"),
        (
            vec![active(2, 0, &[1]), active(0, 1, &[1]), active(1, 0, &[0])],
            "conditions go in a circle: `one` waits for `two` waits for `one`",
        ),
    ] {
        let found = problem(vec![choice("one"), choice("two"), line()], constraints);
        assert!(found.contains(expected), "{found}, expected {expected}");
    }
    let by_layer =
        grid("by-layer", &[("layer", 3)], Domain::Choice { options: vec!["a".into(), "b".into()] });
    let found = problem(vec![by_layer, line()], vec![active(1, 0, &[0])]);
    let expected = "dimension `line` has the axes place 3, and `by-layer`, which decides about it, has the axes layer 3; \
                    expected a single cell, or the same axes";
    assert!(found.contains(expected), "{found}");
    let circle = Space::new(vec![choice("one"), choice("two")], vec![active(0, 1, &[1]), active(1, 0, &[1])]);
    assert!(matches!(circle, Err(SpaceError::Constraint { .. })));
}

#[test]
fn a_long_chain_of_conditions_is_counted_and_searched() {
    let dimensions: Vec<Dimension> =
        (0..500).map(|n| Dimension::choice(&format!("d{n}"), ["off", "on"])).collect();
    let space = Space::new(dimensions, (1..500).map(|n| active(n, n - 1, &[1])).collect()).unwrap();
    // On up to some place, and off from there.
    assert_eq!(space.count(), Count::Exact(501));
    let mut random = rng::derive(1, "chain", &[]);
    let mut config = space.sample(&mut random).unwrap();
    for _ in 0..50 {
        config = space.mutate(&config, &mut random);
        assert_eq!(space.check(&config), Ok(()));
    }
}

#[test]
fn what_a_space_of_this_kind_allows_is_part_of_its_identity() {
    let of = |constraints| {
        let line = grid("line", &[("place", 3)], Domain::Int { min: 0, max: 4 });
        Space::new(vec![Dimension::choice("one", ["a", "b"]), line], constraints).unwrap().fingerprint()
    };
    let all = [vec![], vec![ascending(1, "place")], vec![active(1, 0, &[0])], vec![active(1, 0, &[1])]];
    assert_eq!(all.into_iter().map(of).collect::<HashSet<_>>().len(), 4);
}

#[test]
fn orders_and_vectors_of_thousands_are_sampled_varied_and_repaired() {
    let order = grid("order", &[], Domain::Permutation { of: 5_000 });
    let vector = grid("vector", &[("item", 10_000)], Domain::Int { min: 0, max: 1_000_000 });
    let thresholds = grid("thresholds", &[("step", 10_000)], real(Scale::Linear));
    let space = Space::new(vec![order, vector, thresholds], vec![ascending(2, "step")]).unwrap();
    let mut random = rng::derive(1, "large", &[]);
    let mut parents = [space.sample(&mut random).unwrap(), space.sample(&mut random).unwrap()];
    for turn in 0..20 {
        let child = space.crossover(&parents[0], &parents[1], &mut random);
        assert_eq!(space.check(&child), Ok(()));
        parents[turn % 2] = space.mutate(&child, &mut random);
        assert_eq!(space.check(&parents[turn % 2]), Ok(()));
    }
    let orders = Space::of([grid("order", &[], Domain::Permutation { of: 5_000 })]).unwrap();
    let Count::About { log10, error: 0.0 } = orders.count() else { panic!("{:?}", orders.count()) };
    // log₁₀ 5000! by Stirling's series.
    assert!((log10 - 16_325.626_2).abs() < 0.01, "{log10}");
}

#[test]
fn a_small_space_behind_a_large_product_is_listed() {
    let branches = |n: u32| grid(&format!("d{n}"), &[], Domain::Int { min: 0, max: 9_999 });
    let dimensions = [Dimension::choice("codec", ["a", "b", "c"]), branches(1), branches(2)];
    let line = grid("line", &[("place", 20)], Domain::Int { min: 0, max: 1 });
    let constraints = vec![active(1, 0, &[0]), active(2, 0, &[1])];
    let space = Space::new(dimensions.to_vec(), constraints.clone()).unwrap();
    assert_eq!(space.enumerate(1 << 17).unwrap().count(), 20_001);
    let space = Space::new(
        [dimensions.to_vec(), vec![line]].concat(),
        [constraints, vec![active(3, 0, &[2]), ascending(3, "place")]].concat(),
    );
    assert_eq!(space.unwrap().enumerate(1 << 17).unwrap().count(), 20_000 + 21);
}
