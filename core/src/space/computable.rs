//! Range of the numbers that a space may hold, so that no operator overflows and no budget drowns in rounding.

use super::{Budget, Dimension, Domain, Scale, Space, SpaceError};

/// No bound of a domain and no limit is larger: squares, ranges and sums of such numbers stay finite.
const LARGEST: f64 = 1e100;
/// Where a logarithmic range may start.
const SMALLEST: f64 = 1e-100;
/// What a config may use of a budget at most, 2⁵²: up to there, sums tell whole numbers apart.
const LARGEST_SUM: f64 = 4_503_599_627_370_496.0;
/// Costs below this drown in the slack with which sums are compared (see [`Budget::tolerance`]).
const SMALLEST_SUM: f64 = 1e-3;
/// `of · spread` of affine coefficients over their sum: beyond, rounding alone breaks the sum.
const LARGEST_SPREAD: f64 = 4e6;

/// Refuses a domain with numbers that cannot be computed with.
pub(super) fn domain(dimension: &Dimension) -> Result<(), SpaceError> {
    let refuse = |what: &str, number: f64, expected: String| {
        Err(SpaceError::Number {
            place: format!("dimension `{}`", dimension.name),
            what: what.to_owned(),
            number: format!("{number:?}"),
            expected,
        })
    };
    let beyond = |number: f64| number.is_nan() || number.abs() > LARGEST;
    let largest = || format!("a number of at most {LARGEST:e} in magnitude");
    match &dimension.domain {
        Domain::Level { levels } => match levels.iter().find(|level| beyond(**level)) {
            Some(level) => refuse("a level", *level, largest()),
            None => Ok(()),
        },
        Domain::Real { min, max, .. } | Domain::Matrix { min, max, .. } if beyond(*min) || beyond(*max) => {
            let end = if beyond(*min) { ("the lower end", *min) } else { ("the upper end", *max) };
            refuse(end.0, end.1, largest())
        }
        Domain::Real { min, scale: Scale::Log, .. } if *min > 0.0 && *min < SMALLEST => {
            refuse("the lower end of the logarithmic range", *min, format!("at least {SMALLEST:e}"))
        }
        Domain::Affine { sum, .. } if beyond(*sum) => refuse("the sum", *sum, largest()),
        Domain::Affine { of, sum, spread } => {
            let most = LARGEST_SPREAD * sum.abs().max(1.0) / f64::from((*of).max(1));
            if spread.is_nan() || *spread > most {
                let expected = format!(
                    "at most {most:e}: {of} draws that far apart cannot be brought to the sum {sum:?} without rounding it away"
                );
                return refuse("the spread", *spread, expected);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Refuses a budget whose sums cannot be told apart; its terms fit the space.
pub(super) fn budget(space: &Space, budget: &Budget) -> Result<(), SpaceError> {
    let refuse = |place: String, what: &str, number: f64, expected: String| {
        Err(SpaceError::Number { place, what: what.to_owned(), number: format!("{number:?}"), expected })
    };
    let here = format!("budget `{}`", budget.resource);
    if budget.limit.abs() > LARGEST {
        return refuse(here, "the limit", budget.limit, format!("at most {LARGEST:e} in magnitude"));
    }
    let mut most = 0.0;
    for term in &budget.terms {
        let dimension = &space.dimensions[term.dimension];
        let largest: f64 =
            (0..dimension.cells()).map(|cell| largest_cost(&dimension.domain, term.row(cell))).sum();
        most += largest;
        if most.is_nan() || most > LARGEST_SUM {
            let place = format!("{here}, dimension `{}`", dimension.name);
            let expected = format!("at most 2^52 ({LARGEST_SUM}), so that sums are exact; use a larger unit");
            return refuse(place, "the largest sum of its costs", largest, expected);
        }
    }
    if most > 0.0 && most < SMALLEST_SUM && budget.limit.abs() < 1.0 {
        let expected = format!("at least {SMALLEST_SUM}, so that sums can be told apart; use a smaller unit");
        return refuse(here, "the largest sum of the costs", most, expected);
    }
    Ok(())
}

/// The largest magnitude that one cell can add.
fn largest_cost(domain: &Domain, row: &[f64]) -> f64 {
    let magnitudes = row.iter().map(|cost| cost.abs());
    match domain {
        Domain::Int { min, max } => magnitudes.sum::<f64>() * (*min as f64).abs().max((*max as f64).abs()),
        Domain::Real { min, max, .. } => magnitudes.sum::<f64>() * min.abs().max(max.abs()),
        Domain::Subset { .. } => magnitudes.sum(),
        _ => magnitudes.fold(0.0, f64::max),
    }
}
