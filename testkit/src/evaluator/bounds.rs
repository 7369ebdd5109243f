//! What evaluators promise of known bounds, where they know any.

use attune_core::bounds::{self, KnownBounds};
use attune_core::evaluator::{EvalFailure, Request, Split};

use super::running::said;
use super::{Trial, UNKNOWN};

/// Bounds are of the task's metrics, one for each item whatever else is asked, on data that there is, and no plan beats them.
pub(super) fn bounds(trial: &Trial<'_>) -> Result<String, String> {
    let (items, metrics) = (trial.items(), &trial.evaluator.task().metrics);
    let known = asked(trial, &items)?;
    if known.is_empty() {
        return Ok("it knows none".to_owned());
    }
    if let Some(fault) = bounds::fault(&known, metrics, items.len()) {
        return Err(format!("it says {fault}"));
    }
    for (place, item) in items.iter().enumerate() {
        let alone = asked(trial, &[*item])?;
        for (metric, values) in &known {
            let single = alone.get(metric).and_then(|values| values.first().copied()).flatten();
            if single.map(f64::to_bits) != values[place].map(f64::to_bits) {
                return Err(format!(
                    "`{metric}` of item {item} is {:?}, and {single:?} alone",
                    values[place]
                ));
            }
        }
    }
    let nowhere = Request::new(Split::OutOfDomain(UNKNOWN.to_owned()), vec![0]);
    match trial.evaluator.known_bounds(&nowhere) {
        Err(EvalFailure::BadRequest(_)) => {}
        Err(other) => return Err(format!("a split that it does not have is another failure: {other}")),
        Ok(_) => return Err("it knows bounds of a split that it does not have".to_owned()),
    }
    let mut plans = trial.plans.clone();
    plans.push(trial.honoured()?);
    for (plan, scores) in plans.iter().zip(trial.scores(&plans, &items)?) {
        for metric in metrics {
            let (Some(score), Some(values)) = (scores.metrics.get(&metric.name), known.get(&metric.name))
            else {
                continue;
            };
            if let Some(at) = bounds::beaten(metric.direction, score, values) {
                let (value, bound, name) = (score.items[at], values[at].unwrap_or(f64::NAN), &metric.name);
                return Err(format!(
                    "{}: `{name}` of item {} is {value}, better than its bound {bound}",
                    said(plan),
                    items[at]
                ));
            }
        }
    }
    let told = known.iter().map(|(metric, values)| {
        format!("`{metric}` on {} of {} items", values.iter().flatten().count(), items.len())
    });
    Ok(told.collect::<Vec<_>>().join(", "))
}

fn asked(trial: &Trial<'_>, items: &[u32]) -> Result<KnownBounds, String> {
    let request = Request::new(Split::Selection, items.to_vec());
    trial.evaluator.known_bounds(&request).map_err(|failure| format!("asked for bounds, it fails: {failure}"))
}
