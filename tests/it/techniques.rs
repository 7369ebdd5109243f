//! Techniques as people meet them: listed, shown, checked, and surviving the ones that misbehave.

use std::process::Output;

use crate::support::{Place, refused, root, stderr, stdout};

fn component(name: &str) -> String {
    root().join("plugins/fixtures").join(name).display().to_string()
}

/// A study with the fixture that does one thing wrong.
fn misbehave(how: &str) -> (Place, Output) {
    let place = Place::new();
    let name = component("misbehaving.wasm");
    let profile = place.small_profile(&[
        ("\"expert-pruning\"", &format!("\"{name}\"")),
        ("{\"keep\": 4}", &format!("{{\"how\": \"{how}\"}}")),
    ]);
    let output = place.attune(&["run", &profile.display().to_string()]);
    (place, output)
}

#[test]
fn a_component_that_loops_allocates_or_traps_ends_the_study_with_one_paragraph() {
    for (how, words) in [
        ("loop", &["misbehaving", "`space`", "fuel"][..]),
        ("allocate", &["misbehaving", "`space`", "memory"]),
        ("panic", &["misbehaving", "`space`", "trapped"]),
        ("recurse", &["misbehaving", "`space`", "stack"]),
        ("huge-output", &["misbehaving", "`space`", "returned more than"]),
        ("bad-space", &["misbehaving", "`space`", "do not ascend"]),
    ] {
        let (_place, output) = misbehave(how);
        refused(&output, 1, words);
        let paragraph = stderr(&output).lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(paragraph, 1, "{}", stderr(&output));
    }
}

#[test]
fn failing_plans_fail_their_trials_and_the_message_names_the_edit() {
    for (how, code, words) in [
        ("unknown-edit", 2, &["edit `teleport`", "evaluator `native` does not bring"][..]),
        ("lacking-edit", 1, &["lacks the argument `experts`"]),
        ("nan-cost", 1, &["NaN"]),
    ] {
        let (place, output) = misbehave(how);
        refused(&output, code, words);
        // Failed trials are results too: they are in the store, and looking is still possible.
        assert!(place.attune(&["studies"]).status.success());
    }
}

#[test]
fn files_that_are_no_techniques_are_refused_in_plain_words() {
    let place = Place::new();
    let text = place.write("story.wasm", "once upon a time").display().to_string();
    refused(&place.attune(&["technique", "check", &text]), 2, &["story.wasm", "not WebAssembly"]);
    refused(&place.attune(&["technique", "check", "nowhere.wasm"]), 2, &["nowhere.wasm"]);
    refused(&place.attune(&["technique", "show", "kv-bit"]), 2, &["did you mean `kv-bits`?"]);
}

#[test]
fn built_in_techniques_are_listed_and_explain_their_options() {
    let place = Place::new();
    let list = stdout(&place.attune(&["technique", "list"]));
    assert!(list.contains("expert-pruning") && list.contains("kv-bits"), "{list}");
    let shown = stdout(&place.attune(&["technique", "show", "expert-pruning"]));
    for word in ["keep", "groups", "expert-frequency", "keep-experts", "a whole number from"] {
        assert!(shown.contains(word), "`{word}` is not in:\n{shown}");
    }
}

#[test]
fn checking_a_sound_component_says_so_and_an_old_one_still_loads() {
    let place = Place::new();
    for name in ["example.wasm", "technique-0.1.wasm", "technique-0.2.wasm"] {
        let output = place.attune(&["technique", "check", &component(name)]);
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn the_doctor_lists_devices_techniques_and_a_sound_store() {
    let place = Place::new();
    assert!(stdout(&place.attune(&["doctor"])).contains("none yet"));
    place.run(&place.small_profile(&[]), &["--trials", "3"]);
    let output = place.attune(&["doctor"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    for word in ["cpu", "expert-pruning", "small: 3 trials", "sound"] {
        assert!(text.contains(word), "`{word}` is not in:\n{text}");
    }
}

#[test]
fn the_doctor_says_where_profiles_are_looked_for() {
    let place = Place::new();
    assert!(stdout(&place.attune(&["doctor"])).contains("come with attune"));
    let typo = place.path("shrae");
    let output = place.command(&["doctor"]).env("ATTUNE_SHARE", &typo).output().unwrap();
    let text = stdout(&output);
    let expected =
        format!("Profiles {}\n  none: the screens list only your own", typo.join("profiles").display());
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn a_damaged_database_is_rebuilt_from_the_journals() {
    let place = Place::new();
    let profile = place.small_profile(&[]);
    place.run(&profile, &[]);
    let journal = place.journal("small");
    for entry in std::fs::read_dir(place.path("store/db-v2")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::write(path, b"not a database").unwrap();
        }
    }
    refused(&place.attune(&["run", &profile.display().to_string()]), 1, &["damaged", "doctor --repair"]);
    let repair = place.attune(&["doctor", "--repair"]);
    assert!(repair.status.success(), "{}{}", stdout(&repair), stderr(&repair));
    let again = place.run(&profile, &[]);
    assert!(!again.iter().any(|event| event["event"] == "trial_finished"), "it evaluated again");
    assert_eq!(place.journal("small"), journal);
}

#[test]
fn completions_know_the_commands() {
    let place = Place::new();
    let script = stdout(&place.attune(&["completions", "bash"]));
    assert!(script.contains("COMPLETE") && script.contains("attune"), "{script}");
    let mut asked = std::process::Command::new(env!("CARGO_BIN_EXE_attune-under-test"));
    let offered = stdout(&asked.env("COMPLETE", "fish").args(["--", "attune", ""]).output().unwrap());
    assert!(offered.contains("export\t") && offered.contains("technique\t"), "{offered}");
}
