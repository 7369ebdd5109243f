//! The JSON that scripts rely on: one object per event, the last one `finished`.

use std::collections::BTreeMap;

use attune_core::bounds::{Gap, Gaps};
use attune_core::event::{Advance, Event, Finished, Progress};
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_core::profile::Profile;
use attune_core::report::{Estimates, Front, FrontMember};
use attune_core::scores::Scores;
use attune_core::space::{Axis, Config, Count, CountingCells, Dimension, Domain, Value};
use attune_core::stats::Estimate;
use attune_core::store::StudyHeader;
use attune_core::strategy::{Origin, Planned};
use attune_core::technique::Cost;
use attune_core::trial::{Trial, TrialState};
use serde_json::{Map, Value as Json, json};

/// How the size of a space is known; an estimate says how far its logarithm may be off.
fn space(count: Count) -> Json {
    match count {
        Count::Exact(_) => json!({ "count": "exact" }),
        Count::About { error, .. } => json!({ "count": "about", "log10_error": error }),
        Count::AtMost { .. } => json!({ "count": "at most" }),
        Count::Uncountable => json!({ "count": "uncountable" }),
    }
}

/// A study that objects are about.
pub(crate) struct Described {
    header: StudyHeader,
    /// What it is for, in a person's own words.
    pub(crate) notes: Option<String>,
    /// The target that it was searched for.
    pub(crate) target: Option<String>,
}

impl Described {
    /// The study of a journal's header.
    pub(crate) fn of(header: &StudyHeader) -> Self {
        let profile = Profile::from_identity(&header.profile, &header.study, 1).ok();
        let (notes, target) = profile.map(|profile| (profile.notes, profile.target)).unwrap_or_default();
        Self { header: header.clone(), notes, target }
    }
}

/// One event as one object.
pub(crate) fn event(event: &Event, study: &Described) -> Json {
    match event {
        Event::Started { study, technique, model, device, space, resumed, budget } => json!({
            "event": "started", "study": study, "technique": technique, "model": model, "device": device,
            "space_log10": space.and_then(Count::log10), "space": space.map(self::space), "resumed": resumed, "budget": budget,
        }),
        Event::BestSoFar { trial } => {
            let mut object = self::trial(trial, &study.header);
            object.insert("event".to_owned(), json!("best_so_far"));
            Json::Object(object)
        }
        Event::Advanced(Advance { phase, done, total, evaluated }) => json!({
            "event": "advanced", "phase": phase.name(), "done": done, "total": total, "evaluated": evaluated,
        }),
        Event::Measuring { what } => json!({ "event": "measuring", "what": what }),
        Event::Planning => json!({ "event": "planning" }),
        Event::Planned(planned) => {
            json!({ "event": "planned", "planned": self::planned(planned) })
        }
        Event::TrialStarted { trial, plan } => {
            json!({ "event": "trial_started", "trial": trial, "plan": self::plan(plan) })
        }
        Event::TrialFinished { trial, best, progress } => {
            let mut object = self::trial(trial, &study.header);
            object.insert("event".to_owned(), json!("trial_finished"));
            object.insert("best".to_owned(), json!(best));
            object.insert("progress".to_owned(), self::progress(progress));
            Json::Object(object)
        }
        Event::Reporting { what, done, total } => {
            json!({ "event": "reporting", "what": what, "done": done, "total": total })
        }
        Event::Interrupted { progress } => {
            json!({ "event": "interrupted", "progress": self::progress(progress) })
        }
        Event::Warning { message } => json!({ "event": "warning", "message": message }),
        Event::Finished(finished) => self::finished(finished, study),
        // Scripts pass over names that they do not know.
        _ => json!({ "event": "other" }),
    }
}

