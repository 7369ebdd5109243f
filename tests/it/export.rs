//! A study ends in something one can use.

use serde_json::Value;

use crate::support::{Place, stderr};

#[test]
fn the_exported_checkpoint_scores_like_the_candidate_and_is_smaller() {
    let place = Place::new();
    let profile = place.small_profile(&[]);
    let finished = place.run(&profile, &[]).pop().unwrap();
    let out = place.path("pruned").display().to_string();
    let output = place.attune(&["export", "small", "--to", "hf", "--out", &out]);
    assert!(output.status.success(), "{}", stderr(&output));

    let config: Value =
        serde_json::from_slice(&std::fs::read(place.path("pruned/config.json")).unwrap()).unwrap();
    assert_eq!(config["num_local_experts"], 4);
    let size = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().len() as f64;
    let dense = size(crate::support::root().join("models/tiny-moe/model.safetensors"));
    assert!(size(place.path("pruned/model.safetensors")) < 0.65 * dense);

    // The exported folder is an ordinary model, and as such it is the candidate.
    let model = crate::support::root().join("models/tiny-moe").display().to_string();
    let again = place.small_profile(&[
        (&format!("model: \"{model}\""), &format!("model: \"{out}\"")),
        ("name: \"small\"", "name: \"again\""),
        ("trials: 24", "trials: 1"),
        // Any technique will do: only the dense model of its table is looked at.
        ("expert-pruning", "kv-bits"),
        ("{\"keep\": 4}", "{\"average\": 8.0}"),
    ]);
    let again = place.run(&again, &[]).pop().unwrap();
    let found = finished["best"]["report"]["perplexity"]["mean"].as_f64().unwrap();
    let loaded = again["baselines"]["dense"]["report"]["perplexity"]["mean"].as_f64().unwrap();
    assert!((found / loaded - 1.0).abs() < 1e-5, "{found} in the study, {loaded} as a model of its own");
}

