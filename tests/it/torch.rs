//! Studies by `attune-torch`, through the command line. They need the virtual environment that `.ci/python` makes, and pass
//! without it (`--nocapture` shows that; `.ci/run` says it at its end).

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Place, events, refused, root, stderr};

/// The Python that has torch, transformers and Ray: that of `ATTUNE_VENV`, or of the folder that `.ci/run` names; else why there is
/// none.
pub(crate) fn python() -> Result<PathBuf, String> {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/attune-venv");
    let python = env::var_os("ATTUNE_VENV").map_or_else(home, PathBuf::from).join("bin/python");
    let program = "import sys, importlib.util as u\n\
                   sys.exit(any(u.find_spec(name) is None for name in ('torch', 'transformers', 'ray')))";
    match Command::new(&python).args(["-c", program]).status() {
        Ok(status) if status.success() => Ok(python),
        _ => Err(format!(
            "{} has no torch, transformers and ray (`.ci/python FOLDER` makes it, ATTUNE_VENV names it)",
            python.display()
        )),
    }
}

/// Has a command find the packages of this repository, and compute with one thread.
pub(crate) fn with_packages(mut command: Command, python: &Path) -> Command {
    let packages = ["attune-worker", "attune-torch"].map(|name| root().join("python").join(name).join("src"));
    command.env("ATTUNE_PYTHON", python).env("PYTHONPATH", env::join_paths(packages).unwrap());
    command.envs([("OMP_NUM_THREADS", "1"), ("HF_HUB_OFFLINE", "1"), ("TOKENIZERS_PARALLELISM", "false")]);
    command
}

/// What `whole_way.py` says of these families.
fn script(python: &Path, what: &str, folder: &Path, families: &[&str]) -> String {
    let file = root().join("python/attune-torch/tests/whole_way.py");
    let mut command = with_packages(Command::new(python), python);
    let output = command.arg(file).arg(what).arg(folder).args(families).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

const STUDY: &str = r#"(
    version: 1,
    name: "whole",
    model: "MODEL",
    evaluator: (name: "torch", options: {"dtype": "float32"}),
    technique: (name: "expert-pruning", options: {"keep": 4}),
    task: (
        selection: "TEXTS/prose.selection.txt",
        report: "TEXTS/prose.report.txt",
        length: 16,
    ),
    trials: 12,
    items: 2,
    seed: 7,
    report: (items: 2, random: 2),
)
"#;

/// A small study of a model by the worker.
pub(crate) fn profile(place: &Place, model: &Path, changes: &[(&str, &str)]) -> PathBuf {
    let texts = root().join("models/tiny-moe/data").display().to_string();
    let mut text = STUDY.replace("MODEL", &model.display().to_string()).replace("TEXTS", &texts);
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the profile");
        text = text.replace(from, to);
    }
    place.write("whole.ron", &text)
}

#[test]
fn a_hybrid_is_searched_over_the_layers_that_have_a_cache() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let place = Place::new();
    script(&python, "make", place.dir.path(), &["lfm2"]);
    let technique = (
        "(name: \"expert-pruning\", options: {\"keep\": 4})",
        "(name: \"kv-bits\", options: {\"sink\": 0, \"recent\": 1, \"group-size\": 8, \"average\": 8.0})",
    );
    let study = profile(&place, &place.path("lfm2"), &[technique, ("trials: 12", "trials: 4")]);
    let output =
        with_packages(place.command(&["run", &study.display().to_string(), "--json"]), &python).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let finished = events(&output).pop().unwrap();
    // Of three layers, the second has attention: keys and values of its heads, 16 bits each in the dense model.
    let cache = &finished["best"]["cost"]["cache"];
    assert_eq!(cache["dense"].as_f64(), Some(2.0 * 2.0 * 8.0 * 2.0), "{finished}");
    let edits = finished["best"]["plan"].as_array().unwrap();
    assert!(!edits.is_empty() && edits.iter().all(|edit| edit["layer"] == 1), "{edits:?}");
}

#[test]
fn a_mixture_that_the_native_evaluator_refuses_ends_as_a_checkpoint_that_is_the_candidate() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let families = ["minimax", "lfm2_moe"];
    let place = Place::new();
    script(&python, "make", place.dir.path(), &families);
    for family in families {
        let model = place.path(family);
        let named = ("name: \"whole\"", &*format!("name: {family:?}"));
        let native = ("(name: \"torch\", options: {\"dtype\": \"float32\"})", "(name: \"native\")");
        let native = profile(&place, &model, &[named, native]).display().to_string();
        refused(&place.attune(&["run", &native]), 2, &[family]);

        let attune = |args: &[&str]| {
            let output = with_packages(place.command(args), &python).output().unwrap();
            assert!(output.status.success(), "{family}: {}", stderr(&output));
            output
        };
        let study = profile(&place, &model, &[named]).display().to_string();
        let finished = events(&attune(&["run", &study, "--json"])).pop().unwrap();
        assert_eq!((&finished["event"], &finished["trials"]), (&"finished".into(), &12.into()));
        let frequency = &finished["baselines"]["frequency"]["report"]["kl"]["mean"];
        assert!(frequency.as_f64().unwrap() > 0.0, "{finished}");
        place.write(&format!("{family}.json"), &finished["best"]["plan"].to_string());
        let out = place.path(&format!("{family}.exported")).display().to_string();
        attune(&["export", family, "--to", "hf", "--out", &out]);
    }
    let compared: Value =
        serde_json::from_str(&script(&python, "compare", place.dir.path(), &families)).unwrap();
    for family in families {
        let found = |what: &str| compared[family][what].as_f64().unwrap();
        assert!(found("apart") < 1e-5 && found("changed") > 1e-2, "{family}: {compared}");
    }
}
