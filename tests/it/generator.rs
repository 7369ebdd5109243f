//! The second family of models: image generators whose checkpoints are mixed.

use std::ops::ControlFlow;

use attune_core::evaluator::{Evaluator as _, Request, Split};
use attune_core::plan::Plan;
use attune_core::scores::Scores;
use attune_eval::diffusion::{GeneratorEvaluator, GeneratorSpec, ImageSpec};
use serde_json::Value;

use crate::support::{Place, refused, root, stderr, stdout};

/// The shipped profile, small: `changes` are made to its text.
fn profile(place: &Place, changes: &[(&str, &str)]) -> std::path::PathBuf {
    let models = root().join("models").display().to_string();
    let mut text = std::fs::read_to_string(root().join("profiles/digits-checkpoint-mix.ron")).unwrap();
    let small = [
        ("../models", models.as_str()),
        ("samples: 256", "samples: 64"),
        ("trials: 400", "trials: 30"),
        ("items: 8", "items: 2"),
        ("(items: 64, random: 30)", "(items: 3, random: 2)"),
    ];
    for (from, to) in small.iter().chain(changes) {
        assert!(text.contains(from), "{from} is not in the profile");
        text = text.replace(from, to);
    }
    place.write("digits.ron", &text)
}

#[test]
fn every_strategy_for_coefficients_runs_to_its_table() {
    for strategy in ["cma-es", "lcsc", "evolution", "random"] {
        let place = Place::new();
        let events = place.run(&profile(&place, &[("\"cma-es\"", &format!("\"{strategy}\""))]), &[]);
        let finished = events.last().unwrap();
        assert_eq!(finished["trials"], 30, "{strategy}");
        let best = &finished["best"];
        let layers = best["config"]["coefficients"].as_array().unwrap();
        assert_eq!(layers.len(), 5, "{strategy}");
        for coefficients in layers.iter().map(|layer| layer.as_array().unwrap()) {
            let sum: f64 = coefficients.iter().map(|number| number.as_f64().unwrap()).sum();
            assert!(coefficients.len() == 12 && (sum - 1.0).abs() < 1e-6, "{strategy}: {coefficients:?}");
        }
        assert!(best["report"]["kernel-distance"]["mean"].is_number(), "{strategy}");
        for name in ["dense", "last", "mean", "ema-0.5", "checkpoint-0", "checkpoint-10", "random"] {
            let delta = &finished["baselines"][name]["delta"]["frechet"]["mean"];
            assert!(delta.is_number(), "{strategy}, {name}: {}", finished["baselines"][name]);
        }
        let of = |name: &str| finished["baselines"][name]["report"]["frechet"]["mean"].as_f64();
        assert_eq!(of("dense"), of("last"), "{strategy}");
    }
}

/// Scores of a model folder, as it is, on the report data of the small profile.
fn scores(model: &std::path::Path, plan: Plan) -> Scores {
    let digits = root().join("models/tiny-digits");
    let task = ImageSpec {
        classifier: digits.join("classifier"),
        selection: digits.join("data/digits.selection.safetensors"),
        report: digits.join("data/digits.report.safetensors"),
        elsewhere: [].into(),
        samples: 64,
    };
    let spec = GeneratorSpec { model, device: "cpu", task, activation_memory: None };
    let evaluator = GeneratorEvaluator::open(&spec).unwrap();
    let request = Request::new(Split::Report, vec![0, 1, 2]);
    let mut found = None;
    evaluator
        .evaluate(&[plan], &request, &mut |_, outcome| {
            found = Some(outcome.unwrap().scores);
            ControlFlow::Continue(())
        })
        .unwrap();
    found.unwrap()
}

#[test]
fn the_exported_mixture_is_one_checkpoint_and_scores_as_the_plan() {
    for groups in ["1", "0"] {
        let place = Place::new();
        let profile = profile(&place, &[("\"groups\": 0", &format!("\"groups\": {groups}"))]);
        let finished = place.run(&profile, &[]).pop().unwrap();
        let out = place.path("mixed");
        let export = ["export", "digits-checkpoint-mix", "--to", "hf", "--out", &out.display().to_string()];
        let output = place.attune(&export);
        assert!(output.status.success(), "{}", stderr(&output));
        let config: Value = serde_json::from_slice(&std::fs::read(out.join("config.json")).unwrap()).unwrap();
        assert!(config["checkpoints"].is_null() && config["model_type"] == "attune_denoiser", "{config}");

        let alone = scores(&out, Plan::empty());
        for (name, metric) in &alone.metrics {
            let planned = finished["best"]["report"][name]["mean"].as_f64().unwrap();
            assert!(
                (metric.value() - planned).abs() < 1e-9,
                "{name}: {} exported, {planned} planned",
                metric.value()
            );
        }
        assert_ne!(alone, scores(&root().join("models/tiny-digits"), Plan::empty()), "nothing was mixed");
    }
}

#[test]
fn models_tasks_and_techniques_that_do_not_fit_are_told_apart() {
    let place = Place::new();
    let run = |path: &std::path::Path| place.attune(&["run", &path.display().to_string()]);
    let digits = root().join("models/tiny-digits").display().to_string();
    let moe = root().join("models/tiny-moe").display().to_string();

    let text = place.small_profile(&[(&format!("model: \"{moe}\""), &format!("model: \"{digits}\""))]);
    refused(&run(&text), 2, &["task.length", "a task of kind \"images\"", "of evaluator `generator`"]);
    let said = [
        ("task: (", "task: (kind: \"text\", "),
        (&format!("model: \"{moe}\""), &format!("model: \"{digits}\"")),
    ];
    refused(
        &run(&place.small_profile(&said)),
        2,
        &["task.kind", "expected \"images\"", "`generator`", "one of `native`"],
    );
    let images = profile(&place, &[(&format!("model: \"{digits}\""), &format!("model: \"{moe}\""))]);
    refused(&run(&images), 2, &["task.kind", "expected \"text\"", "`native`", "one of `generator`"]);

    let mix = (
        "technique: (name: \"expert-pruning\", options: {\"keep\": 4})",
        "technique: (name: \"checkpoint-mix\")",
    );
    refused(&run(&place.small_profile(&[mix])), 2, &["tiny-moe", "has one checkpoint", "checkpoint-mix"]);
    for (technique, words) in [("expert-pruning", "no experts to prune"), ("kv-bits", "no key/value cache")] {
        let changes =
            [("\"checkpoint-mix\"", format!("\"{technique}\"")), ("{\"groups\": 0}", "{}".to_owned())];
        let changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
        refused(&run(&profile(&place, &changes)), 2, &["tiny-digits", words]);
    }
    let many = profile(&place, &[("\"groups\": 0", "\"groups\": 6")]);
    refused(&run(&many), 2, &["`groups` is 6", "5 layers"]);

    let doctor = stdout(&place.attune(&["doctor"]));
    assert!(doctor.contains("checkpoint-mix"), "{doctor}");
}