#[test]
fn merging_starts_where_pruning_ended_and_one_hot_routing_folds() {
    let place = Place::new();
    let pruned = place.run(&place.small_profile(&[]), &[]).pop().unwrap();
    let merging = |options: &str, start: &str| {
        place.small_profile(&[
            ("name: \"small\"", "name: \"merged\""),
            ("{\"keep\": 4}", &format!("{{\"keep\": 4, \"phase\": \"merge\"{options}}}")),
            ("trials: 24", &format!("trials: 60, start: (study: {start:?}), strategy: (name: \"eep\")")),
        ])
    };
    let unknown = merging("", "nowhere").display().to_string();
    let unknown = place.attune(&["run", &unknown]);
    crate::support::refused(&unknown, 2, &["start.study: there is no study `nowhere` in the store"]);

    let events = place.run(&merging(", \"routing\": \"one-hot\", \"active\": [1]", "small"), &[]);
    let finished = events.last().unwrap();
    let mean = |value: &Value| value["report"]["perplexity"]["mean"].as_f64().unwrap();
    assert!(finished["baselines"]["start"].is_object(), "{finished}");
    assert_ne!(
        mean(&finished["best"]),
        mean(&finished["baselines"]["start"]),
        "one expert per token, merged"
    );
    assert_ne!(mean(&finished["baselines"]["start"]), mean(&pruned["best"]), "one expert per token");

    let out = place.path("merged").display().to_string();
    // The checkpoint stores merged weights in bfloat16, 8 bits of precision; the candidate has them in float32.
    let export = ["export", "merged", "--to", "hf", "--out", &out];
    let words = ["merged experts are rounded to the type that they are stored in", "add --approximate"];
    crate::support::refused(&place.attune(&export), 2, &words);
    let output = place.attune(&[&export[..], &["--approximate"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let config: Value =
        serde_json::from_slice(&std::fs::read(place.path("merged/config.json")).unwrap()).unwrap();
    assert_eq!((&config["num_local_experts"], &config["num_experts_per_tok"]), (&4.into(), &1.into()));
    let model = crate::support::root().join("models/tiny-moe").display().to_string();
    let again = place.small_profile(&[
        (&format!("model: \"{model}\""), &format!("model: \"{out}\"")),
        ("name: \"small\"", "name: \"again\""),
        ("trials: 24", "trials: 1"),
        ("expert-pruning", "kv-bits"),
        ("{\"keep\": 4}", "{\"average\": 8.0}"),
    ]);
    let again = place.run(&again, &[]).pop().unwrap();
    let (found, loaded) = (mean(&finished["best"]), mean(&again["baselines"]["dense"]));
    assert!((found / loaded - 1.0).abs() < 3e-3, "{found} in the study, {loaded} as a model of its own");
}

#[test]
fn the_plan_file_says_what_where_from_and_how_good() {
    let place = Place::new();
    let finished = place.run(&place.small_profile(&[]), &[]).pop().unwrap();
    let out = place.path("plan").display().to_string();
    let output = place.attune(&["export", "small", "--to", "plan", "--out", &out]);
    assert!(output.status.success(), "{}", stderr(&output));
    let plan: Value = serde_json::from_slice(&std::fs::read(place.path("plan/plan.json")).unwrap()).unwrap();
    assert_eq!((&plan["format"], &plan["version"]), (&Value::from("attune-plan"), &Value::from(1)));
    assert_eq!(plan["plan"]["edits"].as_array().unwrap().len(), 6);
    assert_eq!(plan["provenance"]["trial"], finished["best"]["trial"]);
    assert!(plan["model"]["fingerprint"].is_string());

    // Any trial can be exported, and an occupied folder is left alone.
    let other = place.path("other").display().to_string();
    assert!(
        place.attune(&["export", "small", "--to", "plan", "--out", &other, "--trial", "0"]).status.success()
    );
    std::fs::write(place.path("plan/notes.txt"), "mine").unwrap();
    let occupied = place.attune(&["export", "small", "--to", "plan", "--out", &out]);
    crate::support::refused(&occupied, 2, &["not empty", "notes.txt is not from an export of attune"]);
    std::fs::remove_file(place.path("plan/notes.txt")).unwrap();
    // What the study itself wrote is replaced.
    let again = place.attune(&["export", "small", "--to", "plan", "--out", &out, "--trial", "0"]);
    assert!(again.status.success(), "{}", stderr(&again));
    let plan: Value = serde_json::from_slice(&std::fs::read(place.path("plan/plan.json")).unwrap()).unwrap();
    assert_eq!(plan["provenance"]["trial"], 0);
    let unknown = place.attune(&[
        "export",
        "small",
        "--to",
        "plan",
        "--out",
        &place.path("x").display().to_string(),
        "--trial",
        "999",
    ]);
    crate::support::refused(&unknown, 2, &["999"]);
}

#[test]
fn what_would_differ_from_what_was_scored_is_exported_only_when_asked_for() {
    let place = Place::new();
    let profile = place.small_profile(&[
        ("expert-pruning", "weight-bits"),
        ("{\"keep\": 4}", "{\"average\": 4.0, \"group-size\": 32}"),
        ("trials: 24", "trials: 2"),
    ]);
    place.run(&profile, &[]);
    let out = place.path("few-bits").display().to_string();
    let export = ["export", "small", "--to", "mlx", "--out", &out];
    let refused = place.attune(&export);
    let words = "`--to mlx` expresses this plan only approximately: scales and minimums are rounded to the 16-bit type";
    crate::support::refused(&refused, 2, &[words, "add --approximate to export it all the same"]);
    assert!(!place.path("few-bits").exists(), "nothing is begun");

    let output = place.attune(&[&export[..], &["--approximate"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let config: Value =
        serde_json::from_slice(&std::fs::read(place.path("few-bits/config.json")).unwrap()).unwrap();
    assert_eq!(config["quantization"]["group_size"], 32);
    assert_eq!(config["num_local_experts"], 8, "the rest of the file stays");
    let size = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().len() as f64;
    let dense = size(crate::support::root().join("models/tiny-moe/model.safetensors"));
    assert!(size(place.path("few-bits/model.safetensors")) < 0.4 * dense);
}
