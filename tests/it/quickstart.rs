//! What a user does first.

use serde_json::Value;

use crate::support::{Place, events, root, stderr, stdout};

#[test]
fn a_study_ends_with_the_promised_object_and_is_never_evaluated_again() {
    let place = Place::new();
    let profile = place.small_profile(&[]);
    let first = place.run(&profile, &[]);
    assert_eq!(first[0]["event"], "started");
    let finished = first.last().unwrap();
    assert_eq!(finished["event"], "finished");
    for key in ["study", "technique", "model", "device", "seconds", "seed", "work", "best", "baselines"] {
        assert!(!finished[key].is_null(), "{key} is missing in {finished}");
    }
    assert_eq!((&finished["trials"], &finished["seed"]), (&Value::from(24), &Value::from(7)));
    let best = &finished["best"];
    assert_eq!(best["config"]["kept-experts"].as_array().unwrap().len(), 6);
    assert_eq!(best["plan"][0]["edit"], "keep-experts");
    assert!(best["search"]["kl"].as_f64().unwrap() > 0.0);
    assert!(best["cost"]["memory"]["value"].as_f64() < best["cost"]["memory"]["dense"].as_f64());
    let report = &best["report"]["kl"];
    assert!(
        report["low"].as_f64() <= report["mean"].as_f64()
            && report["mean"].as_f64() <= report["high"].as_f64()
    );
    for name in ["dense", "random", "random-best", "frequency", "soft-activation"] {
        let delta = &finished["baselines"][name]["delta"]["kl"];
        assert!(delta["mean"].is_number(), "{name}: {}", finished["baselines"][name]);
    }
    assert_eq!(finished["baselines"]["dense"]["report"]["kl"]["mean"].as_f64(), Some(0.0));

    let journal = place.journal("small");
    let second = place.run(&profile, &[]);
    assert!(!second.iter().any(|event| event["event"] == "trial_finished"), "it evaluated again");
    assert_eq!(second.last().unwrap()["best"], *best);
    assert_eq!(place.journal("small"), journal);

    let shown = place.attune(&["show", "small", "--json"]);
    assert_eq!(events(&shown).last().unwrap(), second.last().unwrap(), "{}", stderr(&shown));
}

#[test]
fn people_see_a_table_and_where_to_go_next() {
    let place = Place::new();
    let profile = place.small_profile(&[]).display().to_string();
    let output = place.attune(&["run", &profile]);
    let text = stdout(&output);
    for word in [
        "found (trial",
        "frequency",
        "soft-activation",
        "dense",
        "random",
        "95 %",
        "attune export small",
        "keeps experts",
    ] {
        assert!(text.contains(word), "`{word}` is not in:\n{text}\n{}", stderr(&output));
    }
    assert!(stderr(&output).contains("best"), "{}", stderr(&output));
    assert!(stdout(&place.attune(&["show", "small"])).contains("found (trial"));
    let studies = stdout(&place.attune(&["studies"]));
    assert!(studies.contains("small") && studies.contains("expert-pruning"), "{studies}");
}

#[test]
fn one_worker_and_four_workers_make_the_same_study() {
    let (one, four) = (Place::new(), Place::new());
    one.run(&one.small_profile(&[]), &["--workers", "1"]);
    four.run(&four.small_profile(&[]), &["--workers", "4"]);
    assert_eq!(one.journal("small"), four.journal("small"));
}

#[test]
fn a_finished_study_can_be_extended_and_equals_one_that_was_longer_from_the_start() {
    let (extended, whole) = (Place::new(), Place::new());
    let profile = extended.small_profile(&[]);
    extended.run(&profile, &["--trials", "16"]);
    let events = extended.run(&profile, &[]);
    assert_eq!(events.last().unwrap()["trials"], 24);
    let direct = whole.run(&whole.small_profile(&[]), &[]);
    assert_eq!(events.last().unwrap()["best"], direct.last().unwrap()["best"]);
}

#[test]
fn another_study_reuses_what_the_store_knows() {
    let place = Place::new();
    let profile = place.small_profile(&[]);
    place.run(&profile, &[]);
    let again = place.run(&profile, &["--study", "other"]);
    let finished = again.last().unwrap();
    assert_eq!((&finished["evaluated"], &finished["reused"]), (&Value::from(0), &Value::from(24)));
}

#[test]
fn the_key_value_cache_technique_runs_on_the_same_evaluator() {
    let place = Place::new();
    let profile = place.small_profile(&[
        ("expert-pruning", "kv-bits"),
        ("{\"keep\": 4}", "{\"average\": 4.0, \"levels\": [2, 3, 4, 8], \"sink\": 1, \"recent\": 4}"),
    ]);
    let events = place.run(&profile, &[]);
    let finished = events.last().unwrap();
    assert!(finished["best"]["cost"]["bits"]["value"].as_f64().unwrap() <= 4.0 + 1e-9, "{finished}");
    assert!(finished["baselines"]["uniform"]["cost"]["bits"]["value"].is_number(), "{finished}");
}

#[test]
fn shipped_profiles_parse_and_the_quickstart_is_complete() {
    for entry in std::fs::read_dir(root().join("profiles")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "ron") {
            let text = std::fs::read_to_string(&path).unwrap();
            let profile =
                attune_core::profile::Profile::parse(&path.display().to_string(), &text, &[]).unwrap();
            assert_eq!(path.file_stem().unwrap().to_str(), Some(profile.name.as_str()));
        }
    }
    let place = Place::new();
    let quickstart = root().join("profiles/quickstart.ron").display().to_string();
    // The real profile, cut short: paths, options and splits are the shipped ones.
    let output = place.attune(&[
        "run",
        &quickstart,
        "--trials",
        "10",
        "--set",
        "items=1",
        "--set",
        "report.items=2",
        "--set",
        "report.random=2",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("On other domains"), "{}", stdout(&output));
}
