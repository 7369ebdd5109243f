//! Spaces that between them have every domain and every constraint.

use std::sync::Arc;

use attune_core::space::{
    Axis, Budget, BudgetTerm, Constraint, Dimension, Domain, Scale, Slot, Space, SpaceError,
};

/// Named spaces for the conformance suite.
///
/// # Errors
/// [`SpaceError`], if a space of this file made no sense.
pub fn all() -> Result<Vec<(&'static str, Arc<Space>)>, SpaceError> {
    let spaces = [
        ("subsets", subsets(6, 8, 4)?),
        ("few subsets", subsets(2, 4, 2)?),
        ("budgeted levels", budgeted_levels(16)?),
        ("few budgeted levels", budgeted_levels(5)?),
        ("distinct groups", distinct_groups()?),
        ("exact cardinality", exact_cardinality()?),
        ("numbers", numbers()?),
        ("few integers", few_integers()?),
        ("permutations", permutations(9)?),
        ("few permutations", permutations(4)?),
        ("coefficients", coefficients()?),
        ("bytes of all magnitudes", magnitudes()?),
        ("budgeted subsets", budgeted_subsets()?),
        ("ends of what can be computed with", extremes()?),
        ("thresholds", thresholds()?),
        ("ascending reals", ascending_reals()?),
        ("conditional codecs", conditional_codecs()?),
        ("few conditional levels", few_conditional_levels()?),
        ("a single point", Space::new(vec![dimension("only", &[], Domain::Permutation { of: 1 })], vec![])?),
    ];
    Ok(spaces.into_iter().map(|(name, space)| (name, Arc::new(space))).collect())
}

/// A dimension without a help text.
pub fn dimension(name: &str, axes: &[(&str, u32)], domain: Domain) -> Dimension {
    let axes = axes.iter().map(|(name, len)| Axis::new(name, *len)).collect();
    Dimension { name: name.to_owned(), help: String::new(), axes, domain }
}

/// `keep` of `of` elements in each of `layers` layers.
fn subsets(layers: u32, of: u32, keep: u32) -> Result<Space, SpaceError> {
    let domain = Domain::Subset { of, min: keep, max: keep };
    Space::new(vec![dimension("kept", &[("layer", layers)], domain)], vec![])
}

fn bit_levels() -> Domain {
    Domain::Level { levels: vec![2.0, 3.0, 4.0, 8.0] }
}

/// Levels that may take 3.25 bits on average.
fn budgeted_levels(cells: u32) -> Result<Space, SpaceError> {
    let budget = Budget {
        resource: "bits".to_owned(),
        unit: "bits".to_owned(),
        limit: 3.25 * f64::from(cells),
        terms: vec![BudgetTerm { dimension: 0, costs: vec![vec![2.0, 3.0, 4.0, 8.0]] }],
    };
    Space::new(vec![dimension("bits", &[("layer", cells)], bit_levels())], vec![Constraint::Budget(budget)])
}

/// At most two different levels in each layer, and two of them never side by side.
fn distinct_groups() -> Result<Space, SpaceError> {
    let slot = |cell| Slot { dimension: 0, cell };
    Space::new(
        vec![dimension("span", &[("layer", 4), ("head", 4)], bit_levels())],
        vec![
            Constraint::Distinct { dimension: 0, by: vec!["layer".to_owned()], at_most: 2 },
            Constraint::Forbidden { cells: vec![(slot(0), 0), (slot(1), 0)] },
        ],
    )
}

fn exact_cardinality() -> Result<Space, SpaceError> {
    let options = ["keep", "drop"].map(str::to_owned).to_vec();
    Space::new(
        vec![dimension("blocks", &[("layer", 8)], Domain::Choice { options })],
        vec![Constraint::Exactly { dimension: 0, option: 1, count: 3 }],
    )
}

fn numbers() -> Result<Space, SpaceError> {
    let real = |min, max, scale| Domain::Real { min, max, scale };
    Space::new(
        vec![
            dimension("sink", &[("head", 3)], Domain::Int { min: -5, max: 1000 }),
            dimension("share", &[], real(0.0, 1.0, Scale::Linear)),
            dimension("rate", &[], real(1e-5, 1e-1, Scale::Log)),
        ],
        vec![],
    )
}

fn few_integers() -> Result<Space, SpaceError> {
    Space::new(vec![dimension("steps", &[("stage", 2)], Domain::Int { min: 1, max: 5 })], vec![])
}

/// Costs from one byte to hundreds of terabytes under one limit, which is met to the byte.
fn magnitudes() -> Result<Space, SpaceError> {
    let costs = vec![1.0, 3.0, 1e14 + 1.0, 4e14];
    let terms = vec![BudgetTerm { dimension: 0, costs: vec![costs] }];
    let budget = Budget { resource: "memory".to_owned(), unit: "bytes".to_owned(), limit: 4e14, terms };
    Space::new(vec![dimension("kept", &[("layer", 8)], bit_levels())], vec![Constraint::Budget(budget)])
}

