//! The committed generator against the torch reference, and candidates against themselves in other company.

use std::path::{Path, PathBuf};
use std::time::Duration;

use attune_core::evaluator::{Fidelity, Split};
use attune_core::plan::Edit;
use attune_core::scores::Scores;
use attune_core::signal::SignalRequest;
use attune_vocabulary::Module;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{CombineCheckpoints, KeepExperts, WeightBits};
use burn_tensor::Tensor;
use safetensors::SafeTensors;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::network::Network;
use super::task::host;
use super::*;
use crate::native::limit::Limit;

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
    Edit::from(CombineCheckpoints { layer, coefficients })
}

fn bits(layer: u32, module: Module, bits: u32, group_size: u32) -> Edit {
    Edit::from(WeightBits { layer, module, expert: None, bits, group_size, grid: None, rounding: None })
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
        let edited = Edited::new(&arrange(edits), &evaluator.config).unwrap();
        let mixed = evaluator.checkpoints.edited(&edited, &evaluator.compute);
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
    let plans: Vec<Plan> = (0..5).map(|at| arrange([mix(None, two(at, 0.4 * at as f64 - 0.3))])).collect();
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
        .map(|at| arrange([mix(None, two(at, 1.5)), bits(at as u32 + 1, Module::Up, 3, 32)]))
        .map(|plan| Edited::new(&plan, &evaluator.config).unwrap())
        .map(|edited| evaluator.checkpoints.edited(&edited, &evaluator.compute))
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
    let plans = [Plan::empty(), arrange([mix(None, last.clone())]), arrange(layers)];
    let scores = score(&evaluator, &plans, Split::Report, &[7]);
    assert_eq!(scores[0], scores[1]);
    assert_eq!(scores[0], scores[2]);
}

/// The last checkpoint as a model of its own, with matrices rounded by the definition of the edit.
fn rounded(matrices: &[(&str, u32, usize)]) -> GeneratorEvaluator {
    let model = root().join("models/tiny-digits");
    let bytes = std::fs::read(model.join("checkpoint-06000.safetensors")).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors = Vec::new();
    for (name, view) in stored.tensors() {
        let mut values: Vec<f32> = view
            .data()
            .chunks_exact(2)
            .map(|bytes| half::f16::from_le_bytes([bytes[0], bytes[1]]).to_f32())
            .collect();
        for &(_, bits, group) in matrices.iter().filter(|(matrix, ..)| *matrix == name) {
            // A row is an output; its inputs are neighbours.
            for group in values.chunks_exact_mut(group) {
                let low = group.iter().copied().fold(f32::INFINITY, f32::min);
                let high = group.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let step = (high - low) / (2_f32.powi(bits as i32) - 1.0);
                group
                    .iter_mut()
                    .for_each(|value| *value = ((*value - low) / step).round_ties_even() * step + low);
            }
        }
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        tensors.push((name, view.shape().to_vec(), bytes));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.safetensors"), safetensors::serialize(views, None).unwrap())
        .unwrap();
    let mut config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(model.join("config.json")).unwrap()).unwrap();
    config.as_object_mut().unwrap().remove("checkpoints");
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let spec = GeneratorSpec { model: folder.path(), device: "cpu", task: spec(), activation_memory: None };
    GeneratorEvaluator::open(&spec).unwrap()
}

#[test]
fn a_model_in_few_bits_scores_like_a_checkpoint_with_rounded_matrices() {
    let evaluator = open(None);
    let edits = [bits(1, Module::Up, 2, 32), bits(3, Module::Down, 4, 64), bits(2, Module::Up, 16, 32)];
    let plans = [Plan::empty(), arrange([bits(2, Module::Up, 16, 32)]), arrange(edits)];
    let scores = score(&evaluator, &plans, Split::Report, &[3]);
    assert_eq!(scores[0], scores[1], "16 bits are the model as it is");
    let by_hand = rounded(&[("blocks.0.up.weight", 2, 32), ("blocks.2.down.weight", 4, 64)]);
    let expected = score(&by_hand, &[Plan::empty()], Split::Report, &[3]);
    let frechet = |scores: &Scores| scores.metrics["frechet"].value();
    let (dense, found, expected) = (frechet(&scores[0]), frechet(&scores[2]), frechet(&expected[0]));
    assert!((found - expected).abs() < 1e-4, "{found}, by hand {expected}");
    assert!((found - dense).abs() > 0.05, "rounding {dense} to {found} shows");

    // Mixing comes first.
    let mixed = |weights: Edit| arrange([mix(None, two(10, 0.5)), weights]);
    let plans = [mixed(bits(1, Module::Up, 16, 32)), mixed(bits(1, Module::Up, 2, 32))];
    let scores = score(&evaluator, &plans, Split::Report, &[3]);
    assert_ne!(scores[0], scores[1]);
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
    let refusal = |edit: Edit| evaluator.check(&arrange([edit])).unwrap_err().to_string();
    let keep = refusal(Edit::from(KeepExperts { layer: 0, experts: vec![1] }));
    assert!(keep.contains("generator") && keep.contains("keep-experts"), "{keep}");
    let short = refusal(mix(None, vec![1.0]));
    assert!(short.contains("1 coefficients, and the model has 12 checkpoints"), "{short}");
    let sum = refusal(mix(None, two(3, 0.5).iter().map(|share| share * 1.1).collect()));
    assert!(sum.contains("expected 1"), "{sum}");
    assert!(refusal(mix(Some(5), two(0, 0.5))).contains("5 layers, counted from 0"));

    assert!(refusal(bits(1, Module::Query, 4, 32)).contains("have `up` and `down`, not `q`"));
    assert!(
        refusal(bits(0, Module::Up, 4, 32)).contains("the blocks of this image generator are layers 1 to 3")
    );
    assert!(refusal(bits(4, Module::Up, 4, 32)).contains("layers 1 to 3"));
    assert!(refusal(bits(1, Module::Up, 7, 32)).contains("weights in 7 bits; expected 2, 3"));
    assert!(refusal(bits(1, Module::Up, 4, 64)).contains("does not divide the 96 inputs"));
    assert!(refusal(bits(1, Module::Down, 4, 0)).contains("does not divide the 192 inputs"));
    let expert = WeightBits {
        layer: 1,
        module: Module::Up,
        expert: Some(0),
        bits: 4,
        group_size: 32,
        grid: None,
        rounding: None,
    };
    assert!(refusal(Edit::from(expert)).contains("has no experts"));

    let request = |split, items: Vec<u32>| Request::new(split, items);
    for (request, words) in [
        (request(Split::Selection, vec![]), "no items"),
        (request(Split::Selection, vec![ITEMS_HELD]), "which holds 1024"),
        (request(Split::OutOfDomain("moon".to_owned()), vec![0]), "no split"),
    ] {
        let sink = &mut |_, _| ControlFlow::Continue(());
        let failure = evaluator.evaluate(&[Plan::empty()], &request, sink).unwrap_err().to_string();
        assert!(failure.contains(words), "{failure}");
    }
    assert!(matches!(
        evaluator.signal(
            &SignalRequest::new("expert-frequency"),
            &Request::new(Split::Selection, Fidelity { items: 1 }.all())
        ),
        Err(EvalFailure::BadRequest(_))
    ));
}

