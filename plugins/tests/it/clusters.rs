//! `queue-policy` and `node-sleep`: technique and evaluator of each speak of the same edits, and cut traces so that nothing is tuned on what is reported.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_core::evaluator::{Evaluator, EvaluatorFactory as _, OpenFailure, Request, Split, TaskData};
use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Plan;
use attune_core::rng;
use attune_core::technique::Technique as _;
use attune_plugins::{ComponentEvaluator, WasmTechnique};
use attune_vocabulary::ModelFacts;

use crate::models::{dense, host, options};
use crate::opening::{self, first_task};

fn open(
    name: &str,
    given: &Settings,
    files: [&Path; 2],
    wanted: u32,
) -> Result<Arc<dyn Evaluator>, OpenFailure> {
    let factory = ComponentEvaluator::builtin(name).unwrap();
    let task = first_task(&factory, given, wanted);
    opening::open(&factory, &TaskData { selection: files[0].into(), report: files[1].into(), ..task })
}

/// Small enough for a test.
fn small(name: &str) -> Settings {
    match name {
        "queue-policy" => options(&[("jobs", OptionValue::Int(60)), ("nodes", OptionValue::Ints(vec![4]))]),
        _ => options(&[("days", OptionValue::Int(4))]),
    }
}

fn generated(name: &str, wanted: u32) -> Arc<dyn Evaluator> {
    open(name, &small(name), [Path::new(""), Path::new("")], wanted).unwrap()
}

/// A technique whose edits its evaluator brings.
fn technique(name: &str) -> WasmTechnique {
    let spec = ComponentEvaluator::builtin(name).unwrap().spec();
    host().builtin(name).unwrap().scored_by(name, &spec.edits)
}

