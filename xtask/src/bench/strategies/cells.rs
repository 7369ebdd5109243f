//! Names of methods and what they found, as the page's tables say them.

use std::collections::BTreeMap;

use super::results::{Results, Runs};
use super::statistics::{Median, median};

/// What every method found, by problem and evaluations.
pub(super) type Looks<'a> = BTreeMap<(&'a str, u64), BTreeMap<&'a str, &'a Runs>>;

/// The kind of space that a problem's name begins with.
pub(super) fn kind(problem: &str) -> &str {
    problem.split('-').next().unwrap_or_default()
}

pub(super) fn is_peer(method: &str) -> bool {
    ["optuna", "nevergrad", "pymoo", "pycma"].iter().any(|name| method.starts_with(name))
}

/// A method's name, peers' in italics.
pub(super) fn shown(method: &str) -> String {
    if is_peer(method) { format!("*{method}*") } else { format!("`{method}`") }
}

/// What is shown of every instance: gaps, or losses of coefficients.
pub(super) fn values(results: &Results, problem: &str, runs: &Runs) -> Vec<f64> {
    if kind(problem) == "affine" {
        return runs.values().map(|(loss, _)| *loss).collect();
    }
    results.gaps(problem, runs)
}

pub(super) fn cell(results: &Results, problem: &str, runs: &Runs) -> String {
    let Median { value, low, high } = median(&values(results, problem, runs));
    format!("{} [{}, {}]", number(value), number(low), number(high))
}

/// Three significant digits or so.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "–".to_owned(),
        0.0 => "0".to_owned(),
        size if size < 1e-3 => format!("{value:.1e}"),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
