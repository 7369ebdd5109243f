//! The committed generator against the torch reference, and candidates against themselves in other company.

use std::path::{Path, PathBuf};
use std::time::Duration;

use attune_core::evaluator::Split;
use attune_core::plan::{CombineCheckpoints, KeepExperts};
use attune_core::scores::Scores;
use attune_core::signal::SignalRequest;
use burn_tensor::Tensor;
use safetensors::SafeTensors;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::network::Network;
use super::task::host;
use super::*;
use crate::native::score::Limit;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn spec() -> ImageSpec {
    let model = root().join("models/tiny-digits");
    ImageSpec {
        classifier: model.join("classifier"),
        selection: model.join("data/digits.selection.safetensors"),
        report: model.join("data/digits.report.safetensors"),
        elsewhere: [].into(),
        samples: 32,
    }
}

fn open(activation_memory: Option<u64>) -> GeneratorEvaluator {
    let model = root().join("models/tiny-digits");
    let spec = GeneratorSpec { model: &model, device: "cpu", task: spec(), activation_memory };
    GeneratorEvaluator::open(&spec).unwrap()
}

fn mix(layer: Option<u32>, coefficients: Vec<f64>) -> Edit {
    Edit::CombineCheckpoints(CombineCheckpoints { layer, coefficients })
}

/// Twelve coefficients that sum to 1: `share` on checkpoint `at`, the rest on the next.
fn two(at: usize, share: f64) -> Vec<f64> {
    let mut coefficients = vec![0.0; 12];
    coefficients[at] = share;
    coefficients[at + 1] = 1.0 - share;
    coefficients
}

fn score(evaluator: &GeneratorEvaluator, plans: &[Plan], split: Split, items: &[u32]) -> Vec<Scores> {
    let request = Request::new(split, items.to_vec());
    let mut found = vec![None; plans.len()];
    let sink = &mut |index: usize, outcome: Result<Evaluation, EvalFailure>| {
        found[index] = Some(outcome.unwrap().scores);
        ControlFlow::Continue(())
    };
    evaluator.evaluate(plans, &request, sink).unwrap();
    found.into_iter().map(Option::unwrap).collect()
}

#[derive(Deserialize)]
struct Record {
    model_sha256: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    coefficients: Vec<Vec<f64>>,
    distances: std::collections::BTreeMap<String, Recorded>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Recorded {
    frechet: f64,
    kernel_distance: f64,
}

/// Pixels go from −1 to 1, distances are about 1. Float32 noise through eight steps is a hundred times smaller.
const TOLERANCE: f64 = 1e-3;

#[test]
fn images_and_distances_agree_with_torch() {
    let golden = root().join("tests/golden");
    let record: Record =
        serde_json::from_slice(&std::fs::read(golden.join("tiny-digits.json")).unwrap()).unwrap();
    let evaluator = open(None);
    let mut digest = Sha256::new();
    let files = std::iter::once("config.json").chain(evaluator.config.checkpoints.iter().map(String::as_str));
    files
        .for_each(|file| digest.update(std::fs::read(root().join("models/tiny-digits").join(file)).unwrap()));
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, record.model_sha256, "record again: python tests/golden/tiny_digits.py");

