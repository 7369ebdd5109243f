//! From what a component says of a plan to what the host knows of it, or what is wrong with it.

use attune_core::evaluator::{EvalFailure, MetricInfo};
use attune_core::plan::Plan;
use attune_core::printable::{MESSAGE, cut};
use attune_core::scores::{Aggregate, MetricScore, Scores};

use super::wire;

/// What one call says: of each metric of the task, in its order, values and weights of the items.
pub(super) struct Part {
    metrics: Vec<(Vec<f64>, Vec<f64>)>,
    pub(super) work: u64,
}

/// What is wrong with what a component returned.
pub(super) enum Wrong {
    /// A value that is NaN or infinite: the metric, the place among the items, and the value.
    NotFinite(String, usize, f64),
    /// Something without meaning, in words.
    Nonsense(String),
}

impl Part {
    /// Checks what a call says of so many items.
    pub(super) fn of(said: wire::Evaluation, metrics: &[MetricInfo], items: usize) -> Result<Self, Wrong> {
        let nonsense = |problem: String| Err(Wrong::Nonsense(problem));
        if let Some(odd) =
            said.metrics.iter().find(|score| metrics.iter().all(|known| known.name != score.metric))
        {
            return nonsense(format!("the task has no metric `{}`", odd.metric));
        }
        if said.metrics.len() != metrics.len() {
            return nonsense(format!(
                "{} metrics, expected each of {} once",
                said.metrics.len(),
                metrics.len()
            ));
        }
        let mut measured = Vec::with_capacity(metrics.len());
        for metric in metrics {
            let found = said.metrics.iter().find(|score| score.metric == metric.name);
            let Some(score) = found else { return nonsense(format!("no metric `{}`", metric.name)) };
            measured.push(checked(metric, score, items)?);
        }
        Ok(Self { metrics: measured, work: said.work })
    }
}

fn checked(metric: &MetricInfo, score: &wire::Measured, items: usize) -> Result<(Vec<f64>, Vec<f64>), Wrong> {
    let name = &metric.name;
    let nonsense = |problem: String| Err(Wrong::Nonsense(problem));
    if score.items.len() != items {
        return nonsense(format!(
            "{} values of `{name}`, and {items} items were asked for",
            score.items.len()
        ));
    }
    if let Some(place) = score.items.iter().position(|value| !value.is_finite()) {
        return Err(Wrong::NotFinite(name.clone(), place, score.items[place]));
    }
    // Races add up what is missing to the largest value.
    if let Some(most) = metric.most()
        && let Some(value) = score.items.iter().find(|value| !(0.0..=most).contains(*value))
    {
        return nonsense(format!(
            "`{name}` has the value {value}, and its unit `{}` promises 0 to {most}",
            metric.unit
        ));
    }
    let weights = match score.weights.len() {
        0 => vec![1.0; items],
        given if given == items => score.weights.clone(),
        given => return nonsense(format!("{given} weights of `{name}`, expected none or one of each item")),
    };
    match weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
        Some(weight) => nonsense(format!("`{name}` has the weight {weight}, expected 0 or more")),
        None => Ok((score.items.clone(), weights)),
    }
}

/// The scores of a plan from those of its calls, in order.
pub(super) fn together(
    parts: Vec<Part>,
    metrics: &[MetricInfo],
    aggregates: &[Aggregate],
) -> Result<Scores, String> {
    let mut scores = Scores::default();
    for (number, (metric, aggregate)) in metrics.iter().zip(aggregates).enumerate() {
        let mut score = MetricScore { aggregate: *aggregate, items: Vec::new(), weights: Vec::new() };
        for part in &parts {
            let (items, weights) = &part.metrics[number];
            score.items.extend(items);
            score.weights.extend(weights);
        }
        if !score.items.is_empty() && score.weights.iter().all(|weight| *weight == 0.0) {
            return Err(format!("every weight of `{}` is 0", metric.name));
        }
        scores.metrics.insert(metric.name.clone(), score);
    }
    Ok(scores)
}

/// What a failure means that a component returned.
pub(super) fn failure(said: wire::Failure, evaluator: &str, plan: &Plan) -> EvalFailure {
    let failed = |reason: String| EvalFailure::Failed { evaluator: evaluator.to_owned(), reason };
    // It is kept with every plan that it is said of.
    let short = |reason: &str| cut(reason, MESSAGE).into_owned();
    match said {
        wire::Failure::Unsupported(wire::Refusal { edit, reason }) => match plan.edits().get(edit as usize) {
            Some(edit) => EvalFailure::Unsupported {
                evaluator: evaluator.to_owned(),
                edit: edit.to_string(),
                reason: short(&reason),
            },
            None => failed(format!(
                "it refuses edit {edit} of a plan of {}, counted from 0: {}",
                plan.edits().len(),
                short(&reason)
            )),
        },
        wire::Failure::BadRequest(reason) => EvalFailure::BadRequest(short(&reason)),
        wire::Failure::Internal(reason) => failed(short(&reason)),
        wire::Failure::Other(open) => failed(format!(
            "it names the failure `{}`, which this attune does not know; use a newer one",
            short(&open.kind)
        )),
    }
}
