//! Multiple choice, from the profile to the table.

use serde_json::Value;

use crate::support::{Place, refused, root, stdout};

/// A small study of KV bits on the questions of the golden.
fn profile(place: &Place, more: &str) -> std::path::PathBuf {
    let text = PROFILE.replace("ROOT", &root().display().to_string()).replace("MORE", more);
    place.write("choice.ron", &text)
}

const PROFILE: &str = r#"(
    version: 1,
    name: "choice",
    model: "ROOT/models/tiny-moe",
    technique: (name: "kv-bits", options: {"average": 3.0}),
    task: (
        kind: "choice",
        selection: "ROOT/tests/golden/choice.selection.jsonl",
        report: "ROOT/tests/golden/choice.report.jsonl",
        MORE
    ),
    objectives: [(metric: "kl", direction: minimise)],
    strategy: (name: "random"),
    trials: 6,
    items: 16,
    seed: 3,
    report: (items: 16, random: 3),
)
"#;

#[test]
fn a_study_on_questions_ends_with_accuracies_and_their_intervals() {
    let place = Place::new();
    let finished = place.run(&profile(&place, ""), &[]).pop().unwrap();
    let dense = &finished["baselines"]["dense"]["report"];
    for metric in ["kl", "perplexity", "accuracy", "normalised-accuracy", "margin"] {
        for report in [&finished["best"]["report"], dense] {
            let [low, mean, high] = ["low", "mean", "high"].map(|key| report[metric][key].as_f64().unwrap());
            assert!(low <= mean && mean <= high, "{metric}: {report}");
        }
    }
    // Wilson's, with z = 1.96, of the questions that the dense model answers as transformers do.
    let golden: Value =
        serde_json::from_slice(&std::fs::read(root().join("tests/golden/choice.json")).unwrap()).unwrap();
    let records = golden["report"]["default"].as_array().unwrap();
    let right = |record: &&Value| {
        let values: Vec<f64> =
            record["dense"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
        let best = (0..values.len()).reduce(|best, at| if values[at] > values[best] { at } else { best });
        best == record["right"].as_u64().map(|right| right as usize)
    };
    let (count, hits) = (records.len() as f64, records.iter().filter(right).count() as f64);
    let (share, z) = (hits / count, 1.959_964);
    let centre = (share + z * z / (2.0 * count)) / (1.0 + z * z / count);
    let half =
        z / (1.0 + z * z / count) * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
    for (key, expected) in [("mean", share), ("low", centre - half), ("high", centre + half)] {
        let found = dense["accuracy"][key].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-4, "{key}: {found}, expected {expected}");
    }
    let shown = stdout(&place.attune(&["show", "choice"]));
    assert!(shown.contains("accuracy"), "{shown}");
}

#[test]
fn options_of_questions_are_set_in_the_profile_and_on_the_command_line() {
    let place = Place::new();
    let usual = profile(&place, "");
    let path = usual.display().to_string();
    let value = |events: Vec<Value>| events.last().unwrap()["best"]["report"]["kl"]["mean"].as_f64().unwrap();
    let plain = value(place.run(&usual, &[]));
    let set = value(
        place
            .run(&usual, &["--study", "set", "--set", "task.prompt={question} ", "--set", "task.delimiter="]),
    );
    assert!((plain - set).abs() > 1e-6, "another prompt is another task");
    let written = profile(&place, r#"prompt: "{question} ", delimiter: "","#);
    assert_eq!(value(place.run(&written, &["--study", "written"])), set);
    let refusal = place.attune(&["run", &path, "--study", "other", "--set", "task.prompt=Q"]);
    refused(&refusal, 2, &["task.prompt is \"Q\"", "{question}"]);
    let refusal = place.attune(&["run", &path, "--study", "other", "--set", "task.length=12"]);
    refused(&refusal, 2, &["length", "prompt"]);
    let shown = stdout(&place.attune(&["evaluator", "show", "native"]));
    for word in ["choice", "prompt", "delimiter", "normalised-accuracy", "jsonl"] {
        assert!(shown.contains(word), "`{word}` is not in:\n{shown}");
    }
}

#[test]
fn a_question_without_an_answer_is_refused_before_anything_runs() {
    let place = Place::new();
    let good = std::fs::read_to_string(root().join("tests/golden/choice.selection.jsonl")).unwrap();
    let first = good.lines().next().unwrap();
    let bad = place.write(
        "bad.jsonl",
        &format!("{first}\n{{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": 2}}\n"),
    );
    let path = profile(&place, "").display().to_string();
    let set = format!("task.selection={}", bad.display());
    let refusal = place.attune(&["run", &path, "--set", &set, "--set", "items=2"]);
    refused(&refusal, 2, &["bad.jsonl, line 2: `answer` is 2; expected 0 to 1"]);
}
