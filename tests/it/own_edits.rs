//! A technique whose edit is none of attune's, and the evaluator that brings its schema: from a worker in Python to the result.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{Place, events, refused, root, stderr, stdout};

/// The worker that scores plans by a formula, and does not have the edit.
const WORKER: &str = env!("CARGO_BIN_EXE_scripted-evaluator");

fn component() -> String {
    root().join("plugins/fixtures/page-cache.wasm").display().to_string()
}

/// The profile of the example, in another folder.
fn example(place: &Place, changes: &[(&str, &str)]) -> String {
    let examples = root().join("python/attune-worker/examples");
    let mut text = fs::read_to_string(examples.join("cache.ron")).unwrap();
    let program = examples.join("cache.py").display().to_string();
    let own = [("cache.py", program.as_str()), ("../../../plugins/fixtures/page-cache.wasm", &component())];
    for (from, to) in own.iter().chain(changes) {
        assert!(text.contains(from), "{from} is not in the profile");
        text = text.replace(from, to);
    }
    place.write("cache.ron", &text).display().to_string()
}

fn has_python() -> bool {
    let new = "import sys; sys.exit(sys.version_info < (3, 10))";
    Command::new("python3").args(["-c", new]).status().is_ok_and(|status| status.success())
}

fn run(place: &Place, profile: &str, more: &[&str]) -> std::process::Output {
    let mut command = place.command(&["run", profile, "--json"]);
    command.args(more).env("PYTHONPATH", root().join("python/attune-worker/src")).output().unwrap()
}

#[test]
fn a_worker_in_python_brings_the_edit_that_a_technique_lowers_to() {
    if !has_python() {
        return println!("skipped: there is no python3 of version 3.10 or later");
    }
    let place = Place::new();
    let profile = example(&place, &[("trials: 60", "trials: 30")]);
    let output = run(&place, &profile, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let found = events(&output);
    let best = &found.last().unwrap()["best"];
    let plan = best["plan"].to_string();
    assert!(plan.contains("cache-policy"), "{best}");
    let journal = String::from_utf8(place.journal("cache")).unwrap();
    let operators = ["resize", "patience", "between"];
    assert!(journal.contains("cache-policy"), "edits that attune does not have are kept as they are");
    assert!(operators.iter().any(|name| journal.contains(&format!("\"operator\":\"{name}\""))), "{journal}");
    // Run once more, it is the same study: operators are chosen by replay.
    assert!(run(&place, &profile, &[]).status.success());
    assert_eq!(journal.as_bytes(), place.journal("cache"));
    let shown = stdout(&place.attune(&["show", "cache"]));
    assert!(shown.contains("pages for the new, proven after"), "in the words of its schema: {shown}");
    assert!(shown.contains("Found misses: ") && shown.contains("above the known bound"), "{shown}");
    // Another 10 trials of one operator alone are another study.
    let only = ["--study", "patient", "--set", "strategy.options.operator-names=patience", "--trials", "16"];
    let output = run(&place, &profile, &only);
    assert!(output.status.success(), "{}", stderr(&output));
    let journal = String::from_utf8(place.journal("patient")).unwrap();
    assert!(!journal.contains("\"operator\":\"resize\"") && journal.contains("\"operator\":\"patience\""));
}

#[test]
fn an_evaluator_that_does_not_bring_the_edit_is_named_before_anything_runs() {
    let place = Place::new();
    let command = format!("[{WORKER:?}]");
    let python = root().join("python/attune-worker/examples/cache.py").display().to_string();
    let fewer = ("items: 20", "items: 4");
    let profile = example(&place, &[(&format!("[\"python3\", {python:?}]"), &command), fewer]);
    let said = [
        "`page-cache`",
        "the edit `cache-policy`, which attune does not have and evaluator `scripted` does not bring (it brings bits)",
        "evaluator: (command:",
    ];
    refused(&place.attune(&["run", &profile]), 2, &said);
    assert!(!place.path("store/journal/cache.jsonl").exists());
}

#[test]
fn a_check_without_an_evaluator_says_what_has_to_be_brought() {
    let place = Place::new();
    let output = place.attune(&["technique", "check", &component()]);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}");
    for words in ["edit cache-policy: attune does not have it", "`hits` (a whole number)", "vary by between"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    let shown = place.attune(&["technique", "show", &component(), "--json"]);
    let shown: Value = serde_json::from_str(&stdout(&shown)).unwrap();
    assert_eq!(shown["operators"], true);
    assert_eq!(shown["named_operators"][2]["operator"], "between");
    assert_eq!(shown["named_operators"][2]["parents"], 2);
    assert_eq!(shown["target_facts"], serde_json::json!([]));
    let shown = stdout(&place.attune(&["technique", "show", &component()]));
    for words in
        ["its own: resize, patience, between", "it heeds none", "Operators (operator-names of a strategy)"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}
