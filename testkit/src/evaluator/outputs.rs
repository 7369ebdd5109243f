//! What evaluators promise of outputs, where they hand any out.

use attune_core::evaluator::{EvalFailure, Outputs, Request, Split};
use attune_core::plan::{Edit, Plan};

use super::running::said;
use super::{DISTANCE, Trial, UNKNOWN};

/// Positions that are wanted of a sequence.
const POSITIONS: u32 = 5;

/// Outputs are complete, the same again, those of the plan, and of no plan or data that there is not.
pub(super) fn outputs(trial: &Trial<'_>) -> Result<String, String> {
    let whole = trial.honoured()?;
    let Some(first) = asked(trial, &whole)? else {
        return Ok("it hands none out".to_owned());
    };
    sound(&first, &trial.items()).map_err(|fault| format!("{}: {fault}", said(&whole)))?;
    let again = asked(trial, &whole)?;
    if !again.as_ref().is_some_and(|again| same(trial, &first, again)) {
        return Err(format!("{}: asked again, they are others", said(&whole)));
    }
    for plan in trial.plans.iter().take(4) {
        let found = asked(trial, plan)?.ok_or_else(|| format!("{}: none", said(plan)))?;
        sound(&found, &trial.items()).map_err(|fault| format!("{}: {fault}", said(plan)))?;
    }
    let foreign = Plan::from_canonical(vec![Edit::new(UNKNOWN)]);
    let request = Request::new(Split::Selection, trial.items());
    match trial.evaluator.outputs(&foreign, &request, POSITIONS) {
        Err(EvalFailure::Unsupported { .. }) => {}
        other => return Err(format!("an edit that it does not have is answered by {}", words(&other))),
    }
    let nowhere = Request::new(Split::OutOfDomain(UNKNOWN.to_owned()), vec![0]);
    match trial.evaluator.outputs(&whole, &nowhere, POSITIONS) {
        Err(EvalFailure::BadRequest(_)) => {}
        other => return Err(format!("a split that it does not have is answered by {}", words(&other))),
    }
    let told = format!("{} sequences of {} items", first.len(), trial.items().len());
    match trial.needs_edits {
        true => Ok(told),
        false => of_the_plan(trial, &first).map(|beside| format!("{told}{beside}")),
    }
}

/// A plan that scores worse than none has other outputs.
fn of_the_plan(trial: &Trial<'_>, whole: &[Outputs]) -> Result<String, String> {
    let items = trial.items();
    let scores = trial.scores(&trial.plans, &items)?;
    let distance = |index: &usize| scores[*index].value(DISTANCE).unwrap_or(0.0);
    let worst = (0..trial.plans.len()).max_by(|one, other| distance(one).total_cmp(&distance(other)));
    let Some(worst) = worst.filter(|worst| distance(worst) > 0.0) else { return Ok(String::new()) };
    let plan = &trial.plans[worst];
    match asked(trial, plan)? {
        Some(found) if !same(trial, whole, &found) => Ok(format!(", others with {}", said(plan))),
        _ => Err(format!(
            "{}: `{DISTANCE}` is {}, and outputs are as without it",
            said(plan),
            distance(&worst)
        )),
    }
}

fn asked(trial: &Trial<'_>, plan: &Plan) -> Result<Option<Vec<Outputs>>, String> {
    let request = Request::new(Split::Selection, trial.items());
    let found = trial.evaluator.outputs(plan, &request, POSITIONS);
    found.map_err(|failure| format!("{}: {failure}", said(plan)))
}

/// Of the items asked for, in that order, each with no more positions than are wanted.
fn sound(found: &[Outputs], items: &[u32]) -> Result<(), String> {
    if let Some(fault) = found.iter().find_map(Outputs::fault) {
        return Err(fault);
    }
    if let Some(many) = found.iter().find(|one| one.positions.len() > POSITIONS as usize) {
        return Err(format!(
            "{} positions of a sequence, at most {POSITIONS} are wanted",
            many.positions.len()
        ));
    }
    let mut of: Vec<u32> = found.iter().map(|one| one.item).collect();
    of.dedup();
    if of == items { Ok(()) } else { Err(format!("outputs are of items {of:?}, asked for are {items:?}")) }
}

fn same(trial: &Trial<'_>, one: &[Outputs], other: &[Outputs]) -> bool {
    let alike = |one: &Outputs, other: &Outputs| {
        let read = |of: &Outputs| (of.item, of.inputs.clone(), of.positions.clone(), of.width);
        let mut values = one.values.iter().zip(&other.values);
        read(one) == read(other)
            && one.values.len() == other.values.len()
            && values.all(|(one, other)| trial.same(f64::from(*one), f64::from(*other)))
    };
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
}

fn words(found: &Result<Option<Vec<Outputs>>, EvalFailure>) -> String {
    match found {
        Ok(Some(found)) => format!("outputs of {} sequences", found.len()),
        Ok(None) => "nothing".to_owned(),
        Err(failure) => format!("another failure: {failure}"),
    }
}
