//! Folders move; a study knows its model by what it is.

use std::fs;
use std::path::Path;

use crate::support::{Place, refused, root, stderr};

/// A copy of the committed model, so that it can be moved.
fn copied(from: &str, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(root().join("models").join(from)).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn studied(place: &Place, model: &str) -> String {
    let committed = format!("model: \"{}\"", root().join("models/tiny-moe").display());
    let trials = ("trials: 24", "trials: 1");
    let profile = place.small_profile(&[(&committed, &format!("model: {model:?}")), trials]);
    place.run(&profile, &[]);
    profile.display().to_string()
}

fn exported(place: &Place, args: &[&str]) -> std::process::Output {
    place.attune(&[&["export", "small", "--to", "plan"], args].concat())
}

#[test]
fn a_moved_model_is_named_once_and_a_run_remembers_it() {
    let place = Place::new();
    copied("tiny-moe", &place.path("first"));
    let profile = studied(&place, "first");
    let journal = place.journal("small");
    fs::create_dir(place.path("far")).unwrap();
    fs::rename(place.path("first"), place.path("far/second")).unwrap();

    let gone = exported(&place, &["--out", "out"]);
    refused(&gone, 2, &["the model `first` of study `small` is no longer in ", "--model DIR"]);
    let named = exported(&place, &["--out", "out", "--model", "far/second"]);
    assert!(named.status.success(), "{}", stderr(&named));
    copied("tiny-moe", &place.path("other"));
    fs::write(place.path("other/config.json"), config_with_longer_context(&place.path("other"))).unwrap();
    let other = exported(&place, &["--out", "o", "--model", "other"]);
    refused(&other, 2, &["other is not the model of study `small`: its fingerprint is "]);

    let again = place.attune(&["run", &profile, "--model", "far/second"]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(place.journal("small"), journal, "the same study, which had ended");
    let remembered = exported(&place, &["--out", "out"]);
    assert!(remembered.status.success(), "{}", stderr(&remembered));
}

#[test]
fn a_project_that_moves_as_a_whole_stays_whole() {
    let place = Place::new();
    let before = Place { dir: tempfile::TempDir::new_in(place.dir.path()).unwrap() };
    copied("tiny-moe", &before.path("models/m"));
    studied(&before, "models/m");
    let after = place.path("moved");
    fs::rename(before.dir.path(), &after).unwrap();

    let [store, out] = ["store", "out"].map(|name| after.join(name).display().to_string());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_attune-under-test"))
        .args(["export", "small", "--to", "hf", "--out", &out, "--store", &store])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(Path::new(&out).join("model.safetensors").exists());
}

/// A project of its own: a model, texts beside the profile, and a store.
fn project(place: &Place) {
    copied("tiny-moe", &place.path("m"));
    let mut changes =
        vec![(format!("model: \"{}\"", root().join("models/tiny-moe").display()), "model: \"m\"")];
    for (name, file) in [("selection", "sel.txt"), ("report", "rep.txt")] {
        let text = root().join(format!("models/tiny-moe/data/prose.{name}.txt"));
        fs::create_dir_all(place.path("texts")).unwrap();
        fs::copy(&text, place.path("texts").join(file)).unwrap();
        changes.push((
            text.display().to_string(),
            if name == "selection" { "texts/sel.txt" } else { "texts/rep.txt" },
        ));
    }
    changes.push(("trials: 24".to_owned(), "trials: 1"));
    let changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (from.as_str(), *to)).collect();
    place.run(&place.small_profile(&changes), &[]);
}

#[test]
fn a_study_goes_on_after_its_texts_moved_with_the_profile_or_without() {
    let place = Place::new();
    let before = Place { dir: tempfile::TempDir::new_in(place.dir.path()).unwrap() };
    project(&before);
    // As a whole: nothing has to be said.
    let after = place.path("moved");
    fs::rename(before.dir.path(), &after).unwrap();
    let go_on = |folder: &Path, args: &[&str]| {
        let store = after.join("store").display().to_string();
        std::process::Command::new(env!("CARGO_BIN_EXE_attune-under-test"))
            .args(["continue", "small", "--trials", "2", "--store", &store])
            .args(args)
            .current_dir(folder)
            .output()
            .unwrap()
    };
    let whole = go_on(&root(), &[]);
    assert!(whole.status.success(), "{}", stderr(&whole));

    // The texts and the profile alone: the folder has to be named, and the message says how.
    let far = tempfile::TempDir::new().unwrap();
    fs::rename(after.join("texts"), far.path().join("texts")).unwrap();
    fs::rename(after.join("small.ron"), far.path().join("small.ron")).unwrap();
    let gone = go_on(&root(), &[]);
    let said = ["texts/sel.txt of study `small` is no longer there", "--base DIR", "on the screens: open it"];
    refused(&gone, 2, &said);
    let wrong = go_on(&root(), &["--base", &after.display().to_string()]);
    refused(&wrong, 2, &["texts/sel.txt for study `small`", "the folder of --base"]);
    let named = go_on(&root(), &["--base", &far.path().display().to_string()]);
    assert!(named.status.success(), "{}", stderr(&named));
    // That run is remembered.
    let again = go_on(&root(), &[]);
    assert!(again.status.success(), "{}", stderr(&again));
}

fn config_with_longer_context(model: &Path) -> String {
    let text = fs::read_to_string(model.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    let context = config["max_position_embeddings"].as_u64().unwrap();
    config["max_position_embeddings"] = (2 * context).into();
    config.to_string()
}