/// Subsets with real costs, of which only the cheaper half fits.
fn budgeted_subsets() -> Result<Space, SpaceError> {
    let costs: Vec<f64> = (1..=40).map(|element| f64::from(element).sqrt()).collect();
    let limit = 0.45 * costs.iter().sum::<f64>() * 3.0;
    let terms = vec![BudgetTerm { dimension: 0, costs: vec![costs] }];
    let budget = Budget { resource: "memory".to_owned(), unit: "bytes".to_owned(), limit, terms };
    let kept = Domain::Subset { of: 40, min: 18, max: 20 };
    Space::new(vec![dimension("kept", &[("layer", 3)], kept)], vec![Constraint::Budget(budget)])
}

/// The largest numbers that a space may hold.
fn extremes() -> Result<Space, SpaceError> {
    let real = |min, max, scale| Domain::Real { min, max, scale };
    Space::new(
        vec![
            dimension("whole", &[("layer", 2)], Domain::Int { min: i64::MIN, max: i64::MAX }),
            dimension("share", &[], real(-1e100, 1e100, Scale::Linear)),
            dimension("rate", &[], real(1e-100, 1e100, Scale::Log)),
            dimension("mix", &[], Domain::Affine { of: 4, sum: -1e6, spread: 1e6 }),
            dimension("merge", &[], Domain::Matrix { rows: 2, columns: 2, min: -1e100, max: 1e100 }),
        ],
        vec![],
    )
}

fn permutations(of: u32) -> Result<Space, SpaceError> {
    Space::new(vec![dimension("order", &[], Domain::Permutation { of })], vec![])
}

/// Thresholds that ascend, of a level and a whole number, under a budget.
fn thresholds() -> Result<Space, SpaceError> {
    let ascending = |dimension, along: &str| Constraint::Ascending { dimension, along: along.to_owned() };
    let budget = Budget {
        resource: "bits".to_owned(),
        unit: "bits".to_owned(),
        limit: 24.0,
        terms: vec![BudgetTerm { dimension: 0, costs: vec![vec![2.0, 3.0, 4.0, 8.0]] }],
    };
    Space::new(
        vec![
            dimension("bits", &[("layer", 6)], bit_levels()),
            dimension("step", &[("layer", 2), ("threshold", 5)], Domain::Int { min: 0, max: 100 }),
        ],
        vec![
            ascending(0, "layer"),
            ascending(1, "layer"),
            ascending(1, "threshold"),
            Constraint::Budget(budget),
        ],
    )
}

fn ascending_reals() -> Result<Space, SpaceError> {
    let real = |scale| Domain::Real { min: 0.01, max: 1.0, scale };
    Space::new(
        vec![
            dimension("share", &[("threshold", 4)], real(Scale::Linear)),
            dimension("rate", &[("stage", 3)], real(Scale::Log)),
        ],
        vec![
            Constraint::Ascending { dimension: 0, along: "threshold".to_owned() },
            Constraint::Ascending { dimension: 1, along: "stage".to_owned() },
        ],
    )
}

/// A codec that decides about dimensions of every kind, one of which decides about another one.
fn conditional_codecs() -> Result<Space, SpaceError> {
    let choice = |options: &[&str]| Domain::Choice {
        options: options.iter().map(|&option| option.to_owned()).collect(),
    };
    let active =
        |dimension, when, options: &[u32]| Constraint::Active { dimension, when, options: options.to_vec() };
    Space::new(
        vec![
            dimension("codec", &[], choice(&["raw", "mask", "block"])),
            dimension("coder", &[], choice(&["none", "range"])),
            dimension("order", &[], Domain::Permutation { of: 6 }),
            dimension("kept", &[("layer", 3)], Domain::Subset { of: 5, min: 1, max: 3 }),
            dimension("bits", &[("layer", 3)], bit_levels()),
            dimension("scale", &[], Domain::Real { min: 0.5, max: 2.0, scale: Scale::Log }),
            dimension("mix", &[], Domain::Affine { of: 3, sum: 1.0, spread: 0.3 }),
        ],
        vec![
            active(1, 0, &[1]),
            active(2, 1, &[1]),
            active(3, 0, &[1, 2]),
            active(4, 0, &[2]),
            active(5, 0, &[0]),
            active(6, 0, &[2]),
        ],
    )
}

/// Layer by layer, levels that count only where the layer is compressed; 125 points.
fn few_conditional_levels() -> Result<Space, SpaceError> {
    let options = ["raw", "compressed"].map(str::to_owned).to_vec();
    Space::new(
        vec![
            dimension("kind", &[("layer", 3)], Domain::Choice { options }),
            dimension("bits", &[("layer", 3)], bit_levels()),
        ],
        vec![Constraint::Active { dimension: 1, when: 0, options: vec![1] }],
    )
}

fn coefficients() -> Result<Space, SpaceError> {
    let affine = Domain::Affine { of: 4, sum: 1.0, spread: 0.5 };
    let matrix = Domain::Matrix { rows: 2, columns: 3, min: -1.0, max: 1.0 };
    Space::new(vec![dimension("mix", &[], affine), dimension("merge", &[("layer", 2)], matrix)], vec![])
}
