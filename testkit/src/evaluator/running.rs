//! Asking an evaluator, and looking closely at how it answers.

use std::ops::ControlFlow;

use attune_core::evaluator::{EvalFailure, Request, Split};
use attune_core::plan::Plan;
use attune_core::scores::Scores;

use super::Trial;

/// What became of one plan; `None` when nothing was said about it.
pub(super) type Answer = Option<Result<Scores, EvalFailure>>;

impl Trial<'_> {
    /// What is said about each plan, and how the whole ended.
    pub(super) fn answers(
        &self,
        plans: &[Plan],
        request: &Request,
    ) -> Result<(Vec<Answer>, Result<(), EvalFailure>), String> {
        let mut answers: Vec<Answer> = vec![None; plans.len()];
        let mut wrong = None;
        let ended = self.evaluator.evaluate(plans, request, &mut |index, outcome| {
            match answers.get_mut(index) {
                Some(answer @ None) => *answer = Some(outcome.map(|evaluation| evaluation.scores)),
                Some(_) => wrong = Some(format!("plan {index} is answered twice")),
                None => wrong = Some(format!("plan {index} is answered, and there are {}", plans.len())),
            }
            ControlFlow::Continue(())
        });
        wrong.map_or(Ok((answers, ended)), Err)
    }

    /// The scores of plans that all have some, on these items of the selection data.
    pub(super) fn scores(&self, plans: &[Plan], items: &[u32]) -> Result<Vec<Scores>, String> {
        let (answers, ended) = self.answers(plans, &Request::new(Split::Selection, items.to_vec()))?;
        ended.map_err(|failure| format!("the batch fails: {failure}"))?;
        let named = answers.into_iter().zip(plans);
        named
            .map(|(answer, plan)| match answer {
                Some(Ok(scores)) => Ok(scores),
                Some(Err(failure)) => Err(format!("{}: {failure}", said(plan))),
                None => Err(format!("{}: no answer", said(plan))),
            })
            .collect()
    }

    /// Where two scores differ, if they do by more than they may.
    pub(super) fn difference(&self, one: &Scores, other: &Scores) -> Option<String> {
        if !one.metrics.keys().eq(other.metrics.keys()) {
            return Some("other metrics".to_owned());
        }
        one.metrics.iter().find_map(|(name, metric)| {
            let other = &other.metrics[name];
            if (&metric.weights, metric.aggregate) != (&other.weights, other.aggregate) {
                return Some(format!("`{name}` weighs its items in another way"));
            }
            let items = &other.items;
            if metric.items.len() != items.len() {
                return Some(format!("`{name}` has {} values and {}", metric.items.len(), items.len()));
            }
            let pair = metric.items.iter().zip(items).find(|(one, other)| !self.same(**one, **other));
            pair.map(|(one, other)| format!("`{name}` is {one} and {other}"))
        })
    }

    pub(super) fn same(&self, one: f64, other: f64) -> bool {
        one == other || (one - other).abs() <= self.tolerance * one.abs().max(other.abs()).max(1.0)
    }
}

/// A plan as messages name it.
pub(super) fn said(plan: &Plan) -> String {
    match plan.edits() {
        [] => "the plan without edits".to_owned(),
        [edit] => edit.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}