fn scores(evaluator: &dyn Evaluator, plan: &Plan, split: Split, metric: &str) -> Vec<f64> {
    let count = evaluator.task().items[&split];
    let mut found = Vec::new();
    let request = Request::new(split, (0..count).collect());
    let ended = evaluator.evaluate(std::slice::from_ref(plan), &request, &mut |_, outcome| {
        found = outcome.unwrap().scores.metrics[metric].items.clone();
        std::ops::ControlFlow::Continue(())
    });
    ended.unwrap();
    found
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn both_evaluators_keep_every_promise() {
    for name in ["queue-policy", "node-sleep"] {
        attune_testkit::evaluator::Trial::new(&*generated(name, 3)).findings(&mut |finding| {
            assert!(finding.outcome.is_ok(), "{name}: {}: {:?}", finding.promise, finding.outcome);
        });
    }
}

#[test]
fn whatever_a_technique_says_its_evaluator_takes() {
    let facts = Facts::from(ModelFacts::of(&dense()));
    let cases = [
        ("queue-policy", "moves", vec!["all", "preemption", "none"]),
        ("queue-policy", "durations", vec!["known"]),
        ("node-sleep", "future", vec!["forecast", "known"]),
    ];
    for (name, option, words) in cases {
        let (technique, evaluator) = (technique(name), generated(name, 2));
        for word in words {
            let given = options(&[(option, OptionValue::Text(word.into()))]);
            let space = technique.space(&facts, &given).unwrap();
            let baselines = technique.baselines(&facts, &given, &[]).unwrap();
            assert!(baselines.len() >= 2, "{name} {word}");
            let mut configs: Vec<_> = baselines.into_iter().map(|baseline| baseline.config).collect();
            configs
                .extend((0..40).map(|draw| space.sample(&mut rng::derive(7, "clusters", &[draw])).unwrap()));
            for config in configs {
                space.check(&config).unwrap();
                let plan = technique.lower(&facts, &given, &config).unwrap();
                evaluator.check(&plan).unwrap();
            }
        }
    }
}

#[test]
fn a_baseline_is_what_was_published() {
    let facts = Facts::from(ModelFacts::of(&dense()));
    let (technique, evaluator) = (technique("queue-policy"), generated("queue-policy", 12));
    let times = |name: &str, durations: &str| {
        let given = options(&[("durations", OptionValue::Text(durations.into()))]);
        let baselines = technique.baselines(&facts, &given, &[]).unwrap();
        let found = baselines.into_iter().find(|baseline| baseline.name == name).unwrap();
        let plan = technique.lower(&facts, &given, &found.config).unwrap();
        mean(&scores(&*evaluator, &plan, Split::Report, "mean-jct"))
    };
    let (fifo, qssf) = (times("fifo", "estimated"), times("qssf", "estimated"));
    let unedited = mean(&scores(&*evaluator, &Plan::empty(), Split::Report, "mean-jct"));
    assert_eq!(fifo, unedited);
    assert!(times("srtf-oracle", "known") < qssf && qssf < fifo);
}

/// A trace or a series for a test, in a folder of its own.
fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// So many jobs of the whole node, each of `seconds(job)`, one a second.
fn trace(jobs: u64, seconds: impl Fn(u64) -> u64) -> String {
    let row = |job: u64| format!("{job},8,{},{}\n", job * 1000, seconds(job) * 1000);
    std::iter::once("job_id,num_gpu,submit_time,duration\n".to_owned()).chain((0..jobs).map(row)).collect()
}

#[test]
fn a_trace_is_tuned_on_its_first_half_and_reported_on_its_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "trace.csv", &trace(40, |job| if job < 20 { 10 } else { 100 }));
    let given = options(&[("nodes", OptionValue::Ints(vec![1])), ("windows", OptionValue::Int(2))]);
    let evaluator = open("queue-policy", &given, [&path, Path::new("")], 0).unwrap();
    // Ten of 10 s one after the other, one a second: 10, 19, 28, ...
    assert_eq!(scores(&*evaluator, &Plan::empty(), Split::Selection, "mean-jct"), [50.5, 50.5]);
    assert_eq!(scores(&*evaluator, &Plan::empty(), Split::Report, "mean-jct"), [545.5, 545.5]);
    let refusal = |given: &Settings, files| open("queue-policy", given, files, 0).err().unwrap().to_string();
    assert!(refusal(&given, [&path, &path]).contains("trace.csv"));
    let many = options(&[("windows", OptionValue::Int(30))]);
    assert!(refusal(&many, [&path, Path::new("")]).contains("20 jobs, too few for 30 windows"));
    let broken = written(folder.path(), "broken.csv", "num_gpu,submit_time,duration\n1,0,long\n");
    let said = refusal(&given, [&broken, Path::new("")]);
    assert!(said.contains("broken.csv") && said.contains("line 2") && said.contains("`long`"), "{said}");
}

#[test]
fn a_series_is_cut_by_date() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "time,active,total\n".to_owned();
    for day in 1..=12 {
        for hour in 0..24 {
            for minute in [0, 50] {
                let used = if day < 11 { 50 } else { 80 };
                text += &format!("2017-11-{day:02} {hour:02}:{minute:02}:00,{used},100\n");
            }
        }
    }
    let path = written(folder.path(), "series.csv", &text);
    let cut = |date: i64| options(&[("cut", OptionValue::Int(date))]);
    let evaluator = open("node-sleep", &cut(20_171_111), [&path, Path::new("")], 0).unwrap();
    let near = |found: Vec<f64>, expected: &[f64]| {
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-9), "{found:?}");
    };
    near(scores(&*evaluator, &Plan::empty(), Split::Selection, "utilisation"), &[0.5, 0.5, 0.5]);
    near(scores(&*evaluator, &Plan::empty(), Split::Report, "utilisation"), &[0.8, 0.8]);
    let refused = open("node-sleep", &cut(20_171_301), [&path, Path::new("")], 0).err().unwrap().to_string();
    assert!(refused.contains("`cut` is `2017-13-01`"), "{refused}");
}