    let bytes = std::fs::read(golden.join("tiny-digits.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name: &str| -> Vec<f32> {
        let words = recorded.tensor(name).unwrap().data().chunks_exact(4);
        words.map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    };
    assert_eq!(record.cases.len(), 3);
    for case in &record.cases {
        let layered = case.coefficients.len() > 1;
        let edits = case.coefficients.iter().enumerate();
        let edits = edits.map(|(layer, row)| mix(layered.then_some(layer as u32), row.clone()));
        let coefficients = evaluator.coefficients(&Plan::new(edits)).unwrap();
        let mixed = evaluator.checkpoints.mixed(&coefficients);
        let weights = evaluator.checkpoints.stacked(&[&mixed]);
        let noise: Tensor<2> = evaluator.compute.float32(floats("noise"), [128, 64]);
        let network = Network::new(&evaluator.config, weights, &evaluator.compute);
        let images = network.sample(noise, Limit::default()).unwrap().reshape([128, 64]);
        let features = host(evaluator.task.classifier.embed(images.clone())).unwrap();
        let furthest = |found: Vec<f64>, name: &str| {
            let apart = found.iter().zip(floats(name)).map(|(a, b)| (a - f64::from(b)).abs());
            apart.fold(0.0, f64::max)
        };
        let apart = furthest(host(images).unwrap(), &format!("{}.images", case.name));
        assert!(apart < TOLERANCE, "{}: pixels differ by {apart}", case.name);
        for (split, expected) in &case.distances {
            let split = if split == "report" { Split::Report } else { Split::Selection };
            let found = evaluator.task.real(&split).unwrap().distance(&features);
            let apart = (found.frechet - expected.frechet).abs();
            assert!(apart < TOLERANCE, "{}, {split}: {found:?}, expected {}", case.name, expected.frechet);
            let apart = (found.kernel - expected.kernel_distance).abs();
            assert!(
                apart < TOLERANCE,
                "{}, {split}: {found:?}, expected {}",
                case.name,
                expected.kernel_distance
            );
        }
    }
}

#[test]
fn scores_do_not_depend_on_company_memory_or_the_order_of_items() {
    let plans: Vec<Plan> = (0..5).map(|at| Plan::new([mix(None, two(at, 0.4 * at as f64 - 0.3))])).collect();
    let whole = open(None);
    let together = score(&whole, &plans, Split::Selection, &[0, 1, 2]);
    // Memory for one plan at a time.
    let small = score(&open(Some(1)), &plans, Split::Selection, &[0, 1, 2]);
    assert_eq!(together, small);
    for (plan, expected) in plans.iter().zip(&together) {
        let alone = score(&whole, std::slice::from_ref(plan), Split::Selection, &[2, 0]);
        for (name, metric) in &alone[0].metrics {
            let other = &expected.metrics[name].items;
            assert_eq!(metric.items, [other[2], other[0]], "{name}");
        }
    }
    assert_ne!(together[0], together[1]);
}

#[test]
fn stacked_mixtures_score_like_each_alone() {
    // What a GPU runs, here on the CPU.
    let evaluator = open(None);
    let mixtures: Vec<_> = (0..3)
        .map(|at| evaluator.coefficients(&Plan::new([mix(None, two(at, 1.5))])).unwrap())
        .map(|coefficients| evaluator.checkpoints.mixed(&coefficients))
        .collect();
    let request = Request::new(Split::Report, vec![4]);
    let together =
        evaluator.distances(&mixtures.iter().collect::<Vec<_>>(), &request, 4, Limit::default()).unwrap();
    assert_eq!(together.len(), 3);
    for (mixed, together) in mixtures.iter().zip(together) {
        let alone = evaluator.distances(&[mixed], &request, 4, Limit::default()).unwrap()[0];
        assert!((alone.frechet - together.frechet).abs() < 1e-4, "{alone:?} {together:?}");
    }
}

#[test]
fn the_last_checkpoint_is_the_model_as_it_is() {
    let evaluator = open(None);
    let mut last = vec![0.0; 12];
    last[11] = 1.0;
    let layers = (0..5).map(|layer| mix(Some(layer), last.clone()));
    let plans = [Plan::dense(), Plan::new([mix(None, last.clone())]), Plan::new(layers)];
    let scores = score(&evaluator, &plans, Split::Report, &[7]);
    assert_eq!(scores[0], scores[1]);
    assert_eq!(scores[0], scores[2]);
}

#[test]
fn splits_and_items_have_noise_of_their_own() {
    let task = open(None).task;
    let noise = |split, item| task.noise(&split, item, 64);
    assert_eq!(noise(Split::Selection, 3), noise(Split::Selection, 3));
    assert_ne!(noise(Split::Selection, 3), noise(Split::Selection, 4));
    assert_ne!(noise(Split::Selection, 3), noise(Split::Report, 3));
    let info = task.info();
    assert_ne!(info.fingerprints[&Split::Selection], info.fingerprints[&Split::Report]);
}

#[test]
fn plans_and_requests_that_have_no_meaning_are_refused_by_name() {
    let evaluator = open(None);
    let refusal = |edit: Edit| evaluator.check(&Plan::new([edit])).unwrap_err().to_string();
    let keep = refusal(Edit::KeepExperts(KeepExperts { layer: 0, experts: vec![1] }));
    assert!(keep.contains("generator") && keep.contains("keep-experts"), "{keep}");
    let short = refusal(mix(None, vec![1.0]));
    assert!(short.contains("1 coefficients, and the model has 12 checkpoints"), "{short}");
    let sum = refusal(mix(None, two(3, 0.5).iter().map(|share| share * 1.1).collect()));
    assert!(sum.contains("expected 1"), "{sum}");
    assert!(refusal(mix(Some(5), two(0, 0.5))).contains("5 layers, counted from 0"));

    let request = |split, items: Vec<u32>| Request::new(split, items);
    for (request, words) in [
        (request(Split::Selection, vec![]), "no items"),
        (request(Split::Selection, vec![ITEMS_HELD]), "which holds 1024"),
        (request(Split::Elsewhere("moon".to_owned()), vec![0]), "no split"),
    ] {
        let sink = &mut |_, _| ControlFlow::Continue(());
        let failure = evaluator.evaluate(&[Plan::dense()], &request, sink).unwrap_err().to_string();
        assert!(failure.contains(words), "{failure}");
    }
    assert!(matches!(
        evaluator.signal(&SignalRequest::new("expert-frequency"), Fidelity { items: 1 }),
        Err(EvalFailure::BadRequest(_))
    ));
}

const ITEMS_HELD: u32 = 1024;

#[test]
fn an_evaluation_that_is_called_off_says_so() {
    let request = Request::new(Split::Selection, vec![0, 1]);
    request.stop.ask();
    let failure = open(None).evaluate(&[Plan::dense()], &request, &mut |_, _| ControlFlow::Continue(()));
    assert_eq!(failure, Err(EvalFailure::Interrupted));
}

#[test]
fn a_plan_that_takes_too_long_says_so() {
    let request = Request { deadline: Some(Duration::ZERO), ..Request::new(Split::Selection, vec![0]) };
    let mut found = None;
    let sink = &mut |_, outcome| {
        found = Some(outcome);
        ControlFlow::Continue(())
    };
    open(None).evaluate(&[Plan::dense()], &request, sink).unwrap();
    assert!(matches!(found, Some(Err(EvalFailure::Deadline(_)))), "{found:?}");
}

fn refusal(change: impl FnOnce(&mut ImageSpec)) -> String {
    let mut task = spec();
    change(&mut task);
    match ImageTask::open(&task, &Compute::cpu()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was accepted"),
    }
}

#[test]
fn data_that_does_not_fit_is_refused_with_the_file_and_what_was_expected() {
    let shared = refusal(|task| task.report.clone_from(&task.selection));
    assert!(shared.contains("400 of the report images are also selection images"), "{shared}");
    let weights = refusal(|task| task.report = task.classifier.join("model.safetensors"));
    assert!(weights.contains("model.safetensors: it has no tensor `images`"), "{weights}");
    let none = refusal(|task| task.report = PathBuf::from("nowhere.safetensors"));
    assert!(none.contains("nowhere.safetensors"), "{none}");
    let generator = refusal(|task| task.classifier = root().join("models/tiny-digits"));
    assert!(generator.contains("`model_type` is attune_denoiser, expected attune_classifier"), "{generator}");
}

#[test]
fn a_model_of_another_kind_is_refused_with_the_kind_of_task_it_needs() {
    let moe = DenoiserConfig::read(&root().join("models/tiny-moe")).unwrap_err().to_string();
    assert!(moe.contains("`model_type` is mixtral, expected attune_denoiser"), "{moe}");
    let file = root().join("models/tiny-digits/config.json");
    let digits = crate::model::DecoderConfig::read(&file).unwrap_err().to_string();
    assert!(digits.contains("image generators take a task of kind \"images\""), "{digits}");
    let facts = crate::model::inspect(&root().join("models/tiny-digits")).unwrap();
    assert_eq!((facts.family.as_str(), facts.checkpoints, facts.layers), (FAMILY, 12, 5));
    assert_eq!(facts.parameters, 183_136);
}
