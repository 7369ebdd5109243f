//! Spaces that nobody means well: what cannot be computed with is refused when the space is made, and nothing that a
//! made space does panics or leaves the feasible set.

use attune_core::rng::{self, Rng};
use attune_core::space::{
    Axis, Budget, BudgetTerm, Config, Constraint, Dimension, Domain, Infeasible, Scale, Slot, Space,
    SpaceError, Value,
};
use proptest::prelude::*;

use crate::described::{described, number, whole};

/// What a config uses, in whole numbers of the smallest unit that any `f64` of these tests has: exact, and none of the
/// code under test. Products and sums of numbers within 2⁻⁹⁰ to 2⁵³ fit in 256 bits; two limbs of `i128` hold them.
fn is_within(budget: &Budget, config: &Config, counts: &[Vec<bool>]) -> bool {
    // Kulisch-style: split every product into two floats whose sum is exact, add integers of 2⁻¹¹⁰⁰ by buckets.
    let mut buckets: std::collections::BTreeMap<i32, i128> = std::collections::BTreeMap::new();
    let mut add = |number: f64| {
        if number == 0.0 {
            return;
        }
        let bits = number.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, (bits & ((1 << 52) - 1)) as i128);
        let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        *buckets.entry(exponent.max(1)).or_default() += if number < 0.0 { -mantissa } else { mantissa };
    };
    for term in &budget.terms {
        let cells = config.dimensions()[term.dimension].iter().enumerate();
        for (cell, value) in cells.filter(|(cell, _)| counts[term.dimension][*cell]) {
            let row = term.row(cell);
            let mut product = |cost: f64, number: f64| {
                add(cost * number);
                add(cost.mul_add(number, -(cost * number)));
            };
            match value {
                Value::Index(index) => product(row[*index as usize], 1.0),
                Value::Int(number) => {
                    // Halves of an `i64` are exact.
                    product(row[0], (number >> 32) as f64 * 4_294_967_296.0);
                    product(row[0], (number & 0xffff_ffff) as f64);
                }
                Value::Real(number) => product(row[0], *number),
                Value::Indices(indices) => {
                    indices.iter().for_each(|index| product(row[*index as usize], 1.0))
                }
                Value::Reals(_) => {}
            }
        }
    }
    add(-budget.limit);
    add(-budget.tolerance());
    // Carry upwards, 1 bit per exponent, then the sign is that of the highest bucket that is left.
    let mut carry: i128 = 0;
    let mut rest = false;
    let (Some(&first), Some(&last)) = (buckets.keys().next(), buckets.keys().last()) else { return true };
    for exponent in first..=last {
        carry += buckets.get(&exponent).copied().unwrap_or(0);
        if exponent < last {
            rest |= carry & 1 == 1;
            carry >>= 1;
        }
    }
    carry < 0 || (carry == 0 && !rest)
}

fn check(space: &Space, config: &Config) -> Result<(), TestCaseError> {
    prop_assert_eq!(space.check(config), Ok(()));
    prop_assert_eq!(&space.canonical(config.clone()), config);
    for budget in space.budgets() {
        prop_assert!(is_within(budget, config, &space.active(config)), "{:?} breaks {:?}", config, budget);
    }
    Ok(())
}

