//! Bounds that an evaluator knows, and what makes no sense of them.

use std::collections::BTreeMap;

use super::MetricInfo;

/// Metric → its bound on each item that was asked for, in that order; `None` where it is not known. A metric without any bound is not
/// listed.
pub type KnownBounds = BTreeMap<String, Vec<Option<f64>>>;

/// What makes no sense about bounds on so many items, in words.
pub fn fault(bounds: &KnownBounds, metrics: &[MetricInfo], items: usize) -> Option<String> {
    bounds.iter().find_map(|(name, values)| {
        if metrics.iter().all(|metric| metric.name != *name) {
            return Some(format!("bounds of `{name}`, a metric that the task does not have"));
        }
        if values.len() != items {
            return Some(format!("{} bounds of `{name}`, and {items} items were asked for", values.len()));
        }
        let odd = values.iter().flatten().find(|value| !value.is_finite())?;
        Some(format!("a bound of `{name}` is {odd}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Direction;

    #[test]
    fn bounds_without_sense_are_named() {
        let metric =
            MetricInfo { name: "peak".to_owned(), direction: Direction::Minimise, unit: "bytes".to_owned() };
        let of = |name: &str, values: &[Option<f64>]| {
            fault(&[(name.to_owned(), values.to_vec())].into(), std::slice::from_ref(&metric), 2)
        };
        assert_eq!(of("peak", &[Some(1.0), None]), None);
        for (name, values, words) in [
            ("kl", &[None, None][..], "does not have"),
            ("peak", &[None][..], "1 bounds"),
            ("peak", &[None, Some(f64::NAN)][..], "is NaN"),
        ] {
            let found = of(name, values).unwrap();
            assert!(found.contains(words), "{found}");
        }
    }
}
