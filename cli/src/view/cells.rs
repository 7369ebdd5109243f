//! Cells of tables.

use attune_core::format;
use attune_core::report::Estimates;
use attune_core::technique::Cost;

/// What it costs, and how that compares with the dense model.
pub(super) fn cost_cells(costs: &[Cost]) -> [String; 2] {
    costs.first().map_or_else(|| [dash(), dash()], |cost| [format::cost(cost), format::saving(cost)])
}

pub(super) fn mean(estimates: &Estimates, metric: &str) -> String {
    estimates.get(metric).map_or_else(dash, |estimate| format::short(estimate.mean))
}

pub(super) fn dash() -> String {
    "–".to_owned()
}
