//! The differentiable forward against the one that scores plans, against finite differences and against torch.

use std::path::PathBuf;

use attune_core::plan::Plan;
use burn_tensor::Tensor;
use safetensors::SafeTensors;

use super::generate::greedy;
use super::layer::{CacheTaps, Taps, block};
use super::loss::loss_and_gradient;
use super::sweep::{Attended, Wish, seen, sweep};
use crate::compute::Compute;
use crate::decoder::{Batch, Positions};
use crate::edits::EditedModel;
use crate::model::Model;

fn golden_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden")
}

/// A small recorded model.
pub(crate) fn small_model(name: &str) -> Model {
    Model::load(&golden_folder().join("models").join(name), &Compute::cpu()).unwrap()
}

/// Numbers of a tensor of gradients.safetensors.
pub(crate) fn recorded(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(golden_folder().join("gradients.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let bytes = file.tensor(name).unwrap().data().chunks_exact(4);
    bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

pub(crate) fn recorded_ids(name: &str) -> Vec<u32> {
    let bytes = std::fs::read(golden_folder().join("gradients.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let bytes = file.tensor(name).unwrap().data().chunks_exact(8);
    bytes.map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32).collect()
}

pub(crate) fn positions(model: &Model, tokens: usize) -> Positions {
    Positions::new(&model.compute, &model.config, tokens)
}

fn families() -> Vec<String> {
    let entries = std::fs::read_dir(golden_folder().join("models")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 9, "{names:?}");
    names
}

fn floats<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.clone().into_data().iter::<f32>().collect()
}

fn furthest(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn every_family_has_the_same_logits_when_it_can_be_differentiated() {
    let ids = recorded_ids("input_ids");
    for name in families() {
        let model = small_model(&name);
        let positions = positions(&model, ids.len());
        let mut x = model.embed(&ids);
        for number in 0..model.config.layers {
            x = block(&model, number, x, &positions, None).0;
        }
        let found = floats(&model.logits(model.weights.norm.generic(x), 0, model.config.vocab));
        let expected = crate::logits::logits(&model, &Plan::empty(), &ids).unwrap();
        let apart = furthest(&found, &expected);
        assert!(apart < 1e-4, "{name}: logits differ by {apart}");
    }
}

/// The loss when the inside of layer 0 is changed.
fn changed(model: &Model, ids: &[u32], taps: &Taps) -> f64 {
    let positions = positions(model, ids.len());
    let dense = EditedModel::dense(&model.config);
    let batch = Batch { sequences: 1, tokens: ids.len() };
    let mut x = block(model, 0, model.embed(ids), &positions, Some(taps)).0;
    for number in 1..model.config.layers {
        x = model.layer(number, x, batch, &[dense.layer(number)], &positions, None);
    }
    loss_and_gradient(model, &x, ids, 1..ids.len()).0
}

/// The largest change of any number on either side of a difference quotient.
const STEP: f32 = 5e-4;

/// A step along a gradient.
fn along(gradient: &Tensor<3>) -> Tensor<3> {
    let most = gradient.clone().abs().max().into_scalar::<f32>();
    gradient.clone() * (STEP / most)
}

/// Mixtures are left to torch: the choice of experts jumps, and so does a difference across it.
#[test]
fn gradients_of_every_dense_family_are_difference_quotients() {
    let ids = recorded_ids("input_ids");
    for name in families().into_iter().filter(|name| name != "mixtral") {
        let model = small_model(&name);
        for wish in [Wish::Weights, Wish::Cache { sink: 2, recent: 5 }] {
            let mut first = None;
            let mut keep = |number, attended| first = (number == 0).then_some(attended);
            sweep(&model, &ids, 1..ids.len(), &positions(&model, ids.len()), wish, &mut keep);
            let (slope, taps): (Tensor<1>, Box<dyn Fn(f32) -> Taps>) = match first.unwrap() {
                Attended::Weights { gradient, .. } => {
                    let step = along(&gradient);
                    ((gradient * step.clone()).sum(), Box::new(move |t| Taps::Weights(step.clone() * t)))
                }
                Attended::Cache { key_gradient, value_gradient, .. } => {
                    let (keys, values) = (along(&key_gradient), along(&value_gradient));
                    let slope = (key_gradient * keys.clone()).sum() + (value_gradient * values.clone()).sum();
                    let seen = seen(&model, ids.len(), 2, 5);
                    let tap = move |t: f32| {
                        let (keys, values) = (keys.clone() * t, values.clone() * t);
                        Taps::Cache(CacheTaps { keys, values, seen: seen.clone() })
                    };
                    (slope, Box::new(tap))
                }
            };
            let slope = f64::from(slope.into_scalar::<f32>());
            let quotient = (changed(&model, &ids, &taps(1.0)) - changed(&model, &ids, &taps(-1.0))) / 2.0;
            assert!(
                (slope - quotient).abs() < 0.02 * slope + 2e-6,
                "{name}, {wish:?}: {slope} against {quotient}"
            );
            assert!(slope > 2e-5, "{name}, {wish:?}: {slope} says nothing");
        }
    }
}

#[test]
fn torch_has_the_same_gradients() {
    let model = small_model("mixtral");
    let ids = recorded_ids("input_ids");
    let compare = |name: String, found: &Tensor<3>| {
        let expected = recorded(&name);
        let size = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let apart = furthest(&floats(found), &expected);
        assert!(apart <= 1e-3 * size, "{name}: {apart} apart, the largest is {size}");
    };
    let run = |wish, visit: &mut dyn FnMut(usize, Attended)| {
        sweep(&model, &ids, 1..ids.len(), &positions(&model, ids.len()), wish, visit)
    };
    let loss = run(Wish::Weights, &mut |layer, attended| {
        let Attended::Weights { weights, gradient } = attended else { panic!("asked for weights") };
        compare(format!("{layer}.weights"), &weights);
        compare(format!("{layer}.weights.gradient"), &gradient);
    });
    assert!((loss - f64::from(recorded("loss")[0])).abs() < 1e-5, "{loss}");
    for (sink, recent, which) in [(0, 0, ""), (2, 5, ".cache")] {
        run(Wish::Cache { sink, recent }, &mut |layer, attended| {
            let Attended::Cache { keys, values, key_gradient, value_gradient } = attended else {
                panic!("asked for the cache")
            };
            compare(format!("{layer}.keys"), &keys);
            compare(format!("{layer}.values"), &values);
            compare(format!("{layer}.keys.gradient{which}"), &key_gradient);
            compare(format!("{layer}.values.gradient{which}"), &value_gradient);
        });
    }
}

#[test]
fn greedy_answers_are_those_of_whole_forwards() {
    let model = small_model("mixtral");
    let (ids, expected) = (recorded_ids("input_ids"), recorded_ids("greedy"));
    let positions = positions(&model, ids.len());
    // A companion changes nothing.
    let found = greedy(&model, &[&ids[..12], &ids[20..32]], ids.len(), &positions, &|_, _| Ok(())).unwrap();
    assert_eq!(found[0], expected);
    assert_eq!(greedy(&model, &[&ids[20..32]], ids.len(), &positions, &|_, _| Ok(())).unwrap(), found[1..]);
    for name in families() {
        let model = small_model(&name);
        let text =
            greedy(&model, &[&ids[..9]], 30, &self::positions(&model, 30), &|_, _| Ok(())).unwrap().remove(0);
        let logits = crate::logits::logits(&model, &Plan::empty(), &text).unwrap();
        for (row, &next) in logits.chunks_exact(model.config.vocab).zip(&text[1..]).skip(8) {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert!(row[next as usize] > most - 1e-3, "{name}: {} is not {most}", row[next as usize]);
        }
    }
}

#[test]
fn only_scored_tokens_count() {
    let model = small_model("llama");
    let ids = recorded_ids("input_ids");
    let positions = positions(&model, ids.len());
    let loss = |scored| sweep(&model, &ids, scored, &positions, Wish::Weights, &mut |_, _| {});
    let (first, second, both) = (loss(1..21), loss(21..40), loss(1..40));
    assert!((both - (20.0 * first + 19.0 * second) / 39.0).abs() < 1e-5, "{first} {second} {both}");
    // Nothing behind the last scored token matters.
    sweep(&model, &ids, 1..21, &positions, Wish::Cache { sink: 0, recent: 0 }, &mut |layer, attended| {
        let Attended::Cache { key_gradient, .. } = attended else { panic!("asked for the cache") };
        let tail = key_gradient.narrow(1, 20, 20).abs().max().into_scalar::<f32>();
        assert_eq!(tail, 0.0, "layer {layer}");
    });
}
