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

fn config_with_longer_context(model: &Path) -> String {
    let text = fs::read_to_string(model.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    let context = config["max_position_embeddings"].as_u64().unwrap();
    config["max_position_embeddings"] = (2 * context).into();
    config.to_string()
}
