//! Exports that an engine runs: `attune export --verify`. Transformers is in the virtual environment that `.ci/python` makes; what
//! needs it passes without (`--nocapture` shows that; `.ci/run` says it at its end).

use std::env;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Place, refused, root, stderr, stdout};
use crate::torch;

/// `attune export … --verify`, with the packages of this repository.
fn verify(place: &Place, python: &Path, args: &[&str]) -> Output {
    with_engines(place.command(&[&["export"], args, &["--verify"]].concat()), python, None).output().unwrap()
}

/// Has a command find the package that asks engines, and a folder with modules that come first.
fn with_engines(command: Command, python: &Path, first: Option<&Path>) -> Command {
    let mut command = torch::with_packages(command, python);
    let packages = ["attune-engines", "attune-worker", "attune-torch"];
    let packages = packages.map(|name| root().join("python").join(name).join("src"));
    let paths = first.map(Path::to_owned).into_iter().chain(packages);
    command.env("PYTHONPATH", env::join_paths(paths).unwrap());
    command
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_pruned_checkpoint_is_what_was_scored_and_the_engine_says_so() {
    let python = match torch::python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let place = Place::new();
    place.run(&place.small_profile(&[]), &[]);
    let out = place.path("pruned").display().to_string();
    let output = verify(&place, &python, &["small", "--to", "hf", "--out", &out]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.contains("verified: Transformers ") && text.contains("it computes what was scored"),
        "{text}"
    );

    let verified = &json(&place.path("pruned/attune-export.json"))["verified"];
    assert_eq!((&verified["verdict"], &verified["engine"]), (&"agrees".into(), &"Transformers".into()));
    let differs = |what: &str| verified[what]["max_difference"].as_f64().unwrap();
    assert!(differs("with_plan") < 1e-3 && differs("without_plan") > 0.1, "{verified}");
    assert_eq!((&verified["items"], &verified["split"]), (&8.into(), &"report".into()));
    let left = std::fs::read_dir(place.dir.path()).unwrap().flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().contains("attune-verify")));

    // The manifest is still that of an export, which may be replaced.
    let output = verify(&place, &python, &["small", "--to", "hf", "--out", &out, "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["verified"]["verdict"], "agrees");
    assert!(
        said["files"]
            .as_array()
            .unwrap()
            .iter()
            .any(|file| file["path"].as_str().unwrap().ends_with("config.json"))
    );
}

/// Has the engine negate a weight of what it loads, but for the model itself.
const TAMPERING: &str = r#"
import attune_engines.engines.transformers as engine

load = engine._load

def tampered(folder, *rest):
    model = load(folder, *rest)
    if "tiny-moe" not in str(folder):
        weight = model.model.layers[1].self_attn.o_proj.weight
        weight.requires_grad_(False).neg_()
    return model

engine._load = tampered
"#;

#[test]
fn an_engine_that_computes_something_else_is_exit_code_1_and_says_what() {
    let python = match torch::python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let place = Place::new();
    place.run(&place.small_profile(&[]), &[]);
    let first = place.path("first");
    std::fs::create_dir(&first).unwrap();
    std::fs::write(first.join("sitecustomize.py"), TAMPERING).unwrap();
    let out = place.path("pruned").display().to_string();
    let command = place.command(&["export", "small", "--to", "hf", "--out", &out, "--verify"]);
    let output = with_engines(command, &python, Some(&first)).output().unwrap();
    refused(
        &output,
        1,
        &["does not compute what was scored", "log p of a next token is off by up to", "report item"],
    );
    assert!(stdout(&output).contains("DIFFERS from what was scored"), "{}", stdout(&output));
    assert_eq!(json(&place.path("pruned/attune-export.json"))["verified"]["verdict"], "differs");
}

/// Has the engine take nothing.
const REFUSING: &str = r#"
import attune_engines.engines.transformers as engine
from attune_engines.engine import EngineError

def refused(folder, *rest):
    raise EngineError(f"{folder}: not today")

engine._load = refused
"#;

#[test]
fn an_engine_that_refuses_the_folder_is_exit_code_1_and_the_files_and_their_manifest_say_so() {
    let python = match torch::python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let place = Place::new();
    place.run(&place.small_profile(&[]), &[]);
    let first = place.path("first");
    std::fs::create_dir(&first).unwrap();
    std::fs::write(first.join("sitecustomize.py"), REFUSING).unwrap();
    let out = place.path("pruned").display().to_string();
    let command = place.command(&["export", "small", "--to", "hf", "--out", &out, "--verify"]);
    let output = with_engines(command, &python, Some(&first)).output().unwrap();
    refused(&output, 1, &["refuses", "not today", "the files stay in", &out]);
    let verified = &json(&place.path("pruned/attune-export.json"))["verified"];
    assert_eq!(verified["verdict"], "refused");
    assert!(verified["why"].as_str().unwrap().contains("not today"), "{verified}");
}

#[test]
fn the_evaluator_of_another_process_says_what_was_scored_as_well() {
    let python = match torch::python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let place = Place::new();
    let profile = torch::profile(&place, &root().join("models/tiny-moe"), &[("\"float32\"", "\"auto\"")]);
    let run = with_engines(place.command(&["run", &profile.display().to_string(), "--json"]), &python, None)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    let out = place.path("pruned").display().to_string();
    let output = verify(&place, &python, &["whole", "--to", "hf", "--out", &out, "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let evaluator = said["verified"]["evaluator"].as_str().unwrap();
    assert!(evaluator.starts_with("torch (") && evaluator.contains("float32"), "{evaluator}");
    assert_eq!(said["verified"]["verdict"], "agrees");
}

#[test]
fn whoever_lacks_the_engine_is_told_what_brings_it_before_anything_is_written() {
    let python = match torch::python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let place = Place::new();
    place.run(&place.small_profile(&[]), &[]);
    let out = place.path("pruned").display().to_string();
    // A Python without the package.
    let mut command = place.command(&["export", "small", "--to", "hf", "--out", &out, "--verify"]);
    let output = command.env("ATTUNE_ENGINES_PYTHON", &python).env_remove("PYTHONPATH").output().unwrap();
    refused(&output, 2, &["attune-engines", "`pip install ./python/attune-engines`", "nothing was exported"]);
    // The package, without the engine of this target.
    let bits = place.small_profile(&[
        ("name: \"small\"", "name: \"bits\""),
        ("expert-pruning", "weight-bits"),
        ("{\"keep\": 4}", "{\"average\": 6.0, \"group-size\": 32}"),
        ("trials: 24", "trials: 2, target: \"mlx\""),
    ]);
    place.run(&bits, &[]);
    let output = verify(&place, &python, &["bits", "--approximate", "--out", &out]);
    refused(
        &output,
        2,
        &["no engine of `--to mlx` is installed", "mlx-lm` brings mlx-lm", "nothing was exported"],
    );
    assert!(!place.path("pruned").exists());
}

#[test]
fn a_plan_is_verified_by_reading_it_back() {
    let place = Place::new();
    place.run(&place.small_profile(&[]), &[]);
    let out = place.path("plan").display().to_string();
    let output = place.attune(&["export", "small", "--to", "plan", "--out", &out, "--verify"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("verified: attune"), "{}", stdout(&output));
}

/// Has something that sums as mergekit does in its place, for documents of weights by filters.
const SUMS: &str = r#"
import os, sys
import attune_engines.engines.mergekit as engine

engine.Mergekit.version = lambda self: "0.1.5"
engine.PROGRAM = "sitecustomize"
OFF = float(os.environ.get("OFF", "0"))

def main():
    import numpy as np, yaml
    from safetensors.numpy import load_file, save_file
    document, out = sys.argv[1:]
    total = {}
    for model in yaml.safe_load(open(document))["models"]:
        weight = model["parameters"]["weight"]
        entries = weight if isinstance(weight, list) else [{"value": weight}]
        for name, one in load_file(model["model"]).items():
            if one.size:
                value = next(entry["value"] for entry in entries if entry.get("filter", "") in name)
                total[name] = total.get(name, np.float32(0)) + one * np.float32(value + OFF)
    save_file(total, os.path.join(out, "model.safetensors"))
"#;

#[test]
fn a_document_is_verified_by_what_is_made_of_it() {
    let python = match torch::python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let place = Place::new();
    let digits = root().join("models/tiny-digits").display().to_string();
    let profile = format!(
        r#"(version: 1, name: "mix", model: "{digits}", technique: (name: "checkpoint-mix", options: {{"groups": 0}}),
            task: (kind: "images", selection: "{digits}/data/digits.selection.safetensors",
                   report: "{digits}/data/digits.report.safetensors", classifier: "{digits}/classifier", samples: 16),
            objectives: [(metric: "frechet", direction: minimise)], trials: 2, items: 2, seed: 7,
            report: (items: 2, random: 1))"#
    );
    place.run(&place.write("mix.ron", &profile), &[]);
    let first = place.path("first");
    std::fs::create_dir(&first).unwrap();
    std::fs::write(first.join("sitecustomize.py"), SUMS).unwrap();
    let out = place.path("mixed").display().to_string();
    let command = || {
        let command = place.command(&["export", "mix", "--to", "mergekit", "--out", &out, "--verify"]);
        with_engines(command, &python, Some(&first))
    };
    let output = command().output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("verified: mergekit-pytorch 0.1.5: it makes the exported checkpoint"), "{text}");
    let verified = &json(&place.path("mixed/attune-export.json"))["verified"];
    assert_eq!(verified["verdict"], "agrees");
    let differs = |what: &str| verified[what]["max_difference"].as_f64().unwrap();
    assert!(differs("with_plan") < 1e-5 && differs("without_plan") > 1e-3, "{verified}");

    let output = command().env("OFF", "0.001").output().unwrap();
    refused(&output, 1, &["a number of what it makes is off by", "expected at most"]);
    assert_eq!(json(&place.path("mixed/attune-export.json"))["verified"]["verdict"], "differs");
}
