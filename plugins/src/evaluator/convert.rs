//! Between wire types and domain types. What comes out of a component is checked here: behind this module a value of a domain type
//! can be relied on.

use attune_core::evaluator::{EvaluatorSpec, ItemSize, MetricInfo, TaskOption, TaskSpec};
use attune_core::objective::Direction;
use attune_core::options::{OptionKind, OptionSpec, Settings, resolve};
use attune_core::plan::{Plan, Vocabulary};
use attune_core::scores::Aggregate;

use super::settings::{once, setting_in, settings_out};
use super::{schema, wire};
use crate::convert::{BadOutput, at_most, is_word, name, unit};

/// What a component says of itself.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) spec: EvaluatorSpec,
    pub(super) version: String,
    pub(super) facts: Vec<(String, String)>,
    /// What a specification of `core` has no place for, of each task.
    pub(super) tasks: Vec<TaskWays>,
}

/// How a task is scored.
#[derive(Clone, Debug)]
pub(super) struct TaskWays {
    /// Of each metric, in order.
    pub(super) aggregates: Vec<Aggregate>,
    /// Whether all items of a plan are asked for in one call.
    pub(super) items_share_work: bool,
}

pub(super) fn description(description: wire::Description) -> Result<Described, BadOutput> {
    let wire::Description {
        name: called,
        version,
        summary,
        options,
        tasks,
        edits,
        unedited,
        facts,
        extra: _,
    } = description;
    if !is_word(&called) {
        return Err(BadOutput(format!(
            "its name is {called:?}, expected 1 to 64 lower-case letters, digits and hyphens"
        )));
    }
    for (what, found) in [("tasks", tasks.len()), ("edits", edits.len()), ("facts", facts.len())] {
        at_most(what, found)?;
    }
    if tasks.is_empty() {
        return Err(BadOutput("it has no task".to_owned()));
    }
    let owner = format!("evaluator `{called}`");
    let options = self::options(&owner, options)?;
    let ways = tasks.iter().map(ways).collect();
    let tasks = tasks.into_iter().map(task).collect::<Result<Vec<_>, _>>()?;
    once("task", tasks.iter().map(|task| task.name.as_str()))?;
    let schemas = edits.into_iter().map(schema::schema).collect::<Result<Vec<_>, _>>()?;
    once("edit", schemas.iter().map(|schema| schema.kind.as_str()))?;
    let edits = Vocabulary::new(schemas);
    let edits = if unedited.is_empty() { edits } else { edits.calling_unedited(&unedited) };
    let facts = facts.into_iter().map(|fact| Ok((name("a fact", fact.name)?, fact.help)));
    let facts = facts.collect::<Result<Vec<_>, BadOutput>>()?;
    once("fact", facts.iter().map(|(fact, _)| fact.as_str()))?;
    let spec = EvaluatorSpec { name: called, summary, options, tasks, edits, signals: Vec::new() };
    Ok(Described { spec, version, facts, tasks: ways })
}

fn ways(task: &wire::TaskSpec) -> TaskWays {
    let aggregate = |metric: &wire::Metric| match metric.aggregate {
        wire::Aggregate::Mean => Aggregate::Mean,
        wire::Aggregate::ExpMean => Aggregate::ExpMean,
    };
    TaskWays {
        aggregates: task.metrics.iter().map(aggregate).collect(),
        items_share_work: task.items_share_work,
    }
}