/// The `finished` event, which is also what `show --json` prints.
pub(crate) fn finished(finished: &Finished, described: &Described) -> Json {
    let Described { header, notes, target } = described;
    let Finished { study, technique, model, device, progress, seconds, peak_memory, seed, planned, report } =
        finished;
    let best = &report.best;
    let out_of_domain = |values: &BTreeMap<String, Estimates>| -> Map<String, Json> {
        values.iter().map(|(domain, values)| (domain.clone(), estimates(values))).collect()
    };
    let baselines: Map<String, Json> = report
        .baselines
        .iter()
        .map(|contender| {
            let object = json!({
                "cost": costs(&contender.costs),
                "report": estimates(&contender.estimates),
                "delta": estimates(&contender.delta),
                "elsewhere_delta": out_of_domain(&contender.out_of_domain_delta),
                "gap": gaps(&contender.gaps),
            });
            (contender.name.clone(), object)
        })
        .collect();
    let ratio = progress.work.naive as f64 / progress.work.computed as f64;
    json!({
        "event": "finished", "study": study, "technique": technique, "model": model, "device": device,
        "trials": progress.trials, "evaluated": progress.evaluated, "reused": progress.reused,
        "dropped": progress.dropped, "probes": progress.probes, "evaluations": progress.evaluations(),
        "seconds": seconds, "peak_memory": peak_memory, "seed": seed,
        "notes": notes, "target": target,
        "work": {
            "computed": progress.work.computed, "naive": progress.work.naive,
            // Nothing computed: nothing to compare with.
            "ratio": if ratio.is_finite() { json!(ratio) } else { Json::Null },
            "measuring": progress.measuring.computed,
        },
        "planned": planned.as_ref().map(self::planned),
        "best": {
            "trial": best.trial,
            "config": config(&best.config, header),
            "plan": plan(&best.plan),
            "cost": costs(&best.costs),
            "search": best.search,
            "report": estimates(&best.estimates),
            "elsewhere": out_of_domain(&best.out_of_domain),
            "elsewhere_gap": best
                .out_of_domain_gaps
                .iter()
                .map(|(domain, found)| (domain.clone(), gaps(found)))
                .collect::<Map<String, Json>>(),
            "gap": gaps(&best.gaps),
            "search_gap": gaps(&best.search_gaps),
        },
        "front": report.front.as_ref().map(|front| self::front(front, header)),
        "baselines": baselines,
        "bounds": report.bounds,
        "unedited": report.words.as_ref().map(|words| &words.unedited),
    })
}

fn front(front: &Front, header: &StudyHeader) -> Json {
    let member = |member: &FrontMember| {
        json!({
            "trial": member.trial,
            "config": config(&member.config, header),
            "plan": plan(&member.plan),
            "cost": costs(&member.costs),
            "search": member.search,
            "report": estimates(&member.estimates),
            "delta": estimates(&member.delta),
            "gap": gaps(&member.gaps),
        })
    };
    json!({ "size": front.size, "members": front.members.iter().map(member).collect::<Vec<Json>>() })
}

fn planned(planned: &Planned) -> Json {
    let budgets: Map<String, Json> = planned
        .budgets
        .iter()
        .map(|budget| {
            let object = json!({ "used": budget.used, "limit": budget.limit, "unit": budget.unit });
            (budget.resource.clone(), object)
        })
        .collect();
    json!({ "damage": planned.damage, "bound": planned.bound, "gap": planned.gap(), "budgets": budgets })
}

fn trial(trial: &Trial, header: &StudyHeader) -> Map<String, Json> {
    let mut object = Map::new();
    object.insert("trial".to_owned(), json!(trial.id));
    object.insert("state".to_owned(), json!(trial.state().name()));
    object.insert("origin".to_owned(), origin(&trial.origin));
    object.insert("config".to_owned(), config(&trial.config, header));
    object.insert("cost".to_owned(), costs(&trial.costs));
    match trial.state() {
        TrialState::Complete(outcome) => {
            object.insert("search".to_owned(), search(&outcome.scores));
            object.insert("reused".to_owned(), json!(outcome.reused));
        }
        TrialState::Dropped(dropped) => {
            object.insert("stage".to_owned(), json!(dropped.stage));
            object.insert("items".to_owned(), json!(dropped.items.len()));
            object.insert("rival".to_owned(), json!(dropped.rival));
            object.insert("reused".to_owned(), json!(dropped.reused));
        }
        TrialState::Repeated(repeat) => {
            object.insert("search".to_owned(), search(&repeat.scores));
            object.insert("items".to_owned(), json!(repeat.items.len()));
            object.insert("reused".to_owned(), json!(repeat.reused));
        }
        TrialState::Failed(reason) => {
            object.insert("reason".to_owned(), json!(reason));
        }
        TrialState::Waiting | TrialState::Running => {}
    }
    object
}

/// Metrics by name.
fn search(scores: &Scores) -> Json {
    let metrics: BTreeMap<&String, f64> =
        scores.metrics.iter().map(|(name, score)| (name, score.value())).collect();
    json!(metrics)
}

fn origin(origin: &Origin) -> Json {
    match origin {
        Origin::Start(name) => json!({ "start": name }),
        Origin::Random => json!("random"),
        Origin::Varied { parents, operator: None } => json!({ "parents": parents }),
        Origin::Varied { parents, operator } => json!({ "parents": parents, "operator": operator }),
        Origin::Again { of } => json!({ "again": of }),
    }
}

fn progress(progress: &Progress) -> Json {
    json!({
        "trials": progress.trials, "budget": progress.budget, "evaluated": progress.evaluated,
        "reused": progress.reused, "dropped": progress.dropped, "failed": progress.failed,
        "probes": progress.probes, "evaluations": progress.evaluations(),
        "work": { "computed": progress.work.computed, "naive": progress.work.naive },
    })
}

/// Costs by resource.
fn costs(costs: &[Cost]) -> Json {
    costs
        .iter()
        .map(|cost| {
            (cost.resource.clone(), json!({ "value": cost.value, "dense": cost.dense, "unit": cost.unit }))
        })
        .collect::<Map<String, Json>>()
        .into()
}

