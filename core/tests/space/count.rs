//! Counting ends: exact where it can be, and an honest estimate where it cannot.

use attune_core::rng;
use attune_core::space::{Budget, BudgetTerm, Constraint, Count, Domain, Space};
use proptest::prelude::*;

use crate::{budget, dimension, levels};

/// `Exact` from the number, `About` within its error.
fn assert_about(count: Count, expected: f64) {
    let Count::About { log10, error } = count else { panic!("{count:?}, expected about 10^{expected}") };
    assert!((log10 - expected).abs() <= error + 1e-6, "10^{log10} ± {error}, expected 10^{expected}");
    assert!(error < 0.3, "an error of {error} decades says little");
}

#[test]
fn layers_of_whole_numbers_under_one_budget_are_estimated_at_once() {
    let layers = |limit| {
        let term = BudgetTerm { dimension: 0, costs: vec![vec![1.0]] };
        Space::new(
            vec![dimension("n", 4, Domain::Int { min: 0, max: 10_000 })],
            vec![budget(limit, vec![term])],
        )
        .unwrap()
    };
    // Sums of four up to 10,000 are unconstrained: (n + 4 choose 4).
    let exact = (1..=4).map(|i| (10_000.0 + f64::from(i)) / f64::from(i)).product::<f64>();
    assert_about(layers(10_000.0).count(), exact.log10());
    // By symmetry, half of all sums are at most 20,000, and half of those that are 20,000 more.
    assert_about(layers(20_000.0).count(), (0.5 * 10_001_f64.powi(4)).log10());
}

#[test]
fn subsets_with_real_costs_are_estimated_at_once() {
    let mut random = rng::derive(1, "costs", &[]);
    let costs: Vec<f64> = (0..64).map(|_| random.random()).collect();
    let total: f64 = costs.iter().sum();
    let space = |layers: u32, limit| {
        let term = BudgetTerm { dimension: 0, costs: vec![costs.clone()] };
        let kept = Domain::Subset { of: 64, min: 32, max: 32 };
        Space::new(vec![dimension("kept", layers, kept)], vec![budget(limit, vec![term])]).unwrap()
    };
    // A subset and its complement cost the total together, so half of them cost at most half.
    let halves: f64 = (1..=32).map(|i| (32.0 + f64::from(i)) / f64::from(i)).product();
    assert_about(space(1, total / 2.0).count(), (0.5 * halves).log10());
    assert_about(space(24, 12.0 * total).count(), 24.0 * halves.log10() - 2_f64.log10());
}

#[test]
fn structure_is_estimated_from_draws_and_rare_points_are_bounded() {
    let options = Domain::Choice { options: (0..4).map(|option| option.to_string()).collect() };
    let exactly = |cells: u32, count| {
        let space = vec![dimension("c", cells, options.clone())];
        Space::new(space, vec![Constraint::Exactly { dimension: 0, option: 0, count }]).unwrap()
    };
    // (20 choose 5) · 3^15.
    assert_about(exactly(20, 5).count(), (15_504.0 * 3_f64.powi(15)).log10());
    // (40 choose 40) · 3^0 = 1 among 4^40: never drawn.
    let Count::AtMost { log10 } = exactly(40, 40).count() else { panic!() };
    assert!(log10 < 40.0 * 4_f64.log10() - 3.0, "{log10}");
    // A budget that leaves little bounds it better than draws do.
    let tight = Space::new(
        vec![dimension("bits", 60, levels(&[2.0, 3.1, 4.3, 8.7]))],
        vec![
            budget(121.5, vec![BudgetTerm { dimension: 0, costs: vec![vec![2.0, 3.1, 4.3, 8.7]] }]),
            Constraint::Distinct { dimension: 0, by: vec![], at_most: 2 },
        ],
    )
    .unwrap();
    // At most one cell at 3.1: 61 configs.
    let Count::AtMost { log10 } = tight.count() else { panic!("{:?}", tight.count()) };
    assert!(log10 < 6.0, "{log10}");
}

#[test]
fn overflowing_products_are_estimated_without_an_error() {
    let wide =
        Space::new(vec![dimension("n", 9, Domain::Int { min: i64::MIN, max: i64::MAX })], vec![]).unwrap();
    assert_about(wide.count(), 9.0 * 64.0 * 2_f64.log10());
    let subsets = Domain::Subset { of: 200_000, min: 0, max: 200_000 };
    let subsets = Space::new(vec![dimension("s", 1, subsets)], vec![]).unwrap();
    assert_about(subsets.count(), 200_000.0 * 2_f64.log10());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Costs without a common unit, so many that sums are not kept: the estimate is compared with a space small enough to
    /// be listed.
    #[test]
    fn estimates_agree_with_listing(seed in any::<u64>(), tightness in 0.2..0.9_f64) {
        let mut random = rng::derive(seed, "estimate", &[]);
        let cost = |random: &mut rng::Rng| random.random_range(0.0..1.0);
        let rows: Vec<Vec<f64>> = (0..8).map(|_| (0..4).map(|_| cost(&mut random)).collect()).collect();
        let extreme = |pick: fn(f64, f64) -> f64| -> f64 {
            rows.iter().map(|row| row.iter().copied().reduce(pick).unwrap()).sum()
        };
        let limit = extreme(f64::min) + tightness * (extreme(f64::max) - extreme(f64::min));
        let terms = vec![BudgetTerm { dimension: 0, costs: rows }];
        let space = |cells: u32, constraints: Vec<Constraint>| {
            Space::new(vec![dimension("l", cells, levels(&[1.0, 2.0, 3.0, 4.0]))], constraints).unwrap()
        };
        let small = space(8, vec![Constraint::Budget(Budget {
            resource: "r".into(), unit: "u".into(), limit, terms: terms.clone(),
        })]);
        let Count::Exact(exact) = small.count() else { panic!("{:?}", small.count()) };
        // The same with 60 more layers that cost nothing and cannot be listed, and a term for them that no sum is free of.
        let mut many = terms;
        many.push(BudgetTerm { dimension: 1, costs: (0..60).map(|i| vec![0.0, 1e-5 / f64::from(i + 3)]).collect() });
        let large = Space::new(
            vec![dimension("l", 8, levels(&[1.0, 2.0, 3.0, 4.0])), dimension("m", 60, levels(&[1.0, 2.0]))],
            vec![budget(limit, many)],
        ).unwrap();
        let expected = (exact as f64).log10() + 60.0 * 2_f64.log10();
        match large.count() {
            Count::About { log10, error } => {
                prop_assert!((log10 - expected).abs() <= error + 0.02, "{log10} ± {error}, expected {expected}");
            }
            other => prop_assert!(exact < 30, "{other:?}"),
        }
    }
}
