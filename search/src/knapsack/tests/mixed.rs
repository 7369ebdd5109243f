//! Middle-sized instances with several budgets and groups, against a solver of integer programmes.
//!
//! Numbers come from the generator of [`instances`](super::instances): option after option its damage, `value mod 1000`, and
//! for every budget a cost, `1 + value mod 100`. First come slots without a rule, then groups of five slots with four options
//! of which two may differ, then groups of six of which two or three are picked. A limit lies so many percent of the way
//! from what the cheapest options need to what the dearest do, rounded down. Optima and the infeasibility are those of
//! `scipy.optimize.milp` (scipy 1.17.1, HiGHS) with a gap of 0.

use super::instances::Generator;
use super::*;

/// Sizes of an instance.
struct Shape {
    free: usize,
    options: usize,
    budgets: usize,
    /// Percent.
    share: f64,
    distinct: usize,
    pick: usize,
}

fn instance(seed: u64, shape: &Shape) -> Problem {
    let mut generator = Generator::new(seed);
    let mut option = || {
        let damage = (generator.next() % 1000) as f64;
        Choice { damage, costs: (0..shape.budgets).map(|_| (1 + generator.next() % 100) as f64).collect() }
    };
    let mut slots: Vec<Vec<Choice>> = Vec::new();
    let mut groups = Vec::new();
    let mut add = |count: usize, options: usize| {
        let first = slots.len();
        slots.extend((0..count).map(|_| (0..options).map(|_| option()).collect()));
        (first..first + count).collect::<Vec<usize>>()
    };
    add(shape.free, shape.options);
    for _ in 0..shape.distinct {
        groups.push(Group { slots: add(5, 4), rule: Rule::Distinct(2) });
    }
    for _ in 0..shape.pick {
        groups.push(Group { slots: add(6, 2), rule: Rule::Pick { min: 2, max: 3 } });
    }
    let limit = |budget: usize| {
        let of = |slot: &Vec<Choice>| {
            let costs = || slot.iter().map(|option| option.costs[budget]);
            (costs().fold(f64::INFINITY, f64::min), costs().fold(0.0, f64::max))
        };
        let (low, high) =
            slots.iter().map(of).fold((0.0, 0.0), |sum, (low, high)| (sum.0 + low, sum.1 + high));
        low + ((high - low) * shape.share / 100.0).floor()
    };
    let limits = (0..shape.budgets).map(limit).collect();
    Problem { slots, limits, groups }
}

#[test]
fn instances_with_budgets_and_groups_have_the_optimum_of_an_integer_programme() {
    let shape = |free, options, budgets, distinct, pick| Shape {
        free,
        options,
        budgets,
        share: 30.0,
        distinct,
        pick,
    };
    for (seed, shape, optimum) in [
        (11, shape(40, 4, 2, 0, 0), 10_142.0),
        (12, shape(40, 4, 3, 0, 0), 12_593.0),
        (13, shape(200, 4, 1, 0, 0), 43_402.0),
        (14, shape(20, 4, 2, 4, 0), 12_545.0),
        (15, shape(20, 4, 2, 0, 4), 13_300.0),
        (16, shape(12, 3, 2, 3, 3), 14_608.0),
        (17, Shape { share: 25.0, ..shape(300, 4, 2, 0, 0) }, 85_700.0),
    ] {
        let problem = instance(seed, &shape);
        let found = solve(&problem, &Goal::default()).unwrap();
        assert_eq!(judge(&problem, &found.options), (found.damage, true), "seed {seed}");
        assert!(found.bound <= optimum + 1e-6, "seed {seed}: bound {} above {optimum}", found.bound);
        assert!(found.damage >= optimum - 1e-6, "seed {seed}: {} below the optimum", found.damage);
        assert!(found.damage <= optimum * (1.0 + 1e-3), "seed {seed}: {} for {optimum}", found.damage);
        if found.gap() == 0.0 {
            assert_eq!(found.damage, optimum, "seed {seed}: proven");
        }
    }
}

#[test]
fn budgets_that_exclude_each_other_are_proven_to() {
    let shape = Shape { free: 10, options: 3, budgets: 3, share: 8.0, distinct: 3, pick: 3 };
    let problem = instance(18, &shape);
    assert_eq!(solve(&problem, &Goal::default()), Err(KnapsackError::Infeasible));
}

#[test]
fn options_that_tie_in_everything_are_one_allocation() {
    let slot = vec![Choice { damage: 2.0, costs: vec![1.0] }; 4];
    let problem = Problem { slots: vec![slot; 3_000], limits: vec![3_000.0], groups: vec![] };
    let found = solve(&problem, &Goal::default()).unwrap();
    assert_eq!((found.damage, found.bound), (6_000.0, 6_000.0));
    let problem = Problem { limits: vec![2_999.0], ..problem };
    let Err(KnapsackError::Budget { cheapest, .. }) = solve(&problem, &Goal::default()) else {
        panic!("every allocation needs 3,000")
    };
    assert!((cheapest - 3_000.0).abs() < 1e-6, "{cheapest}");
}

#[test]
fn thousands_of_modules_are_near_their_bound_without_labels() {
    let shape = Shape { free: 4_000, options: 4, budgets: 1, share: 30.0, distinct: 0, pick: 0 };
    let problem = instance(19, &shape);
    let found = solve(&problem, &Goal { labels: 0, ..Goal::default() }).unwrap();
    assert_eq!(judge(&problem, &found.options), (found.damage, true));
    assert!(found.gap() < 1e-5, "gap {}", found.gap());
}

#[test]
fn a_gap_that_is_good_enough_is_closed_where_that_is_cheap() {
    let shape = Shape { free: 30, options: 4, budgets: 1, share: 30.0, distinct: 0, pick: 0 };
    for seed in 20..40 {
        let problem = instance(seed, &shape);
        let rough = solve(&problem, &Goal { gap: 0.05, ..Goal::default() }).unwrap();
        let exact = solve(&problem, &Goal::default()).unwrap();
        assert_eq!((rough.damage, rough.gap()), (exact.damage, 0.0), "seed {seed}");
    }
}