/// Anything, in any shape.
fn any_config(space: &Space, random: &mut Rng) -> Config {
    let value = |random: &mut Rng| match random.random_range(0..5) {
        0 => Value::Index(random.random_range(0..9)),
        1 => Value::Int(whole(random)),
        2 => Value::Real(number(random)),
        3 => Value::Indices((0..random.random_range(0..6)).map(|_| random.random_range(0..9)).collect()),
        _ => Value::Reals((0..random.random_range(0..6)).map(|_| number(random)).collect()),
    };
    let mut cells: Vec<Vec<Value>> = space
        .dimensions()
        .iter()
        .map(|dimension| {
            let cells = if random.random_bool(0.9) { dimension.cells() } else { random.random_range(0..9) };
            (0..cells).map(|_| value(random)).collect()
        })
        .collect();
    if random.random_bool(0.1) {
        cells.pop();
    }
    Config::new(cells)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_made_space_never_panics_and_what_it_returns_is_feasible(seed in any::<u64>()) {
        let (dimensions, constraints) = described(seed);
        let Ok(space) = Space::new(dimensions, constraints) else { return Ok(()) };
        let mut random = rng::derive(seed, "use", &[]);
        space.count();
        for config in space.enumerate(300).into_iter().flatten() {
            check(&space, &config)?;
        }
        let strange = any_config(&space, &mut random);
        let _ = (space.check(&strange), space.canonical(strange.clone()), strange.hash());
        if let Ok(repaired) = space.repair(strange.clone(), &[], &mut random) {
            check(&space, &repaired)?;
        }
        let Ok(mut parent) = space.sample(&mut random) else { return Ok(()) };
        check(&space, &parent)?;
        for _ in 0..6 {
            let other = space.sample(&mut random).unwrap_or_else(|_| parent.clone());
            let child = space.crossover(&parent, &other, &mut random);
            check(&space, &child)?;
            parent = space.mutate(&child, &mut random);
            check(&space, &parent)?;
        }
        if space.dimensions().iter().all(|dimension| dimension.cells() > 0) {
            let _ = (space.mutate(&strange, &mut random), space.crossover(&parent, &strange, &mut random));
        }
    }
}

fn one(domain: Domain) -> Result<Space, SpaceError> {
    Space::new(vec![Dimension { name: "x".into(), help: String::new(), axes: vec![], domain }], vec![])
}

