//! What evaluators promise, one function each.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use attune_core::evaluator::{EvalFailure, Request, Split};
use attune_core::plan::{Edit, Plan};
use attune_core::signal::{Measured, SignalRequest, SignalSpec};

use super::bounds::bounds;
use super::outputs::outputs;
use super::running::said;
use super::{DISTANCE, Trial, UNKNOWN};

type Tried = fn(&Trial<'_>) -> Result<String, String>;

/// What is said where only a form without edits could be tried.
const NO_FORM: &str = "not tried: its subject has no form without edits";

/// All of them, the simple ones first: what is wrong there is wrong in the others as well.
pub(super) const PROMISES: [(&str, Tried); 19] = [
    ("it says who it is and what it measures", described),
    ("selection and report data are two", disjoint),
    ("it honours edits that it names", honours),
    ("every item has one finite value of every metric", complete),
    ("without edits nothing is lost", unchanged),
    ("some plan scores otherwise than none", effective),
    ("the same again is equal", repeatable),
    ("company and its order do not matter", company),
    ("the order of items does not matter", order),
    ("the report data is scored as well", reported),
    ("an unknown edit is refused by name, and the others are scored", unknown_edit),
    ("data that it does not have is refused", unknown_data),
    ("an unknown signal is refused", unknown_signal),
    ("signals that it names are measured", named_signals),
    ("outputs that it hands out are those of the plan", outputs),
    ("no plan beats a bound that it knows", bounds),
    ("whoever listens can end a batch", broken_off),
    ("a plan that takes too long fails alone", late),
    ("called off, it ends soon, and works again", called_off),
];

fn described(trial: &Trial<'_>) -> Result<String, String> {
    let (info, task) = (trial.evaluator.info(), trial.evaluator.task());
    let named = [("name", &info.name), ("device", &info.device), ("numerics", &info.numerics)];
    if let Some((what, _)) = named.iter().find(|(_, value)| value.is_empty()) {
        return Err(format!("its {what} is empty"));
    }
    if info.concurrency == 0 {
        return Err("no call may run at once: `concurrency` is 0".to_owned());
    }
    if task.metrics.is_empty() {
        return Err(format!("task `{}` has no metric", task.name));
    }
    let metrics: Vec<&str> = task.metrics.iter().map(|metric| metric.name.as_str()).collect();
    Ok(format!("{} on {}: task `{}` with {}", info.name, info.device, task.name, metrics.join(", ")))
}

fn disjoint(trial: &Trial<'_>) -> Result<String, String> {
    let task = trial.evaluator.task();
    let fingerprint = |split: &Split| {
        let items = task.items.get(split).copied().filter(|items| *items > 0);
        let items = items.ok_or_else(|| format!("there are no items of the {split} data"))?;
        match task.fingerprints.get(split) {
            Some(fingerprint) => Ok((items, *fingerprint)),
            None => Err(format!("the {split} data has no fingerprint")),
        }
    };
    let (selection, report) = (fingerprint(&Split::Selection)?, fingerprint(&Split::Report)?);
    if selection.1 == report.1 {
        return Err("both have one fingerprint".to_owned());
    }
    Ok(format!("{} items and {}", selection.0, report.0))
}

fn honours(trial: &Trial<'_>) -> Result<String, String> {
    let evaluator = trial.evaluator;
    let first = trial.honoured()?;
    if let Some(failure) = evaluator.check(&first).err() {
        return Err(format!("{}: {failure}", said(&first)));
    }
    for plan in &trial.plans {
        evaluator.check(plan).map_err(|failure| format!("{}: {failure}", said(plan)))?;
    }
    let found =
        |kind: &&str| trial.plans.iter().any(|plan| plan.edits().iter().any(|edit| edit.kind == *kind));
    let (had, not): (Vec<&str>, Vec<&str>) = evaluator.info().edits.kinds().partition(found);
    if had.is_empty() {
        return Err(format!("none of {} could be made up so that it takes it", not.join(", ")));
    }
    let without = if not.is_empty() { String::new() } else { format!("; not with {}", not.join(", ")) };
    Ok(format!("{} plans with {}{without}", trial.plans.len(), had.join(", ")))
}

fn complete(trial: &Trial<'_>) -> Result<String, String> {
    let items = trial.items();
    let metrics = &trial.evaluator.task().metrics;
    for (plan, scores) in trial.plans.iter().zip(trial.scores(&trial.plans, &items)?) {
        let wrong = |problem: String| Err(format!("{}: {problem}", said(plan)));
        if scores.metrics.len() != metrics.len() {
            return wrong(format!("{} metrics, and the task names {}", scores.metrics.len(), metrics.len()));
        }
        for metric in metrics {
            let Some(score) = scores.metrics.get(&metric.name) else {
                return wrong(format!("no metric `{}`", metric.name));
            };
            if (score.items.len(), score.weights.len()) != (items.len(), items.len()) {
                let (values, weights) = (score.items.len(), score.weights.len());
                return wrong(format!("{values} values and {weights} weights of {} items", items.len()));
            }
            if let Some(value) = score.items.iter().chain(&score.weights).find(|value| !value.is_finite()) {
                return wrong(format!("`{}` has the value {value}", metric.name));
            }
        }
    }
    Ok(format!("{} plans on {} items", trial.plans.len(), items.len()))
}

fn unchanged(trial: &Trial<'_>) -> Result<String, String> {
    if trial.needs_edits {
        return Ok(NO_FORM.to_owned());
    }
    let (items, whole) = (trial.items(), Plan::empty());
    let alone = trial.scores(std::slice::from_ref(&whole), &items)?.remove(0);
    // Whatever the others do to the subject, it is itself between them.
    let between: Vec<Plan> = trial.plans.iter().flat_map(|plan| [plan.clone(), whole.clone()]).collect();
    for scores in trial.scores(&between, &items)?.iter().skip(1).step_by(2) {
        if let Some(difference) = trial.difference(&alone, scores) {
            return Err(format!("alone and between other plans: {difference}"));
        }
    }
    let Some(distance) = alone.metrics.get(DISTANCE) else {
        let first = trial.evaluator.task().metrics.first().map_or("", |metric| &metric.name);
        let value = alone.value(first).unwrap_or(f64::NAN);
        return Ok(format!("`{first}` is {value:.4}, alone and between other plans"));
    };
    match distance.items.iter().find(|value| !trial.same(**value, 0.0)) {
        Some(value) => Err(format!("`{DISTANCE}` is {value}, expected 0")),
        None => Ok(format!("`{DISTANCE}` is 0, alone and between other plans")),
    }
}

/// Whether better or worse is the evaluator's: a model loses by edits, and a queue does not.
fn effective(trial: &Trial<'_>) -> Result<String, String> {
    if trial.needs_edits {
        return Ok(NO_FORM.to_owned());
    }
    let Some(metric) = trial.evaluator.task().metrics.first() else { return Err("no metric".to_owned()) };
    let items = trial.items();
    let value = |scores: &attune_core::scores::Scores| scores.value(&metric.name).unwrap_or(f64::NAN);
    let whole = value(&trial.scores(&[Plan::empty()], &items)?[0]);
    let scores = trial.scores(&trial.plans, &items)?;
    let effect = |scores: &attune_core::scores::Scores| (value(scores) - whole).abs();
    let most =
        trial.plans.iter().zip(&scores).max_by(|(_, one), (_, other)| effect(one).total_cmp(&effect(other)));
    match most {
        Some((plan, scores)) if effect(scores) > 0.0 => {
            Ok(format!("`{}` from {whole:.4} to {:.4} by {}", metric.name, value(scores), said(plan)))
        }
        _ => Err(format!("`{}` is {whole} with any of them", metric.name)),
    }
}

fn repeatable(trial: &Trial<'_>) -> Result<String, String> {
    let items = trial.items();
    let (first, again) = (trial.scores(&trial.plans, &items)?, trial.scores(&trial.plans, &items)?);
    for ((plan, one), other) in trial.plans.iter().zip(&first).zip(&again) {
        if let Some(difference) = trial.difference(one, other) {
            return Err(format!("{}: {difference}", said(plan)));
        }
        if trial.evaluator.calibration(plan) != trial.evaluator.calibration(plan) {
            return Err(format!("{}: calibrated on other data each time", said(plan)));
        }
    }
    Ok(format!("{} plans", trial.plans.len()))
}

fn company(trial: &Trial<'_>) -> Result<String, String> {
    let items = trial.items();
    let together = trial.scores(&trial.plans, &items)?;
    let backwards: Vec<Plan> = trial.plans.iter().rev().cloned().collect();
    let backwards = trial.scores(&backwards, &items)?;
    for (index, plan) in trial.plans.iter().enumerate() {
        let alone = &trial.scores(std::slice::from_ref(plan), &items)?[0];
        let turned = &backwards[trial.plans.len() - 1 - index];
        for (other, how) in [(alone, "alone"), (turned, "in a batch that is turned around")] {
            if let Some(difference) = trial.difference(&together[index], other) {
                return Err(format!("{} {how}: {difference}", said(plan)));
            }
        }
    }
    Ok(format!("{} plans together, turned around and alone", trial.plans.len()))
}

fn order(trial: &Trial<'_>) -> Result<String, String> {
    let items = trial.items();
    let backwards: Vec<u32> = items.iter().rev().copied().collect();
    let last = backwards.get(..1).ok_or("the selection data has no item")?;
    for plan in trial.plans.iter().take(4) {
        let plan = std::slice::from_ref(plan);
        let forwards = &trial.scores(plan, &items)?[0];
        for asked in [&backwards[..], last] {
            let found = &trial.scores(plan, asked)?[0];
            for (name, metric) in &found.metrics {
                let whole = &forwards.metrics[name];
                for (place, &item) in asked.iter().enumerate() {
                    // A missing item is scored later and without those that are known, so its weight counts as its value does.
                    let pairs = [
                        ("", metric.items[place], whole.items[item as usize]),
                        ("the weight of ", metric.weights[place], whole.weights[item as usize]),
                    ];
                    if let Some((what, found, expected)) =
                        pairs.into_iter().find(|(_, found, expected)| !trial.same(*found, *expected))
                    {
                        return Err(format!("{what}`{name}` of item {item} is {found} and {expected}"));
                    }
                }
            }
        }
    }
    Ok(format!("{} items, turned around and the last alone", items.len()))
}

/// A search touches the report data once, after its last trial: what breaks there is found too late.
fn reported(trial: &Trial<'_>) -> Result<String, String> {
    let held = trial.evaluator.task().items.get(&Split::Report).copied().unwrap_or(0);
    let items: Vec<u32> = (0..held.min(2)).collect();
    let request = Request::new(Split::Report, items.clone());
    let plans = [trial.honoured()?];
    let (answers, ended) = trial.answers(&plans, &request)?;
    ended.map_err(|failure| format!("the batch fails: {failure}"))?;
    let scores = match answers.into_iter().flatten().next() {
        Some(Ok(scores)) => scores,
        Some(Err(failure)) => return Err(format!("{}: {failure}", said(&plans[0]))),
        None => return Err(format!("{}: no answer", said(&plans[0]))),
    };
    let lacks = |metric: &&attune_core::evaluator::MetricInfo| {
        let score = scores.metrics.get(&metric.name);
        !score.is_some_and(|score| {
            score.items.len() == items.len() && score.items.iter().all(|value| value.is_finite())
        })
    };
    if let Some(metric) = trial.evaluator.task().metrics.iter().find(lacks) {
        return Err(format!("`{}` is not one finite value for each item", metric.name));
    }
    trial.evaluator.known_bounds(&request).map_err(|failure| format!("its bounds: {failure}"))?;
    Ok(format!("{} items", items.len()))
}

fn unknown_edit(trial: &Trial<'_>) -> Result<String, String> {
    let foreign = Plan::from_canonical(vec![Edit::new(UNKNOWN)]);
    let named = |failure: Option<EvalFailure>| match failure {
        Some(EvalFailure::Unsupported { edit, .. }) if edit.contains(UNKNOWN) => Ok(()),
        Some(other) => Err(format!("the refusal does not name the edit: {other}")),
        None => Err(format!("it takes the edit {UNKNOWN}")),
    };
    named(trial.evaluator.check(&foreign).err())?;
    let plans = [trial.honoured()?, foreign, trial.honoured()?];
    let (answers, ended) = trial.answers(&plans, &Request::new(Split::Selection, trial.items()))?;
    ended.map_err(|failure| format!("the batch fails: {failure}"))?;
    let Ok([first, refused, last]) = <[_; 3]>::try_from(answers) else { return Err("no answer".to_owned()) };
    if !matches!((first, last), (Some(Ok(_)), Some(Ok(_)))) {
        return Err("the plans beside it are not scored".to_owned());
    }
    named(refused.and_then(Result::err))?;
    Ok(format!("`{UNKNOWN}`"))
}

fn unknown_data(trial: &Trial<'_>) -> Result<String, String> {
    let beyond = trial.evaluator.task().items.get(&Split::Selection).copied().unwrap_or(0);
    let requests = [
        ("a split", Request::new(Split::OutOfDomain(UNKNOWN.to_owned()), vec![0])),
        ("an item", Request::new(Split::Selection, vec![beyond])),
    ];
    let plans = [trial.honoured()?];
    for (what, request) in requests {
        let (answers, ended) = trial.answers(&plans, &request)?;
        let alone = answers.into_iter().flatten().find_map(Result::err);
        match ended.err().or(alone) {
            Some(EvalFailure::BadRequest(_)) => {}
            Some(other) => return Err(format!("{what} that it does not have is another failure: {other}")),
            None => return Err(format!("{what} that it does not have is scored")),
        }
    }
    Ok("a split and an item".to_owned())
}

fn unknown_signal(trial: &Trial<'_>) -> Result<String, String> {
    let request = Request::new(Split::Selection, trial.items());
    match trial.evaluator.signal(&SignalRequest::new(UNKNOWN), &request) {
        Err(EvalFailure::BadRequest(reason)) => Ok(reason),
        Err(other) => Err(format!("another failure: {other}")),
        Ok(_) => Err("it is measured".to_owned()),
    }
}

/// A signal may need what this subject does not have, or arguments; one that it does not know it must not name.
fn named_signals(trial: &Trial<'_>) -> Result<String, String> {
    let named = &trial.evaluator.info().signals;
    if named.is_empty() {
        return Ok("it names none".to_owned());
    }
    let request = Request::new(Split::Selection, trial.items().into_iter().take(1).collect());
    let mut refused = Vec::new();
    for SignalSpec { name, .. } in named {
        if name == UNKNOWN {
            return Err(format!("it names `{name}`"));
        }
        match trial.evaluator.signal(&SignalRequest::new(name), &request) {
            Err(EvalFailure::BadRequest(reason)) => refused.push(format!("`{name}`: {reason}")),
            Err(failure) => return Err(format!("`{name}`: {failure}")),
            Ok(Measured { signal, .. }) => {
                let cells: usize = signal.axes.iter().map(|axis| axis.len as usize).product();
                if signal.name != *name || cells != signal.values.len() {
                    return Err(format!(
                        "`{name}` comes as `{}` with {} values for {cells} cells",
                        signal.name,
                        signal.values.len()
                    ));
                }
                if let Some(value) = signal.values.iter().find(|value| !value.is_finite()) {
                    return Err(format!("`{name}` has the value {value}"));
                }
            }
        }
    }
    let measured = named.len() - refused.len();
    match (measured, refused.is_empty()) {
        (0, _) => Err(format!("none of them is: {}", refused.join("; "))),
        (_, true) => Ok(format!("all {measured}")),
        (_, false) => Ok(format!("{measured} of {}; not {}", named.len(), refused.join("; "))),
    }
}

fn broken_off(trial: &Trial<'_>) -> Result<String, String> {
    let mut answers = 0;
    let request = Request::new(Split::Selection, trial.items());
    let ended = trial.evaluator.evaluate(&trial.plans, &request, &mut |_, _| {
        answers += 1;
        ControlFlow::Break(())
    });
    match (ended, answers) {
        (Ok(()), 1) => Ok(format!("after 1 of {} plans", trial.plans.len())),
        (Ok(()), answers) => Err(format!("{answers} answers, and the first said that it is enough")),
        (Err(failure), _) => Err(format!("it fails: {failure}")),
    }
}

fn late(trial: &Trial<'_>) -> Result<String, String> {
    let deadline = Some(Duration::from_nanos(1));
    let request = Request { deadline, ..Request::new(Split::Selection, trial.items()) };
    let (answers, ended) = trial.answers(&trial.plans, &request)?;
    ended.map_err(|failure| format!("the batch fails: {failure}"))?;
    let on_time = answers.iter().flatten().filter(|answer| answer.is_ok()).count();
    for (answer, plan) in answers.iter().zip(&trial.plans) {
        match answer {
            Some(Ok(_) | Err(EvalFailure::Deadline(_))) => {}
            Some(Err(failure)) => return Err(format!("{}: another failure: {failure}", said(plan))),
            None => return Err(format!("{}: no answer", said(plan))),
        }
    }
    Ok(format!("{} plans within a nanosecond each, {on_time} of them on time", answers.len()))
}

fn called_off(trial: &Trial<'_>) -> Result<String, String> {
    let before = Request::new(Split::Selection, trial.items());
    before.stop.ask();
    match trial.answers(&trial.plans, &before)? {
        (answers, Err(EvalFailure::Interrupted)) if answers.iter().all(Option::is_none) => {}
        (_, ended) => return Err(format!("called off before it begins, it ends with {ended:?}")),
    }
    let request = Request::new(Split::Selection, trial.items());
    let over = AtomicBool::new(false);
    let (ended, waited) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            // In the middle of the work, where it says how far it is.
            let began = Instant::now();
            while request.progress.evaluations() == 0.0
                && !over.load(Ordering::Relaxed)
                && began.elapsed() < Duration::from_millis(200)
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            request.stop.ask();
            Instant::now()
        });
        let ended = trial.answers(&trial.plans, &request);
        let end = Instant::now();
        over.store(true, Ordering::Relaxed);
        (ended, asked.join().ok().map(|asked| end.saturating_duration_since(asked)))
    });
    let (_, ended) = ended?;
    let waited = waited.unwrap_or_default();
    if !matches!(ended, Ok(()) | Err(EvalFailure::Interrupted)) {
        return Err(format!("it ends with {ended:?}"));
    }
    if waited > trial.patience {
        return Err(format!("it goes on for {:.1} s", waited.as_secs_f64()));
    }
    trial.scores(&[trial.honoured()?], &trial.items())?;
    Ok(format!("after {:.0} ms", waited.as_secs_f64() * 1e3))
}