fn estimates(estimates: &Estimates) -> Json {
    estimates
        .iter()
        .map(|(metric, estimate)| (metric.clone(), self::estimate(estimate)))
        .collect::<Map<String, Json>>()
        .into()
}

fn estimate(estimate: &Estimate) -> Json {
    json!({ "mean": estimate.mean, "low": estimate.low, "high": estimate.high })
}

/// Gaps to known bounds by metric.
fn gaps(gaps: &Gaps) -> Json {
    let gap = |gap: &Gap| {
        json!({
            "bound": gap.bound, "distance": estimate(&gap.distance), "share": gap.share.as_ref().map(estimate),
            "known": gap.known, "items": gap.items, "reached": gap.reached,
        })
    };
    gaps.iter().map(|(metric, of)| (metric.clone(), gap(of))).collect::<Map<String, Json>>().into()
}

/// A plan as a list of edits.
pub(crate) fn plan(plan: &Plan) -> Json {
    plan.edits().iter().map(edit).collect()
}

fn edit(edit: &Edit) -> Json {
    let mut object = Map::from_iter([("edit".to_owned(), json!(edit.kind))]);
    object.extend(edit.args.iter().map(|(name, value)| (name.clone(), setting(value))));
    Json::Object(object)
}

pub(crate) fn setting(setting: &OptionValue) -> Json {
    match setting {
        OptionValue::Bool(value) => json!(value),
        OptionValue::Int(value) => json!(value),
        OptionValue::Real(value) => json!(value),
        OptionValue::Text(value) => json!(value),
        OptionValue::Ints(values) => json!(values),
        OptionValue::Reals(values) => json!(values),
        OptionValue::Counts(values) => json!(values),
    }
}

/// A config of a study by dimension name; cells nested along the axes, levels and options by value, not position, and null
/// for a cell that does not count.
pub(crate) fn config(config: &Config, header: &StudyHeader) -> Json {
    cells(header.counting(config), &header.dimensions)
}

fn cells(config: CountingCells<'_>, dimensions: &[Dimension]) -> Json {
    let named = dimensions.iter().zip(config).map(|(dimension, cells)| {
        let value = |value: &Value| self::value(value, &dimension.domain);
        let cells = cells.into_iter().map(|cell| cell.map_or(Json::Null, value)).collect();
        (dimension.name.clone(), nest(cells, &dimension.axes))
    });
    Json::Object(named.collect())
}

fn value(value: &Value, domain: &Domain) -> Json {
    match (value, domain) {
        (Value::Index(index), Domain::Level { levels }) => json!(levels.get(*index as usize)),
        (Value::Index(index), Domain::Choice { options }) => json!(options.get(*index as usize)),
        (Value::Index(index), _) => json!(index),
        (Value::Int(number), _) => json!(number),
        (Value::Real(number), _) => json!(number),
        (Value::Indices(indices), _) => json!(indices),
        (Value::Reals(numbers), _) => json!(numbers),
    }
}

fn nest(mut cells: Vec<Json>, axes: &[Axis]) -> Json {
    let Some((first, rest)) = axes.split_first() else {
        return cells.pop().unwrap_or(Json::Null);
    };
    if rest.is_empty() {
        return Json::Array(cells);
    }
    let size = (cells.len() / first.len.max(1) as usize).max(1);
    Json::Array(cells.chunks(size).map(|chunk| nest(chunk.to_vec(), rest)).collect())
}

#[cfg(test)]
mod tests {
    use attune_core::space::{ActiveCondition, counting};

    use super::*;

    #[test]
    fn configs_are_nested_along_their_axes_and_show_values_of_cells_that_count() {
        let dimension =
            |name: &str, axes, domain| Dimension { name: name.into(), help: String::new(), axes, domain };
        let axes = vec![Axis::new("layer", 2), Axis::new("part", 2)];
        let grid = dimension("bits", axes, Domain::Level { levels: vec![2.0, 4.0] });
        let codec =
            dimension("codec", vec![], Domain::Choice { options: vec!["raw".into(), "block".into()] });
        let length = dimension("length", vec![], Domain::Int { min: 4, max: 9 });
        let dimensions = [grid, codec, length];
        let conditions = [ActiveCondition { dimension: 2, when: 1, options: vec![1] }];
        let object = |codec: u32| {
            let bits = [0, 1, 1, 0].map(Value::Index).to_vec();
            let config = Config::new(vec![bits, vec![Value::Index(codec)], vec![Value::Int(4)]]);
            cells(counting(&dimensions, &conditions, &config), &dimensions)
        };
        let bits = json!([[2.0, 4.0], [4.0, 2.0]]);
        assert_eq!(object(1), json!({ "bits": bits, "codec": "block", "length": 4 }));
        assert_eq!(object(0), json!({ "bits": bits, "codec": "raw", "length": null }));
    }
}