#[test]
fn ranges_that_overflow_are_refused_with_their_dimension_and_number() {
    let real = |min, max, scale| Domain::Real { min, max, scale };
    let matrix = |min, max| Domain::Matrix { rows: 2, columns: 2, min, max };
    for (domain, expected) in [
        (
            real(-1e308, 1e308, Scale::Linear),
            "dimension `x`: the lower end is -1e308, expected a number of at most 1e100",
        ),
        (real(0.0, f64::MAX, Scale::Linear), "the upper end is 1.7976931348623157e308"),
        (
            real(1e-300, 1.0, Scale::Log),
            "the lower end of the logarithmic range is 1e-300, expected at least 1e-100",
        ),
        (matrix(-1e200, 1.0), "the lower end is -1e200"),
        (matrix(f64::MIN, f64::MAX), "the lower end is -1.79"),
        (Domain::Level { levels: vec![1.0, 1e300] }, "a level is 1e300"),
        (Domain::Affine { of: 4, sum: 1.0, spread: 1e16 }, "the spread is 1e16, expected at most 1e6"),
        (Domain::Affine { of: 4, sum: 1e200, spread: 1.0 }, "the sum is 1e200"),
    ] {
        let error = one(domain).unwrap_err();
        assert!(matches!(error, SpaceError::Number { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

fn budgeted(limit: f64, costs: Vec<f64>) -> Result<Space, SpaceError> {
    let domain = Domain::Level { levels: (0..costs.len()).map(|level| level as f64).collect() };
    let dimension =
        Dimension { name: "x".into(), help: String::new(), axes: vec![Axis::new("layer", 8)], domain };
    let terms = vec![BudgetTerm { dimension: 0, costs: vec![costs] }];
    Space::new(
        vec![dimension],
        vec![Constraint::Budget(Budget { resource: "bytes".into(), unit: "bytes".into(), limit, terms })],
    )
}

#[test]
fn budgets_whose_sums_are_rounded_away_are_refused() {
    let error = budgeted(1e16, vec![1.0, 1e16]).unwrap_err().to_string();
    assert!(error.contains("budget `bytes`, dimension `x`: the largest sum of its costs is 8e16"), "{error}");
    let error = budgeted(1e-12, vec![1e-12, 2e-12]).unwrap_err().to_string();
    assert!(error.contains("use a smaller unit"), "{error}");
}

#[test]
fn a_budget_of_bytes_is_met_to_the_byte_whatever_the_magnitude() {
    // Of 8 cells of at most 500 TB; an increment of one byte must not pass.
    let space = budgeted(4e14, vec![1.0, 3.0, 1e14 + 1.0, 4e14]).unwrap();
    for seed in 0..200 {
        let random = &mut rng::derive(seed, "bytes", &[]);
        let mut config = space.sample(random).unwrap();
        for _ in 0..20 {
            config = space.mutate(&config, random);
            let budget = space.budgets().next().unwrap();
            assert!(budget.used(&config) <= 4e14, "{}", budget.used(&config));
        }
    }
}

#[test]
fn a_large_subset_under_a_budget_is_repaired_by_sorting() {
    // 2,048 of 4,096 with a limit barely above the cheapest: exchanging them one by one took gigabytes.
    let costs: Vec<f64> = (0..4_096).map(|element| f64::from(element % 97) + 0.25).collect();
    let mut sorted = costs.clone();
    sorted.sort_by(f64::total_cmp);
    let cheapest: f64 = sorted[..2_048].iter().sum();
    let space = |limit| {
        let domain = Domain::Subset { of: 4_096, min: 2_048, max: 2_048 };
        let dimension = Dimension { name: "kept".into(), help: String::new(), axes: vec![], domain };
        let terms = vec![BudgetTerm { dimension: 0, costs: vec![costs.clone()] }];
        let budget = Budget { resource: "bytes".into(), unit: "bytes".into(), limit, terms };
        Space::new(vec![dimension], vec![Constraint::Budget(budget)]).unwrap()
    };
    let mut random = rng::derive(1, "large", &[]);
    let loose = space(cheapest * 1.2);
    let (one, other) = (loose.sample(&mut random).unwrap(), loose.sample(&mut random).unwrap());
    assert_eq!((loose.check(&one), loose.check(&other)), (Ok(()), Ok(())));
    assert_ne!(one, other, "what is repaired stays random");
    let child = loose.mutate(&one, &mut random);
    assert_eq!(loose.check(&child), Ok(()));
    assert_ne!(child, one);
    assert_eq!(space(cheapest).check(&space(cheapest).sample(&mut random).unwrap()), Ok(()));
    let error = space(cheapest - 1.0).sample(&mut random).unwrap_err();
    assert!(matches!(error, Infeasible::Budget { .. }), "{error}");
}

#[test]
fn sizes_are_refused_when_they_are_described() {
    let named = |name: String, axes: Vec<Axis>, domain| Dimension { name, help: String::new(), axes, domain };
    let order = |of| Domain::Permutation { of };
    let refused = |dimensions: Vec<Dimension>, constraints: Vec<Constraint>| {
        Space::new(dimensions, constraints).unwrap_err().to_string()
    };
    let many = (0..100_000).map(|index| named(format!("d{index}"), vec![], order(2))).collect();
    assert_eq!(refused(many, vec![]), "the space has 100000 dimensions, at most 4096 are allowed");
    let options = (0..60_000).map(|index| index.to_string()).collect();
    let error = refused(vec![named("c".into(), vec![], Domain::Choice { options })], vec![]);
    assert_eq!(error, "the space has 60000 options in `c`, at most 4096 are allowed");
    let cells = vec![Axis::new("layer", 4_096), Axis::new("head", 4_096)];
    let error = refused(vec![named("h".into(), cells, order(1))], vec![]);
    assert_eq!(error, "dimension `h`: with it, a config has more than 1048576 numbers");
    let slot = Slot { dimension: 0, cell: 0 };
    let levels = Domain::Level { levels: vec![1.0, 2.0] };
    let forbidden = vec![Constraint::Forbidden { cells: vec![(slot, 0)] }; 20_000];
    let error = refused(vec![named("l".into(), vec![], levels.clone())], forbidden);
    assert_eq!(error, "the space has 20000 constraints, at most 16384 are allowed");
    let exactly = vec![Constraint::Exactly { dimension: 0, option: 0, count: 1 }; 1_000];
    let error = refused(vec![named("l".into(), vec![Axis::new("layer", 100_000)], levels)], exactly);
    assert!(error.contains("100000000 cells in all constraints together"), "{error}");
}
