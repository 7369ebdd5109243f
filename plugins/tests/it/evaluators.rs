//! Evaluators as components: the toy scheduler of the book keeps every promise that evaluators make.

use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::{Evaluator, EvaluatorFactory as _, Request, Split, TaskData};
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Edit, Plan};
use attune_plugins::ComponentEvaluator;

use crate::opening::{self, first_task, open_with};

fn toy() -> ComponentEvaluator {
    ComponentEvaluator::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/toy-scheduler.wasm"))
        .unwrap()
}

fn open(options: &Settings, wanted: u32) -> Arc<dyn Evaluator> {
    let toy = toy();
    opening::open(&toy, &first_task(&toy, options, wanted)).unwrap()
}

fn shortest(ageing: f64) -> Plan {
    Plan::from_canonical(vec![Edit::new("order").text("by", "shortest").real("ageing", ageing)])
}

fn waits(evaluator: &dyn Evaluator, plan: &Plan, split: Split, items: &[u32]) -> Vec<f64> {
    let mut found = Vec::new();
    let request = Request::new(split, items.to_vec());
    let plans = std::slice::from_ref(plan);
    let ended = evaluator.evaluate(plans, &request, &mut |_, outcome| {
        found = outcome.unwrap().scores.metrics["wait"].items.clone();
        std::ops::ControlFlow::Continue(())
    });
    ended.unwrap();
    assert_eq!(request.progress.evaluations(), items.len() as f64);
    found
}

#[test]
fn the_toy_scheduler_of_the_book_keeps_every_promise() {
    let evaluator = open(&Settings::new(), 5);
    let mut kept = 0;
    attune_testkit::evaluator::Trial::new(&*evaluator).findings(&mut |finding| {
        assert!(finding.outcome.is_ok(), "{}: {:?}", finding.promise, finding.outcome);
        kept += 1;
    });
    assert!(kept >= 17);
}

#[test]
fn shortest_first_waits_less_than_first_come_and_no_order_less_than_the_bound() {
    let evaluator = open(&Settings::new(), 8);
    let items: Vec<u32> = (0..8).collect();
    let sum = |plan: &Plan| waits(&*evaluator, plan, Split::Selection, &items).iter().sum::<f64>();
    assert!(sum(&shortest(0.0)) < sum(&shortest(1.0)) && sum(&shortest(1.0)) < sum(&Plan::empty()));
    let known = evaluator.known_bounds(&Request::new(Split::Selection, items.clone())).unwrap();
    let waits = waits(&*evaluator, &shortest(0.0), Split::Selection, &items);
    assert_eq!(known.keys().collect::<Vec<_>>(), ["wait"]);
    for (wait, bound) in waits.iter().zip(&known["wait"]) {
        let bound = bound.unwrap();
        assert!(bound > 0.0 && bound <= *wait, "{bound} {wait}");
    }
}

#[test]
fn items_are_the_same_however_many_are_wanted_and_other_seeds_are_other_data() {
    let few = open(&Settings::new(), 3);
    let many = open(&Settings::new(), 9);
    let seeded = open(&Settings::from([("seed".to_owned(), OptionValue::Int(1))]), 3);
    let of = |evaluator: &dyn Evaluator, split| waits(evaluator, &shortest(0.5), split, &[2, 0]);
    assert_eq!(of(&*few, Split::Selection), of(&*many, Split::Selection));
    assert_ne!(of(&*few, Split::Selection), of(&*few, Split::Report));
    assert_ne!(of(&*few, Split::Selection), of(&*seeded, Split::Selection));
    let prints = |evaluator: &dyn Evaluator| evaluator.task().fingerprints.clone();
    assert_eq!(prints(&*few), prints(&*many));
    assert_ne!(prints(&*few)[&Split::Selection], prints(&*seeded)[&Split::Selection]);
    assert_eq!(few.info().numerics, format!("component {}", toy().fingerprint()));
    assert_ne!(few.model().fingerprint, seeded.model().fingerprint);
    assert_eq!(many.model().count("jobs"), 9 * 200);
}

#[test]
fn it_says_what_it_is_before_it_opens_anything() {
    let spec = toy().spec();
    assert_eq!(spec.name, "toy-scheduler");
    let words = spec.edits.describe(&shortest(2.0));
    assert_eq!(words, ["shortest first, ageing 2"]);
    assert_eq!(spec.edits.describe(&Plan::empty()), ["first come, first served"]);
    let again = spec.edits.arrange([shortest(2.0).edits()[0].clone(), shortest(1.0).edits()[0].clone()]);
    assert!(spec.edits.conflict(&again).is_some(), "one order is enough");
    let evaluator = open(&Settings::new(), 2);
    let refused = evaluator.check(&again).unwrap_err().to_string();
    assert!(refused.contains("cannot stand beside"), "{refused}");
}

#[test]
fn data_for_a_task_that_reads_none_and_a_model_are_refused() {
    let factory = toy();
    let task = |selection: &str| TaskData {
        selection: selection.into(),
        ..first_task(&factory, &Settings::new(), 2)
    };
    let refusal = |task: &TaskData, model: &str| open_with(&factory, model, task).err().unwrap().to_string();
    assert!(refusal(&task("jobs.csv"), "").contains("task `days` reads no data"));
    assert!(refusal(&task(""), "models/x").contains("reads no model"));
    assert!(
        refusal(&TaskData { kind: "weeks".to_owned(), ..task("") }, "")
            .contains("has no task `weeks`; it has days")
    );
}

#[test]
fn a_technique_is_no_evaluator_and_the_other_way_round() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let technique =
        ComponentEvaluator::load(&folder.join("fixtures/example.wasm")).err().unwrap().to_string();
    assert!(
        technique.contains("not an evaluator: it is a technique") && technique.contains("under `technique`"),
        "{technique}"
    );
    let host = attune_plugins::Host::new().unwrap();
    let evaluator = host.load_file(&folder.join("fixtures/toy-scheduler.wasm")).err().unwrap().to_string();
    assert!(
        evaluator.contains("not a technique: it is an evaluator") && evaluator.contains("under `evaluator`"),
        "{evaluator}"
    );
    let unknown = ComponentEvaluator::builtin("no-such").err().unwrap().to_string();
    assert!(unknown.contains("no evaluator `no-such` is built in"), "{unknown}");
}
