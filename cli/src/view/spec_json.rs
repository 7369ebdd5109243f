//! The JSON of what techniques and evaluators say of themselves.

use attune_core::evaluator::{EvaluatorSpec, MetricInfo, TaskOption, TaskSpec};
use attune_core::objective::Direction;
use attune_core::options::{OptionKind, OptionSpec};
use attune_core::plan::{Argument, EditSchema};
use attune_core::signal::SignalSpec;
use attune_core::technique::{Operator, TechniqueInfo};
use serde_json::{Map, Value as Json, json};

use super::json::setting;

/// A technique, as `attune technique show NAME --json` prints it.
pub(crate) fn technique(info: &TechniqueInfo) -> Json {
    let TechniqueInfo { name, version, summary, options, signals, edits, .. } = info;
    let TechniqueInfo { has_operators, operators, target_facts, fingerprint, .. } = info;
    let operator = |Operator { name, help, parents }: &Operator| json!({ "operator": name, "help": help, "parents": parents });
    json!({
        "technique": name, "version": version, "summary": summary, "edits": edits, "signals": signals,
        "operators": has_operators, "named_operators": operators.iter().map(operator).collect::<Vec<Json>>(),
        "target_facts": target_facts, "component": fingerprint.to_string(),
        "options": options.iter().map(option).collect::<Vec<Json>>(),
    })
}

/// An evaluator, as `attune evaluator show NAME --json` prints it.
pub(crate) fn evaluator(spec: &EvaluatorSpec) -> Json {
    let EvaluatorSpec { name, summary, options, tasks, edits, signals } = spec;
    let signal = |SignalSpec { name, summary }: &SignalSpec| json!({ "signal": name, "summary": summary });
    json!({
        "evaluator": name, "summary": summary, "edits": edits.kinds().collect::<Vec<&str>>(),
        "signals": signals.iter().map(signal).collect::<Vec<Json>>(),
        "options": options.iter().map(option).collect::<Vec<Json>>(),
        "tasks": tasks.iter().map(task).collect::<Vec<Json>>(),
    })
}

/// An edit that an evaluator brings.
pub(crate) fn schema(schema: &EditSchema) -> Json {
    let argument = |Argument { name, kind, help, absent }: &Argument| json!({ "argument": name, "kind": kind.to_string(), "help": help, "absent": absent });
    json!({
        "edit": schema.kind, "summary": schema.summary, "sentence": schema.sentence,
        "arguments": schema.arguments.iter().map(argument).collect::<Vec<Json>>(),
    })
}

fn task(spec: &TaskSpec) -> Json {
    let TaskSpec { name, summary, metrics, data, size, options } = spec;
    let own = |TaskOption { spec, label: _, advanced: _, reports }: &TaskOption| {
        let mut object = option(spec);
        object["reports"] = json!(reports);
        object
    };
    json!({
        "task": name, "summary": summary, "data": data,
        "metrics": metrics.iter().map(metric).collect::<Vec<Json>>(),
        "size": size.as_ref().map(|size| json!({ "option": size.option, "unit": size.unit })),
        "options": options.iter().map(own).collect::<Vec<Json>>(),
    })
}

fn metric(MetricInfo { name, direction, unit }: &MetricInfo) -> Json {
    let direction = match direction {
        Direction::Minimise => "minimise",
        Direction::Maximise => "maximise",
    };
    json!({ "metric": name, "direction": direction, "unit": unit })
}

/// An option; its default is null where a profile has to say it.
fn option(spec: &OptionSpec) -> Json {
    let OptionSpec { name, help, kind, default } = spec;
    let default = spec.accept(default).map(|default| setting(&default));
    json!({ "option": name, "help": help, "default": default, "accepts": accepted(kind) })
}

fn accepted(kind: &OptionKind) -> Json {
    let mut object = Map::from_iter([("words".to_owned(), json!(kind.to_string()))]);
    let (name, range) = match kind {
        OptionKind::Bool => ("bool", None),
        OptionKind::Int { min, max } => ("int", Some((json!(min), json!(max)))),
        OptionKind::Real { min, max } => ("real", Some((json!(min), json!(max)))),
        OptionKind::OneOf(words) => {
            object.insert("of".to_owned(), json!(words));
            ("word", None)
        }
        OptionKind::Ints { min, max } => ("ints", Some((json!(min), json!(max)))),
        OptionKind::Counts { min, max, of } => {
            object.insert("of".to_owned(), json!(of));
            ("counts", Some((json!(min), json!(max))))
        }
        OptionKind::Folder => ("folder", None),
        OptionKind::Text => ("text", None),
    };
    object.insert("kind".to_owned(), json!(name));
    if let Some((min, max)) = range {
        object.extend([("min".to_owned(), min), ("max".to_owned(), max)]);
    }
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use attune_core::options::OptionValue;

    use super::*;

    #[test]
    fn an_option_says_what_it_accepts_and_whether_silence_is_enough() {
        let spec = |kind, default| OptionSpec { name: "o".into(), help: "h".into(), kind, default };
        let keep = option(&spec(OptionKind::Int { min: 1, max: 8 }, OptionValue::Int(4)));
        let expected = json!({
            "option": "o", "help": "h", "default": 4,
            "accepts": { "kind": "int", "min": 1, "max": 8, "words": "a whole number from 1 to 8" },
        });
        assert_eq!(keep, expected);
        let folder = option(&spec(OptionKind::Folder, OptionValue::Text(String::new())));
        assert_eq!(folder["default"], Json::Null);
        let word = OptionKind::OneOf(vec!["a".into(), "b".into()]);
        assert_eq!(option(&spec(word, OptionValue::Text("a".into())))["accepts"]["of"], json!(["a", "b"]));
    }
}
