//! The shape of the workspace: arrows point at `core`, heavy dependencies live in one crate each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Direct dependencies of every workspace package, by package name; with or without dev-dependencies.
fn graph(with_dev: bool) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let wanted = |dependency: &&serde_json::Value| with_dev || dependency["kind"] != "dev";
            let dependencies = package["dependencies"].as_array().unwrap().iter().filter(wanted);
            (text(&package["name"]), dependencies.map(|dependency| text(&dependency["name"])).collect())
        })
        .collect()
}

#[test]
fn only_the_library_in_front_and_what_is_above_it_see_more_than_core() {
    for (package, dependencies) in graph(false) {
        if ["attune", "attune-cli", "attune-tests", "xtask"].contains(&package.as_str()) {
            continue;
        }
        let ours: Vec<&String> = dependencies.iter().filter(|name| name.starts_with("attune")).collect();
        let may: &[&str] = match package.as_str() {
            "attune-core" | "attune-grids" | "attune-random" => &[],
            // Systems that are no models name nothing of attune.
            "attune-checkpoint-codec"
            | "attune-frame-rate"
            | "attune-memory-plan"
            | "attune-node-sleep"
            | "attune-queue-policy" => &["attune-random"],
            "attune-files" | "attune-testkit" => &["attune-core"],
            // What `attune technique check` says is what the suite finds.
            "attune-plugins" => &["attune-core", "attune-files", "attune-testkit", "attune-vocabulary"],
            // What config.json and tensors of a family mean, and nothing of plans.
            "attune-families" => &["attune-core", "attune-files", "attune-vocabulary"],
            "attune-vocabulary" => &["attune-core", "attune-files", "attune-grids"],
            // Neither knows what a plan does to a model.
            "attune-search" | "attune-store" => &["attune-core", "attune-files"],
            // Processes that evaluate: what they are told and what they say, and nothing of models or stores.
            "attune-workers" => &["attune-core", "attune-vocabulary"],
            // The screens stand on the library, as every other view.
            "attune-tui" => &["attune", "attune-core", "attune-vocabulary"],
            _ => &["attune-core", "attune-files", "attune-grids", "attune-vocabulary", "attune-families"],
        };
        assert!(ours.iter().all(|name| may.contains(&name.as_str())), "sideways edge in {package}: {ours:?}");
    }
}

#[test]
fn heavy_dependencies_live_in_one_crate_each() {
    let homes = [
        ("wasmtime", "attune-plugins"),
        ("wit-component", "attune-author"),
        ("sled", "attune-store"),
        ("ratatui", "attune-tui"),
        ("burn", "attune-eval"),
        ("tokenizers", "attune-eval"),
        // Groups of processes.
        ("rustix", "attune-workers"),
    ];
    for (package, dependencies) in graph(true) {
        for (dependency, home) in homes {
            let named = dependencies
                .iter()
                .any(|name| name == dependency || name.starts_with(&format!("{dependency}-")));
            assert!(!named || package == home, "{package} names {dependency}, which lives in {home}");
        }
    }
}

#[test]
fn core_needs_no_operating_system() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::thread",
        "std::process",
        "std::time::Instant",
        "SystemTime",
        "std::env",
    ];
    for file in rust_files(&root().join("core/src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in forbidden {
            assert!(!text.contains(word), "{} uses {word}", file.display());
        }
    }
}

#[test]
fn core_knows_nothing_of_what_is_evaluated() {
    let words = ["expert", "layer", "token", "image", "passkey", "pass key"];
    // What people read about the keys of a profile, with examples.
    let exceptions = ["profile/schema/entries.rs"];
    for file in rust_files(&root().join("core/src")) {
        if exceptions.iter().any(|exception| file.ends_with(exception)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            // A comment may name one as an example, and as a name in backticks.
            let said: String = match is_comment {
                true if line.contains("example") => continue,
                true => line.split('`').step_by(2).collect(),
                false => line.to_owned(),
            };
            let said = said.to_lowercase();
            let found = words.iter().find(|word| said.contains(**word));
            assert!(found.is_none(), "{}:{}: core says {found:?}", file.display(), number + 1);
        }
    }
}

#[test]
fn files_stay_small() {
    let folders = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.filter(|folder| folder.join("Cargo.toml").is_file()) {
        for file in rust_files(&folder) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= 800, "{} has {lines} lines, at most 800", file.display());
        }
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let here = root().join("tests/it");
    for file in rust_files(&here) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = file.parent().unwrap();
        let owner = if folder == here { here.join("main.rs") } else { folder.with_extension("rs") };
        let text = std::fs::read_to_string(&owner).unwrap();
        let named = text.contains(&format!("mod {name};"));
        assert!(file == owner || named, "{} is not in {}", file.display(), owner.display());
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
