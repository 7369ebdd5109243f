//! `checkpoint-mix`: space, plan and baselines.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Edit, Plan};
use attune_core::space::{Config, Domain, Value};
use attune_core::technique::{FailureKind, Technique as _};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::CombineCheckpoints;

use crate::models::{CHECKPOINT_MIX, dense, options};

/// Five layers, four checkpoints.
fn generator() -> Facts {
    Facts::from(ModelFacts {
        name: "generator".into(),
        family: "attune_denoiser".into(),
        layers: 5,
        kv_heads: 0,
        checkpoints: 4,
        ..ModelFacts::of(&dense())
    })
}

fn coefficients(cells: &[[f64; 4]]) -> Config {
    Config::new(vec![cells.iter().map(|cell| Value::Reals(cell.to_vec())).collect()])
}

fn mix(layer: Option<u32>, coefficients: [f64; 4]) -> Edit {
    Edit::from(CombineCheckpoints { layer, coefficients: coefficients.to_vec() })
}

const WILD: [f64; 4] = [2.5, -1.0, -1.5, 1.0];
const LAST: [f64; 4] = [0.0, 0.0, 0.0, 1.0];

#[test]
fn the_whole_model_has_one_set_of_coefficients_unless_groups_say_otherwise() {
    let space = CHECKPOINT_MIX.space(&generator(), &Settings::new()).unwrap();
    let dimension = &space.dimensions()[0];
    assert_eq!(dimension.domain, Domain::Affine { of: 4, sum: 1.0, spread: 0.3 });
    assert_eq!((dimension.cells(), dimension.axes.len()), (1, 0));
    let plan = CHECKPOINT_MIX.lower(&generator(), &Settings::new(), &coefficients(&[WILD])).unwrap();
    assert_eq!(plan, arrange([mix(None, WILD)]));

    let two = options(&[("groups", OptionValue::Int(2))]);
    let space = CHECKPOINT_MIX.space(&generator(), &two).unwrap();
    assert_eq!((space.dimensions()[0].axes[0].name.as_str(), space.dimensions()[0].cells()), ("group", 2));
    let plan = CHECKPOINT_MIX.lower(&generator(), &two, &coefficients(&[WILD, LAST])).unwrap();
    let layers = [(0, WILD), (1, WILD), (2, WILD), (3, LAST), (4, LAST)];
    assert_eq!(plan, arrange(layers.map(|(layer, coefficients)| mix(Some(layer), coefficients))));

    let each = options(&[("groups", OptionValue::Int(0))]);
    assert_eq!(CHECKPOINT_MIX.space(&generator(), &each).unwrap().dimensions()[0].cells(), 5);
}

#[test]
fn the_last_checkpoint_is_the_model_itself() {
    let plan = CHECKPOINT_MIX.lower(&generator(), &Settings::new(), &coefficients(&[LAST])).unwrap();
    assert_eq!(plan, Plan::empty());
}

#[test]
fn baselines_are_the_mean_every_checkpoint_and_moving_averages() {
    let baselines = CHECKPOINT_MIX.baselines(&generator(), &Settings::new(), &[]).unwrap();
    let named = |name: &str| {
        let found = baselines.iter().find(|baseline| baseline.name == name);
        let Value::Reals(numbers) = found.unwrap().config.dimensions()[0][0].clone() else {
            panic!("{name}")
        };
        numbers
    };
    assert_eq!(named("mean"), [0.25; 4]);
    assert_eq!(named("default"), named("mean"));
    assert_eq!(named("last"), LAST);
    assert_eq!(named("checkpoint-2"), [0.0, 0.0, 1.0, 0.0]);
    // a ← a/2 + θ/2 three times, from the first checkpoint on.
    assert_eq!(named("ema-0.5"), [0.125, 0.125, 0.25, 0.5]);
    for baseline in &baselines {
        let Value::Reals(numbers) = &baseline.config.dimensions()[0][0] else { panic!("{}", baseline.name) };
        assert!((numbers.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{}", baseline.name);
    }
    assert_eq!(baselines.len(), 3 + 5 + 3);
}

#[test]
fn models_and_numbers_that_do_not_fit_are_refused_with_a_way_out() {
    let refusal = |model: &Facts, given: &Settings| match CHECKPOINT_MIX.space(model, given).unwrap_err().kind
    {
        FailureKind::Refused(words) => words,
        other => panic!("{other:?}"),
    };
    let one = refusal(&dense(), &Settings::new());
    assert!(one.contains("model `dense` (family llama) has one checkpoint"), "{one}");
    let groups = refusal(&generator(), &options(&[("groups", OptionValue::Int(6))]));
    assert_eq!(groups, "`groups` is 6, but model `generator` has 5 layers; set `groups` to 5 or less");
}
