//! Evaluators that are components: a study without a model, from its profile to its report, and what is said of it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use attune_core::rng;
use rand::RngExt as _;
use serde_json::Value;

use crate::support::{Place, refused, root, stderr, stdout};

fn scheduler() -> String {
    root().join("plugins/fixtures/toy-scheduler.wasm").display().to_string()
}

/// A study of the toy scheduler, with the technique for whatever edits there are.
fn profile(place: &Place, trials: u32) -> String {
    let text = format!(
        r#"(
            version: 1, name: "days", evaluator: (name: {:?}), technique: (name: "edits"),
            task: (load: 0.9), trials: {trials}, items: 6, report: (items: 8, random: 4), seed: 5,
        )"#,
        scheduler()
    );
    place.write("days.ron", &text).display().to_string()
}

#[test]
fn a_study_without_a_model_goes_from_its_profile_to_its_report() {
    let place = Place::new();
    let file = profile(&place, 40);
    let events = place.run(std::path::Path::new(&file), &[]);
    let finished = events.last().unwrap();
    let best = &finished["best"];
    // The order in which jobs are taken is what can be changed, and shortest first is what is known to be best.
    assert_eq!(best["plan"][0]["by"], "shortest", "{best}");
    let gap = &best["gap"]["wait"];
    assert_eq!((gap["known"].as_u64(), gap["items"].as_u64()), (Some(8), Some(8)), "{gap}");
    let share = |gap: &Value| gap["share"]["mean"].as_f64().unwrap();
    let unedited = &finished["baselines"]["dense"]["gap"]["wait"];
    assert!(share(gap) >= 0.0 && share(gap) < share(unedited), "{gap}\n{unedited}");
    assert!(best["gap"]["longest-wait"].is_null(), "nobody knows a bound of it");
    assert_eq!(best["search_gap"]["wait"]["items"], 6);
    assert_eq!(finished["bounds"]["wait"].as_array().unwrap().len(), 8);
    assert_eq!(finished["unedited"], "first come, first served");

    let shown = stdout(&place.attune(&["show", "days"]));
    for words in
        ["Found wait: ", "above the known bound", "no item reaches it", "shortest first, ageing", "unedited"]
    {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    for foreign in ["model", "dense", "token", "Model"] {
        assert!(!shown.contains(foreign), "{foreign} is said of a scheduler:\n{shown}");
    }
    // What scripts read is what was printed.
    let again: Value = serde_json::from_str(&stdout(&place.attune(&["show", "days", "--json"]))).unwrap();
    assert_eq!(again["best"]["gap"], best["gap"]);
}

#[test]
fn killed_and_continued_it_ends_with_the_same_bytes() {
    let undisturbed = Place::new();
    let file = profile(&undisturbed, 60);
    undisturbed.run(std::path::Path::new(&file), &[]);

    let disturbed = Place::new();
    let file = profile(&disturbed, 60);
    for kill in 0..4 {
        let mut random = rng::derive(5, "kill", &[kill]);
        let after: usize = random.random_range(1..30);
        let mut child = disturbed
            .command(&["run", &file, "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let seen = BufReader::new(child.stdout.take().unwrap()).lines().take(after).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(seen > 0);
    }
    // By its name alone: the journal knows which component that was.
    let output = disturbed.attune(&["continue", "days", "--trials", "60"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(disturbed.journal("days"), undisturbed.journal("days"));
}

#[test]
fn it_is_shown_and_checked_like_any_evaluator() {
    let place = Place::new();
    let shown = stdout(&place.attune(&["evaluator", "show", &scheduler()]));
    for words in [
        "toy-scheduler 0.1.0",
        "unedited    first come, first served",
        "ageing: minutes that a minute of waiting counts; a real number from 0 to 10",
        "jobs: jobs of all days that are tuned on",
        "wait (minutes; less is better)",
        "  load = 0.8",
    ] {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    let object: Value =
        serde_json::from_str(&stdout(&place.attune(&["evaluator", "show", &scheduler(), "--json"]))).unwrap();
    assert_eq!(object["schemas"][0]["arguments"][0]["argument"], "by");
    assert_eq!(object["facts"][0]["fact"], "jobs");

    let output = place.attune(&["evaluator", "check", &scheduler(), "--set", "task.load=0.5"]);
    let said = stdout(&output);
    // On a machine that does other things it may take longer to stop than it may; everything else holds.
    let wrong: Vec<&str> = said.lines().filter(|line| line.starts_with("WRONG")).collect();
    assert!(wrong.iter().all(|line| line.contains("it goes on for")), "{said}");
    assert!(said.contains("no plan beats a bound that it knows: `wait` on 3 of 3 items"), "{said}");
}

#[test]
fn what_is_found_is_a_plan_and_no_files_of_a_model() {
    let place = Place::new();
    let file = profile(&place, 4);
    place.run(std::path::Path::new(&file), &[]);
    let out = place.path("plan").display().to_string();
    let output = place.attune(&["export", "days", "--to", "plan", "--out", &out]);
    assert!(output.status.success(), "{}", stderr(&output));
    let gguf = place.path("gguf").display().to_string();
    refused(
        &place.attune(&["export", "days", "--to", "gguf", "--out", &gguf]),
        2,
        &["study `days` is on `one machine`, which is no model", "`--to plan`"],
    );
}

#[test]
fn each_kind_of_component_is_told_from_the_other() {
    let place = Place::new();
    let technique = root().join("plugins/fixtures/page-cache.wasm").display().to_string();
    refused(&place.attune(&["evaluator", "show", &technique]), 2, &["page-cache.wasm", "technique"]);
    refused(&place.attune(&["technique", "show", &scheduler()]), 2, &["toy-scheduler.wasm", "evaluator"]);
    let gone = place.attune(&["evaluator", "show", "gone.wasm"]);
    refused(&gone, 2, &["gone.wasm"]);
    let text = format!(
        r#"(version: 1, name: "x", model: "m", evaluator: (name: {:?}), technique: (name: "edits"), task: (), trials: 1, items: 1)"#,
        scheduler()
    );
    let file = place.write("x.ron", &text).display().to_string();
    refused(&place.attune(&["run", &file]), 2, &["reads no model", "leave `model` out"]);
    let unknown = text.replace(&scheduler(), "toy").replace("model: \"m\", ", "");
    let file = place.write("y.ron", &unknown).display().to_string();
    refused(&place.attune(&["run", &file]), 2, &["evaluator.name", "the path of a .wasm file"]);
}
