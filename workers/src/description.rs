//! What a worker says of itself, as the host understands it.

use std::collections::BTreeSet;
use std::time::Duration;

use attune_core::evaluator::EvaluatorSpec;
use attune_core::plan::{EditSchema, Vocabulary};
use attune_core::report::UNEDITED_WORDS;
use attune_core::signal::SignalSpec;
use attune_vocabulary::model;

use crate::wire::{Hello, NamedSummary, PROTOCOL};

/// What a worker says of itself before it opens anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Its name, options, tasks and edits.
    pub spec: EvaluatorSpec,
    /// Its version.
    pub version: String,
    /// What decides the last digits, as far as it knows.
    pub numerics: Option<String>,
    /// Whether it hands out outputs.
    pub(crate) outputs: bool,
    /// Whether it hands out what it chooses for edits.
    pub(crate) choices: bool,
    /// Whether it tells bounds that it knows.
    pub(crate) bounds: bool,
    /// Requests that may usefully run at once.
    pub(crate) concurrency: usize,
    /// Silence after which it is taken for hung, where it says so.
    pub(crate) idle: Option<Duration>,
}

impl Description {
    /// What `hello` says.
    ///
    /// # Errors
    /// In words, what makes no sense.
    pub(crate) fn of(hello: Hello) -> Result<Self, String> {
        if hello.protocol != PROTOCOL {
            return Err(format!("it speaks `{}`, expected `{PROTOCOL}`", hello.protocol));
        }
        for (what, text) in [("name", &hello.name), ("version", &hello.version)] {
            if text.is_empty() {
                return Err(format!("its {what} is empty"));
            }
        }
        if hello.tasks.is_empty() {
            return Err("it has no task".to_owned());
        }
        let idle = match hello.idle_seconds {
            None => None,
            Some(seconds) => {
                Some(Duration::try_from_secs_f64(seconds).ok().filter(|idle| !idle.is_zero()).ok_or_else(
                    || format!("its `idle-seconds` is {seconds}, expected a number of seconds above 0"),
                )?)
            }
        };
        // Some of the host's own, whatever arguments of them the worker does not have.
        let known = hello.edits.iter().any(|edit| edit.summary.is_none());
        let schemas = hello.edits.into_iter().map(EditSchema::try_from).collect::<Result<Vec<_>, _>>()?;
        if let Some(twice) = twice(schemas.iter().map(|schema| schema.kind.as_str())) {
            return Err(format!("it has two edits `{twice}`"));
        }
        let neural = known || schemas.iter().any(|schema| model().schema(&schema.kind) == Some(schema));
        let edits = Vocabulary::new(schemas);
        let edits = match (&hello.unedited, neural) {
            (Some(words), _) => edits.calling_unedited(words),
            (None, true) => edits.calling_unedited(UNEDITED_WORDS),
            (None, false) => edits,
        };
        let signals =
            hello.signals.into_iter().map(|NamedSummary { name, summary }| SignalSpec { name, summary });
        let signals: Vec<SignalSpec> = signals.collect();
        if let Some(twice) = twice(signals.iter().map(|signal| signal.name.as_str())) {
            return Err(format!("it has two signals `{twice}`"));
        }
        let spec = EvaluatorSpec {
            name: hello.name,
            summary: hello.summary,
            options: hello.options.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            tasks: hello.tasks.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            edits,
            signals,
        };
        let concurrency = hello.concurrency.unwrap_or(1).max(1);
        let Hello { version, numerics, outputs, choices, bounds, .. } = hello;
        Ok(Self { spec, version, numerics, outputs, choices, bounds, concurrency, idle })
    }
}

/// The first name that is there twice.
fn twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use attune_core::plan::Plan;

    use super::*;

    fn unedited(edits: &str) -> Vec<String> {
        let task = r#"{"name":"t","metrics":[{"name":"kl","direction":"minimise"}]}"#;
        let hello = format!(
            r#"{{"protocol":"attune-evaluator/1","name":"n","version":"1","tasks":[{task}],"edits":{edits}}}"#
        );
        let hello: Hello = serde_json::from_str(&hello).unwrap();
        Description::of(hello).unwrap().spec.edits.describe(&Plan::empty())
    }

    #[test]
    fn options_of_tasks_are_keys_that_a_profile_can_write() {
        let of = |name: &str| {
            let option = format!(r#"{{"name":{name:?},"kind":{{"type":"bool"}},"default":true}}"#);
            let task = format!(
                r#"{{"name":"t","metrics":[{{"name":"kl","direction":"minimise"}}],"options":[{option}]}}"#
            );
            let hello = format!(
                r#"{{"protocol":"attune-evaluator/1","name":"n","version":"1","edits":[],"tasks":[{task}]}}"#
            );
            Description::of(serde_json::from_str(&hello).unwrap())
        };
        for name in ["time_unit", "time-unit"] {
            assert_eq!(of(name).unwrap().spec.tasks[0].options[0].label, "time unit");
        }
        for name in ["time unit", "2d", "", "a.b", "größe"] {
            let refused = of(name).unwrap_err();
            assert!(
                refused.starts_with(&format!("task `t`: its option {name:?} cannot be a key of a profile"))
                    && refused.contains("digits and `_`"),
                "{refused}"
            );
        }
    }

    #[test]
    fn edits_of_neural_models_are_made_to_the_dense_model_whatever_arguments_a_worker_lists() {
        assert_eq!(unedited(r#"[{"kind":"weight-bits"}]"#), ["the dense model"]);
        assert_eq!(unedited(r#"[{"kind":"drop-block"}]"#), ["the dense model"]);
        assert_ne!(unedited(r#"[{"kind":"x","summary":""}]"#), ["the dense model"]);
    }
}
