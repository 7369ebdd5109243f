//! Studies as things that one can handle, through the command line.

use serde_json::Value;

use crate::support::{Place, events, refused, stderr, stdout};

fn json(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_study_is_removed_only_when_somebody_agrees_and_its_evaluations_stay() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 4")]);
    let first = place.run(&profile, &[]);
    refused(&place.attune(&["studies", "rm", "small"]), 2, &["--yes"]);
    let would = place.attune(&["studies", "rm", "small"]);
    assert!(stdout(&would).contains("would remove study `small`: 4 trials, finished"), "{}", stdout(&would));
    assert!(stdout(&place.attune(&["studies"])).contains("small"));

    let removed = place.attune(&["studies", "rm", "small", "--yes"]);
    assert!(removed.status.success(), "{}", stderr(&removed));
    assert!(!stdout(&place.attune(&["studies"])).contains("expert-pruning"));
    refused(&place.attune(&["studies", "rm", "small", "--yes"]), 2, &["there is no study `small`"]);

    // The same study again: the same bytes, and nothing is evaluated.
    let again = place.run(&profile, &[]);
    let (first, again) = (first.last().unwrap(), again.last().unwrap());
    assert_eq!(first["best"], again["best"]);
    assert!(again["work"]["computed"].as_u64() <= first["work"]["measuring"].as_u64());
}

#[test]
fn a_renamed_and_a_copied_study_go_on_under_their_names() {
    let place = Place::new();
    let undisturbed = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 4")]);
    place.run(&profile, &[]);
    let journal = place.journal("small");
    assert!(place.attune(&["studies", "mv", "small", "other"]).status.success());
    assert!(place.attune(&["studies", "cp", "other", "copy"]).status.success());
    assert_eq!((place.journal("other"), place.journal("copy")), (journal.clone(), journal));
    refused(&place.attune(&["studies", "mv", "copy", "other"]), 2, &["a study `other` already"]);
    refused(&place.attune(&["studies", "cp", "copy", "no name"]), 2, &["`no name` is no name for a study"]);
    for name in ["other", "copy"] {
        assert_eq!(json(&place.attune(&["show", name, "--json"]))["study"], name);
    }

    // A copy has a life of its own, and goes on as the study would have.
    let longer = place.attune(&["continue", "copy", "--trials", "8", "--json"]);
    assert!(longer.status.success(), "{}", stderr(&longer));
    assert_eq!(json(&place.attune(&["show", "other", "--json"]))["trials"], 4);
    undisturbed.run(&undisturbed.small_profile(&[("trials: 24", "trials: 4")]), &[]);
    undisturbed.run(&undisturbed.small_profile(&[("trials: 24", "trials: 8")]), &[]);
    assert_eq!(place.journal("copy"), undisturbed.journal("small"));
}

#[test]
fn a_study_goes_on_without_its_profile() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 4")]);
    place.run(&profile, &["--set", "items=1"]);
    std::fs::remove_file(&profile).unwrap();
    let longer = place.attune(&["continue", "small", "--trials", "6", "--json"]);
    assert!(longer.status.success(), "{}", stderr(&longer));
    let events = events(&longer);
    assert_eq!(
        (&events[0]["resumed"], &events.last().unwrap()["trials"]),
        (&Value::from(4), &Value::from(6))
    );
    // Without a number, what the last run was to reach: nothing is left to do.
    let again = place.attune(&["continue", "small"]);
    assert!(again.status.success() && stdout(&again).contains("6 trials"), "{}", stdout(&again));
    refused(&place.attune(&["continue", "smal"]), 2, &["did you mean `small`"]);

    // As an older attune left it, which did not note where the profile was.
    std::fs::remove_file(place.path("store/runs/small.jsonl")).unwrap();
    refused(&place.attune(&["continue", "small"]), 2, &["study `small`", "--base DIR"]);
    let told = place.attune(&["continue", "small", "--base", "."]);
    assert!(told.status.success(), "{}", stderr(&told));
}

#[test]
fn two_studies_are_compared_side_by_side() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 4")]);
    place.run(&profile, &[]);
    place.run(&profile, &["--study", "other", "--seed", "8"]);
    place.run(&profile, &["--study", "twin"]);
    let both = json(&place.attune(&["compare", "small", "other", "--json"]));
    assert_eq!((&both["a"]["study"], &both["b"]["study"]), (&Value::from("small"), &Value::from("other")));
    assert_eq!((&both["a"]["seed"], &both["b"]["seed"]), (&Value::from(7), &Value::from(8)));
    assert_eq!(both["same_data"], true);
    let text = place.attune(&["compare", "small", "twin"]);
    assert!(stdout(&text).contains("Their configs are the same."), "{}", stdout(&text));
    for word in ["technique", "seed", "kl", "found", "Δ kl to dense"] {
        assert!(stdout(&text).contains(word), "{word}: {}", stdout(&text));
    }
    refused(&place.attune(&["compare", "small", "nothing"]), 2, &["there is no study `nothing`"]);
}

#[test]
fn a_study_that_is_refused_leaves_no_trace() {
    let place = Place::new();
    for change in [
        ("\"keep\": 4", "\"keep\": 400"),
        ("prose.selection.txt", "nothing.txt"),
        ("items: 2", "items: 999999"),
    ] {
        let profile = place.small_profile(&[change]).display().to_string();
        refused(&place.attune(&["run", &profile]), 2, &[]);
        assert!(!place.path("store").exists(), "{change:?}");
    }
}

#[test]
fn show_refuses_what_run_refuses() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 6")]).display().to_string();
    assert!(place.attune(&["run", &profile]).status.success());
    let path = place.path("store/journal/small.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let write = |order: &[usize]| {
        let text: String = order.iter().map(|line| format!("{}\n", lines[*line])).collect();
        std::fs::write(&path, text).unwrap();
        // Whoever refuses the journal early takes no lock.
        let _ = std::fs::remove_file(place.path("store/locks/small"));
    };
    let all: Vec<usize> = (0..lines.len()).collect();
    let mut swapped = all.clone();
    swapped.swap(3, 4);
    let missing: Vec<usize> = all.iter().copied().filter(|line| *line != 3).collect();
    for order in [swapped, missing] {
        write(&order);
        for command in [vec!["show", "small"], vec!["run", &profile], vec!["compare", "small", "small"]] {
            let output = place.attune(&command);
            assert!(!output.status.success(), "{command:?}");
            let message = stderr(&output);
            assert!(message.contains("at line 4: found trial 3, expected trial 2"), "{command:?}: {message}");
        }
        refused(&place.attune(&["doctor"]), 1, &[]);
    }
}
