//! Cells of tables.

use attune_core::bounds::{Gap, Gaps};
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

/// Whether a table says how far a metric is from its known bounds.
pub(super) fn has_column(gaps: &Gaps, metric: &str) -> bool {
    gaps.get(metric).is_some_and(Gap::is_worth_a_column)
}

/// How much worse than its known bounds a metric is.
pub(super) fn gap(gaps: &Gaps, metric: &str) -> String {
    gaps.get(metric).map_or_else(dash, |gap| match &gap.share {
        Some(share) => format::percent(share.mean),
        None => format::short(gap.distance.mean),
    })
}

pub(super) fn dash() -> String {
    "–".to_owned()
}
