//! What the native evaluator scores given plans, item by item, and signals that it measures: golden values for evaluators in other languages
//! (`python/attune-torch/tests/golden`).
//!
//! `cargo run -p attune-tests --example plan_scores -- MODEL TEXTS ITEMS LENGTH < ASKED`, where TEXTS is the path of texts without
//! `.selection.txt`, and ASKED is `{"plans": [[edit, …], …], "signals": [{"name": …, "args": {…}}, …]}` with edits as in the evaluator
//! protocol. Prints `{"scores": [{metric: [value of each item]}, …], "signals": [{"axes", "values", "work"}, …]}`.
#![expect(clippy::print_stdout, reason = "an experiment for people at a terminal")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use attune_core::evaluator::{Evaluator, Fidelity, Request, Split};
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_core::signal::SignalRequest;
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;
use serde_json::{Map, Value, json};

type Failure = Box<dyn std::error::Error>;

/// Arguments that are real numbers, also when they are whole.
const REALS: [&str; 4] = ["alpha", "beta", "smoothing", "matrix"];

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, items, length] = &args[..] else {
        return Err("expected MODEL TEXTS ITEMS LENGTH".into());
    };
    let model = Path::new(model);
    let evaluator = NativeEvaluator::open(&NativeSpec {
        model,
        device: "cpu",
        precision: Precision::F32,
        task: &TextSpec {
            tokenizer: model.join("tokenizer.json"),
            selection: format!("{texts}.selection.txt").into(),
            report: format!("{texts}.report.txt").into(),
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
            selection_items: 0,
            report_items: 0,
            elsewhere: BTreeMap::new(),
            length: length.parse()?,
        },
        reference_memory: REFERENCE_MEMORY,
        activation_memory: None,
    })?;
    let asked: Value = serde_json::from_reader(std::io::stdin())?;
    let request = Request::new(Split::Selection, Fidelity { items: items.parse()? }.all());
    let list = |key: &str| asked[key].as_array().cloned().unwrap_or_default();
    let plans = list("plans").iter().map(plan).collect::<Result<Vec<Plan>, Failure>>()?;
    let mut scores = vec![Value::Null; plans.len()];
    evaluator.evaluate(&plans, &request, &mut |number, outcome| {
        scores[number] = match outcome {
            Ok(evaluation) => {
                let metrics = &evaluation.scores.metrics;
                metrics
                    .iter()
                    .map(|(name, metric)| (name.clone(), json!(metric.items)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            Err(failure) => json!(failure.to_string()),
        };
        ControlFlow::Continue(())
    })?;
    let mut signals = Vec::new();
    for signal in list("signals") {
        let mut wanted = SignalRequest::new(signal["name"].as_str().ok_or("a signal without name")?);
        for (name, argument) in signal["args"].as_object().into_iter().flatten() {
            wanted = wanted.with(name, value(name, argument)?);
        }
        let measured = evaluator.signal(&wanted, &request)?;
        let axes: Vec<Value> = measured.signal.axes.iter().map(|axis| json!([axis.name, axis.len])).collect();
        signals.push(json!({"axes": axes, "values": measured.signal.values, "work": measured.work.computed}));
    }
    println!("{}", json!({"scores": scores, "signals": signals}));
    Ok(())
}

fn plan(edits: &Value) -> Result<Plan, Failure> {
    let vocabulary = attune_vocabulary::model();
    let mut found = Vec::new();
    for edit in edits.as_array().ok_or("a plan is a list")? {
        let arguments = edit.as_object().ok_or("an edit is an object")?;
        let mut read = Edit::new(edit["edit"].as_str().ok_or("an edit without kind")?);
        for (name, argument) in arguments.iter().filter(|(name, _)| *name != "edit") {
            read = read.with(name, value(name, argument)?);
        }
        found.push(vocabulary.accept(&read)?);
    }
    Ok(vocabulary.arrange(found))
}

fn value(name: &str, value: &Value) -> Result<OptionValue, Failure> {
    let real = REALS.contains(&name);
    let no = || format!("{name} is {value}");
    Ok(match value {
        Value::String(text) => OptionValue::Text(text.clone()),
        Value::Array(items) if real => {
            OptionValue::Reals(items.iter().map(Value::as_f64).collect::<Option<_>>().ok_or_else(no)?)
        }
        Value::Array(items) => {
            OptionValue::Ints(items.iter().map(Value::as_i64).collect::<Option<_>>().ok_or_else(no)?)
        }
        Value::Number(number) if real => OptionValue::Real(number.as_f64().ok_or_else(no)?),
        Value::Number(number) => OptionValue::Int(number.as_i64().ok_or_else(no)?),
        other => return Err(format!("{name} is {other}").into()),
    })
}
