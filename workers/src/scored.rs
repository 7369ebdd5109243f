//! From what a worker says of a plan to what the host knows of it, or what is wrong with it.

use std::time::Duration;

use attune_core::evaluator::{EvalFailure, Evaluation, EvaluatorInfo, MetricInfo, Request};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};

use crate::wire;

/// The outcome of a plan on the items of `request`.
///
/// # Errors
/// In words, what the protocol does not have.
pub(crate) fn outcome(
    said: wire::Outcome,
    info: &EvaluatorInfo,
    metrics: &[MetricInfo],
    request: &Request,
) -> Result<Result<Evaluation, EvalFailure>, String> {
    let wire::Outcome { index: _, scores, error, work, seconds } = said;
    let scores = match (scores, error) {
        (None, Some(failure)) => return self::failure(failure, info, request.deadline).map(Err),
        (Some(scores), None) => scores,
        _ => return Err("it has not exactly one of `scores` and `error`".to_owned()),
    };
    if let Some(name) = scores.keys().find(|name| metrics.iter().all(|metric| metric.name != **name)) {
        return Err(format!("the task has no metric `{name}`"));
    }
    let named = metrics.iter().map(|metric| match scores.get(&metric.name) {
        None => Err(format!("it has no metric `{}`", metric.name)),
        Some(score) => Ok((metric.name.clone(), checked(metric, score, request.items.len())?)),
    });
    let scores = Scores { metrics: named.collect::<Result<_, _>>()? };
    let seconds = seconds.unwrap_or(0.0);
    if !(seconds >= 0.0 && seconds.is_finite()) {
        return Err(format!("its `seconds` are {seconds}"));
    }
    let work = work.map_or(Work::default(), |work| Work { computed: work.computed, naive: work.naive });
    Ok(Ok(Evaluation { scores, work, seconds }))
}

fn checked(metric: &MetricInfo, score: &wire::Score, items: usize) -> Result<MetricScore, String> {
    let name = &metric.name;
    let values = score.items.clone();
    let weights = score.weights.clone().unwrap_or_else(|| vec![1.0; values.len()]);
    if (values.len(), weights.len()) != (items, items) {
        return Err(format!(
            "metric `{name}` has {} values and {} weights, and {items} items were asked for",
            values.len(),
            weights.len()
        ));
    }
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return Err(format!(
            "metric `{name}` has the value {value}; a score that is not finite is the error `not-finite`"
        ));
    }
    // Races add up what is missing to the largest value.
    if let Some(most) = metric.most()
        && let Some(value) = values.iter().find(|value| !(0.0..=most).contains(*value))
    {
        let unit = &metric.unit;
        return Err(format!(
            "metric `{name}` has the value {value}, and its unit `{unit}` promises 0 to {most}"
        ));
    }
    let fits = |weight: &f64| weight.is_finite() && *weight >= 0.0;
    if let Some(weight) = weights.iter().find(|weight| !fits(weight)) {
        return Err(format!("metric `{name}` has the weight {weight}"));
    }
    if items > 0 && weights.iter().all(|weight| *weight == 0.0) {
        return Err(format!("every weight of metric `{name}` is 0"));
    }
    let aggregate = match score.aggregate {
        wire::Aggregate::Mean => Aggregate::Mean,
        wire::Aggregate::ExpMean => Aggregate::ExpMean,
    };
    Ok(MetricScore { aggregate, items: values, weights })
}

/// What a failure means here.
///
/// # Errors
/// In words, what the protocol does not have.
pub(crate) fn failure(
    said: wire::Failure,
    info: &EvaluatorInfo,
    deadline: Option<Duration>,
) -> Result<EvalFailure, String> {
    Ok(match said {
        wire::Failure::Unsupported { edit, message } => {
            EvalFailure::Unsupported { evaluator: info.name.clone(), edit, reason: message }
        }
        wire::Failure::BadRequest { message, .. } => EvalFailure::BadRequest(message),
        wire::Failure::NotFinite { metric, item, value, .. } => {
            let value: f64 = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
            if value.is_finite() {
                return Err(format!("`{value}` is finite"));
            }
            EvalFailure::NotFinite { metric, item, value }
        }
        wire::Failure::OutOfMemory { message } => {
            EvalFailure::OutOfMemory { device: info.device.clone(), detail: message }
        }
        wire::Failure::Deadline { message } => match deadline {
            Some(deadline) => EvalFailure::Deadline(deadline),
            None => return Err(format!("nobody set a deadline (`{message}`)")),
        },
        wire::Failure::Interrupted { .. } => EvalFailure::Interrupted,
        wire::Failure::Internal { message } => EvalFailure::Internal(message),
    })
}