const ITEMS_HELD: u32 = 1024;

#[test]
fn an_evaluation_that_is_called_off_says_so() {
    let request = Request::new(Split::Selection, vec![0, 1]);
    request.stop.ask();
    let failure = open(None).evaluate(&[Plan::empty()], &request, &mut |_, _| ControlFlow::Continue(()));
    assert_eq!(failure, Err(EvalFailure::Interrupted));
}

#[test]
fn an_evaluation_that_is_held_waits_and_its_time_is_not_counted() {
    let evaluator = open(None);
    let plans = [Plan::empty()];
    let undisturbed = score(&evaluator, &plans, Split::Selection, &[0, 1]);
    // Far more than the work takes, and less than the pause.
    let request =
        Request { deadline: Some(Duration::from_secs(20)), ..Request::new(Split::Selection, vec![0, 1]) };
    request.stop.hold();
    let (told, answer) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let sink = &mut |_, outcome: Result<Evaluation, EvalFailure>| {
                told.send(outcome).unwrap();
                ControlFlow::Continue(())
            };
            evaluator.evaluate(&plans, &request, sink).unwrap();
        });
        assert!(answer.recv_timeout(Duration::from_millis(300)).is_err(), "it goes on while it is held");
        // As if it had been held for a minute.
        request.stop.release(Duration::from_secs(60));
        let evaluation = answer.recv().unwrap().unwrap();
        assert_eq!(evaluation.scores, undisturbed[0]);
        assert_eq!(evaluation.seconds, 0.0, "all of it was rest");
    });
}

#[test]
fn a_plan_that_takes_too_long_says_so() {
    let request = Request { deadline: Some(Duration::ZERO), ..Request::new(Split::Selection, vec![0]) };
    let mut found = None;
    let sink = &mut |_, outcome| {
        found = Some(outcome);
        ControlFlow::Continue(())
    };
    open(None).evaluate(&[Plan::empty()], &request, sink).unwrap();
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
    let folder = root().join("models/tiny-digits");
    let digits = crate::model::DecoderOutline::open(&folder).map(|_| ()).unwrap_err().to_string();
    assert!(digits.contains("image generators take a task of kind \"images\""), "{digits}");
    let facts = crate::registry::inspect(&root().join("models/tiny-digits")).unwrap();
    let facts = attune_vocabulary::ModelFacts::of(&facts);
    assert_eq!((facts.family.as_str(), facts.checkpoints, facts.layers), (FAMILY, 12, 5));
    assert_eq!(facts.parameters, 183_136);
}

#[test]
fn sizes_beyond_the_files_and_unknown_keys_are_refused_before_anything_is_made() {
    let from = root().join("models/tiny-digits");
    let changed = |key: &str, value: serde_json::Value| {
        let folder = tempfile::tempdir().unwrap();
        for name in std::fs::read_dir(&from).unwrap().map(|entry| entry.unwrap().path()) {
            if name.is_file() {
                std::fs::copy(&name, folder.path().join(name.file_name().unwrap())).unwrap();
            }
        }
        let file = folder.path().join("config.json");
        let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        config[key] = value;
        std::fs::write(&file, config.to_string()).unwrap();
        crate::registry::inspect(folder.path()).unwrap_err().to_string()
    };
    for (key, value, expected) in [
        ("sampling_steps", 10_000_000_u64, "at most 10000"),
        ("num_hidden_layers", 100_000_000, "has no tensor `blocks.3.norm.weight`"),
        ("num_hidden_layers", 2, "nothing reads tensor `blocks.2."),
        ("hidden_size", 2_000_000_000, "expected [2000000000, 64] by the sizes of config.json"),
        ("time_frequencies", 2_000_000_000, "expected [96, 4000000000] by the sizes of config.json"),
        ("image_size", 1 << 40, "at most"),
        ("dropout", 1, "unknown field `dropout`"),
    ] {
        let found = changed(key, value.into());
        assert!(found.contains(expected), "{key}: {found}");
    }
}