fn task(task: wire::TaskSpec) -> Result<TaskSpec, BadOutput> {
    let called = name("a task", task.name)?;
    at_most("metrics", task.metrics.len())?;
    if task.metrics.is_empty() {
        return Err(BadOutput(format!("task `{called}` has no metric")));
    }
    let metric = |metric: wire::Metric| {
        let direction = match metric.direction {
            wire::Direction::Minimise => Direction::Minimise,
            wire::Direction::Maximise => Direction::Maximise,
        };
        Ok(MetricInfo { name: name("a metric", metric.name)?, direction, unit: unit(metric.unit)? })
    };
    let metrics = task.metrics.into_iter().map(metric).collect::<Result<Vec<_>, BadOutput>>()?;
    once("metric", metrics.iter().map(|metric| metric.name.as_str()))?;
    let options = options(&format!("task `{called}`"), task.options)?;
    if let Some(option) = options.iter().find(|option| !is_key(&option.name)) {
        return Err(BadOutput(format!(
            "task `{called}` has the option {:?}, expected lower-case letters, digits and `_`: it is a key of profiles",
            option.name
        )));
    }
    let size = match task.item_size {
        None => None,
        Some(wire::ItemSize { option, unit }) => {
            let known = options
                .iter()
                .any(|known| known.name == option && matches!(known.kind, OptionKind::Int { .. }));
            if !known {
                return Err(BadOutput(format!(
                    "the size of an item of task `{called}` is its option `{option}`, which is no whole number of its"
                )));
            }
            Some(ItemSize { option, unit: name("a unit", unit)? })
        }
    };
    let options = options
        .into_iter()
        .map(|spec| TaskOption { label: spec.name.replace('_', " "), spec, advanced: false, reports: None })
        .collect();
    if !task.data.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(BadOutput(format!(
            "the data files of task `{called}` end in {:?}, expected letters and digits",
            task.data
        )));
    }
    Ok(TaskSpec { name: called, summary: task.summary, metrics, data: task.data, size, options })
}

/// Whether a profile can write it as a key of its own.
fn is_key(name: &str) -> bool {
    let letter = |first: char| first.is_ascii_lowercase() || first == '_';
    name.starts_with(letter) && name.chars().all(|other| letter(other) || other.is_ascii_digit())
}

/// Options, each once, whose defaults fit.
fn options(owner: &str, options: Vec<wire::OptionSpec>) -> Result<Vec<OptionSpec>, BadOutput> {
    at_most("options", options.len())?;
    let options = options.into_iter().map(option).collect::<Result<Vec<_>, _>>()?;
    once("option", options.iter().map(|option| option.name.as_str()))?;
    for option in &options {
        let default = Settings::from([(option.name.clone(), option.default.clone())]);
        resolve(owner, std::slice::from_ref(option), &default)
            .map_err(|error| BadOutput(format!("the default of an option does not fit: {error}")))?;
    }
    Ok(options)
}

fn option(option: wire::OptionSpec) -> Result<OptionSpec, BadOutput> {
    let kind = match option.kind {
        wire::OptionKind::Boolean => OptionKind::Bool,
        wire::OptionKind::Int(range) => OptionKind::Int { min: range.min, max: range.max },
        wire::OptionKind::Real(range) => OptionKind::Real { min: range.min, max: range.max },
        wire::OptionKind::OneOf(words) => {
            at_most("words for an option", words.len())?;
            OptionKind::OneOf(words)
        }
        wire::OptionKind::Ints(range) => OptionKind::Ints { min: range.min, max: range.max },
        wire::OptionKind::Other(open) => {
            return Err(BadOutput(format!(
                "option `{}` is of kind `{}`, which this attune does not know; use a newer one",
                option.name, open.kind
            )));
        }
    };
    let (name, default) = (name("an option", option.name)?, setting_in(option.default));
    Ok(OptionSpec { name, help: option.help, kind, default })
}

/// A plan as a component gets it.
pub(super) fn plan_out(plan: &Plan) -> Vec<wire::Open> {
    let open = |edit: &attune_core::plan::Edit| wire::Open {
        kind: edit.kind.clone(),
        args: settings_out(&edit.args),
    };
    plan.edits().iter().map(open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_tasks_are_keys_that_a_profile_can_write() {
        let named = |name: &str| {
            let option = wire::OptionSpec {
                name: name.to_owned(),
                help: "a switch".to_owned(),
                kind: wire::OptionKind::Boolean,
                default: wire::Setting::Boolean(true),
            };
            task(wire::TaskSpec {
                name: "trace".to_owned(),
                summary: "A trace.".to_owned(),
                metrics: vec![wire::Metric {
                    name: "wait".to_owned(),
                    direction: wire::Direction::Minimise,
                    unit: "seconds".to_owned(),
                    aggregate: wire::Aggregate::Mean,
                }],
                data: String::new(),
                options: vec![option],
                item_size: None,
                items_share_work: false,
                extra: Vec::new(),
            })
        };
        assert_eq!(named("time_unit").unwrap().options[0].label, "time unit");
        for name in ["time-unit", "2d", "Unit"] {
            let BadOutput(refused) = named(name).unwrap_err();
            assert!(refused.contains(&format!("has the option {name:?}")), "{refused}");
        }
    }
}
