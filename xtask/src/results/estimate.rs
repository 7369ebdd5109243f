//! Estimates as tables write them.

use serde_json::Value;

/// `mean [low, high]`.
pub(super) fn interval(estimate: &Value) -> String {
    let number = |value: f64| if value.abs() >= 1e4 { format!("{value:.0}") } else { format!("{value:.4}") };
    match (estimate["mean"].as_f64(), estimate["low"].as_f64(), estimate["high"].as_f64()) {
        (Some(mean), Some(low), Some(high)) => {
            format!("{} [{}, {}]", number(mean), number(low), number(high))
        }
        (Some(mean), ..) => number(mean),
        _ => String::new(),
    }
}
