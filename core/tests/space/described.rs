//! Descriptions of spaces that nobody means well. Also what `cargo xtask fuzz space` makes.

use attune_core::rng::{self, Rng};
use attune_core::space::{Axis, Budget, BudgetTerm, Constraint, Dimension, Domain, Scale, Slot};
use rand::RngExt as _;

/// Numbers at which arithmetic goes wrong.
const NUMBERS: [f64; 30] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    0.3,
    2.5,
    8.0,
    1e-9,
    1e-12,
    1e-100,
    1e-308,
    5e-324,
    1e6,
    1e9,
    1e12,
    1e15,
    4e15,
    1e16,
    -1e16,
    9_007_199_254_740_993.0,
    1e100,
    -1e100,
    1e200,
    1e308,
    -1e308,
    f64::MAX,
    f64::MIN,
    f64::NAN,
    f64::INFINITY,
];
const WHOLE: [i64; 12] =
    [0, 1, -1, 3, 100, 10_000, -10_000, 1 << 53, i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1];

pub(crate) fn number(random: &mut Rng) -> f64 {
    if random.random_bool(0.6) {
        random.random_range(-10.0..10.0)
    } else {
        NUMBERS[random.random_range(0..NUMBERS.len())]
    }
}

pub(crate) fn whole(random: &mut Rng) -> i64 {
    if random.random_bool(0.5) {
        random.random_range(-20..20)
    } else {
        WHOLE[random.random_range(0..WHOLE.len())]
    }
}

fn ordered<T: PartialOrd>(one: T, other: T) -> (T, T) {
    if one > other { (other, one) } else { (one, other) }
}

fn domain(random: &mut Rng) -> Domain {
    match random.random_range(0..8) {
        0 => Domain::Choice { options: (0..random.random_range(0..5)).map(|i| format!("o{i}")).collect() },
        1 => {
            let mut levels: Vec<f64> = (0..random.random_range(0..5)).map(|_| number(random)).collect();
            levels.sort_by(f64::total_cmp);
            levels.dedup();
            Domain::Level { levels }
        }
        2 => {
            let (min, max) = ordered(whole(random), whole(random));
            Domain::Int { min, max }
        }
        3 => {
            let (min, max) = ordered(number(random), number(random));
            let scale = if random.random() { Scale::Linear } else { Scale::Log };
            Domain::Real { min, max, scale }
        }
        4 => {
            let of = random.random_range(0..9);
            let (min, max) = ordered(random.random_range(0..=of), random.random_range(0..=of + 1));
            Domain::Subset { of, min, max }
        }
        5 => Domain::Permutation { of: random.random_range(0..7) },
        6 => Domain::Affine {
            of: random.random_range(0..5),
            sum: number(random),
            spread: number(random).abs(),
        },
        _ => {
            let (min, max) = ordered(number(random), number(random));
            Domain::Matrix { rows: random.random_range(0..4), columns: random.random_range(1..4), min, max }
        }
    }
}

fn width(domain: &Domain) -> usize {
    match domain {
        Domain::Subset { of, .. } => *of as usize,
        Domain::Int { .. } | Domain::Real { .. } => 1,
        domain => domain.options().unwrap_or(0) as usize,
    }
}

fn constraint(dimensions: &[Dimension], random: &mut Rng) -> Constraint {
    let dimension = random.random_range(0..dimensions.len());
    let cells = dimensions[dimension].cells();
    let options = dimensions[dimension].domain.options().unwrap_or(1).max(1);
    match random.random_range(0..8) {
        0 => Constraint::Distinct {
            dimension,
            by: if random.random() { vec!["layer".into()] } else { vec![] },
            at_most: random.random_range(0..3),
        },
        1 => Constraint::Exactly {
            dimension,
            option: random.random_range(0..options),
            count: random.random_range(0..=cells as u32 + 1),
        },
        2 => Constraint::Forbidden {
            cells: vec![(
                Slot { dimension, cell: random.random_range(0..=cells) },
                random.random_range(0..options),
            )],
        },
        3 => {
            Constraint::Ascending { dimension, along: if random.random() { "layer" } else { "head" }.into() }
        }
        4 => {
            let when = random.random_range(0..dimensions.len());
            let options = (0..random.random_range(0..3)).map(|_| random.random_range(0..options)).collect();
            Constraint::Active { dimension, when, options }
        }
        _ => {
            // Magnitudes mix: a budget of small numbers with a few huge ones that cancel.
            let terms = (0..random.random_range(1..3)).map(|_| {
                let dimension = random.random_range(0..dimensions.len());
                let rows = if random.random() { 1 } else { dimensions[dimension].cells() };
                let width = width(&dimensions[dimension].domain);
                BudgetTerm {
                    dimension,
                    costs: (0..rows).map(|_| (0..width).map(|_| number(random)).collect()).collect(),
                }
            });
            let terms = terms.collect();
            Constraint::Budget(Budget {
                resource: "r".into(),
                unit: "u".into(),
                limit: number(random),
                terms,
            })
        }
    }
}

/// A description of a space; most make no sense, as a fuzzer would have it.
pub(crate) fn described(seed: u64) -> (Vec<Dimension>, Vec<Constraint>) {
    let random = &mut rng::derive(seed, "hostile", &[]);
    let dimensions: Vec<Dimension> = (0..random.random_range(1..4))
        .map(|index| Dimension {
            name: format!("d{index}"),
            help: String::new(),
            axes: (0..random.random_range(0..3))
                .map(|axis| Axis::new(["layer", "head"][axis], random.random_range(1..5)))
                .collect(),
            domain: domain(random),
        })
        .collect();
    let constraints = (0..random.random_range(0..4)).map(|_| constraint(&dimensions, random)).collect();
    (dimensions, constraints)
}
