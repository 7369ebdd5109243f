//! Techniques keep their spaces to what a target takes, by facts that stand beside those of the model.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::space::{Config, Domain, Value};
use attune_core::technique::{FailureKind, Technique, TechniqueFailure};
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{ExpertsPerToken, WeightBits};

use crate::models::{BLOCK_DROPPING, EXPERT_PRUNING, WEIGHT_BITS, dense, indices, mixture, options};

/// A model with facts of a target beside its own.
pub(crate) fn told(mut model: Facts, facts: &[(&str, OptionValue)]) -> Facts {
    model.values.insert("target".to_owned(), text("engine"));
    model.values.extend(facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    model
}

pub(crate) fn text(text: &str) -> OptionValue {
    OptionValue::Text(text.to_owned())
}

pub(crate) fn ints(values: &[i64]) -> OptionValue {
    OptionValue::Ints(values.to_vec())
}

pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, TechniqueFailure>) -> String {
    match answer.unwrap_err().kind {
        FailureKind::Refused(words) => words,
        other => panic!("{other:?}"),
    }
}

fn roomy() -> Settings {
    options(&[("average", OptionValue::Real(16.0)), ("levels", ints(&[2, 3, 4, 8, 16]))])
}

#[test]
fn levels_are_those_that_the_target_has_codes_of() {
    let four_and_eight = told(dense(), &[("target-weight-bits-levels", ints(&[4, 8]))]);
    let space = WEIGHT_BITS.space(&four_and_eight, &roomy()).unwrap();
    assert_eq!(
        space.dimensions()[0].domain,
        Domain::Level { levels: vec![4.0, 8.0, 16.0] },
        "16 needs no code"
    );
    let five = options(&[("levels", ints(&[3, 5])), ("average", OptionValue::Real(16.0))]);
    let words = refusal(WEIGHT_BITS.space(&four_and_eight, &five));
    assert!(words.contains("target `engine` has 4, 8 bits, and none of them is among `levels`"), "{words}");
    // Without a target, and with one that says nothing of bits, nothing is left out.
    for anything in [dense(), told(dense(), &[])] {
        let space = WEIGHT_BITS.space(&anything, &roomy()).unwrap();
        assert_eq!(space.dimensions()[0].domain, Domain::Level { levels: vec![2.0, 3.0, 4.0, 8.0, 16.0] });
    }
}

#[test]
fn group_sizes_and_experts_apart_are_refused_with_what_the_target_has() {
    let facts =
        [("target-weight-bits-groups", ints(&[32, 128])), ("target-weight-bits-together", text("experts"))];
    let words = refusal(WEIGHT_BITS.space(&told(dense(), &facts), &roomy()));
    assert!(
        words.contains("`group-size` is 64, and target `engine` has groups of 32, 128 channels"),
        "{words}"
    );
    let apart = options(&[
        ("experts", text("apart")),
        ("group-size", OptionValue::Int(32)),
        ("average", OptionValue::Real(16.0)),
    ]);
    let words = refusal(WEIGHT_BITS.space(&told(mixture(), &facts), &apart));
    assert!(words.contains("set `experts` to \"together\""), "{words}");
    assert!(WEIGHT_BITS.space(&mixture(), &apart).is_ok(), "without a target they may be apart");
}

#[test]
fn modules_of_a_set_share_one_level_and_their_cost_is_that_of_all() {
    let fused = told(dense(), &[("target-weight-bits-together", text("q+k+v gate+up"))]);
    let space = WEIGHT_BITS.space(&fused, &roomy()).unwrap();
    let bits = &space.dimensions()[0];
    // q+k+v, o, gate+up, down of each of four layers.
    assert_eq!(bits.cells(), 16);
    assert!(bits.help.contains("modules are q+k+v, o, gate+up, down"), "{}", bits.help);
    let config = indices(&[0, 1, 2, 3].repeat(4));
    let plan = WEIGHT_BITS.lower(&fused, &roomy(), &config).unwrap();
    let first: Vec<(String, u32)> = plan
        .edits()
        .iter()
        .filter_map(WeightBits::of)
        .filter(|edit| edit.layer == 0)
        .map(|edit| (edit.module.name().to_owned(), edit.bits))
        .collect();
    let expected = [("q", 2), ("k", 2), ("v", 2), ("o", 3), ("gate", 4), ("up", 4), ("down", 8)];
    assert_eq!(first, expected.map(|(name, bits)| (name.to_owned(), bits)));
    // The same plan costs the same where every module has a cell of its own.
    let apart = indices(&[0, 0, 0, 1, 2, 2, 3].repeat(4));
    assert_eq!(plan, WEIGHT_BITS.lower(&dense(), &roomy(), &apart).unwrap());
    let costs = |model: &Facts, config: &Config| {
        let costs = WEIGHT_BITS.cost(model, &roomy(), config).unwrap();
        costs.iter().map(|cost| cost.value).collect::<Vec<f64>>()
    };
    for (fused, apart) in costs(&fused, &config).into_iter().zip(costs(&dense(), &apart)) {
        assert!((fused / apart - 1.0).abs() < 1e-12, "{fused} {apart}");
    }
    for baseline in WEIGHT_BITS.baselines(&fused, &roomy(), &[]).unwrap() {
        space.check_domains(&baseline.config).unwrap();
    }
}

#[test]
fn rows_of_other_lengths_cannot_be_one_group() {
    let fused = told(dense(), &[("target-weight-bits-together", text("up+down"))]);
    let whole = options(&[("group-size", OptionValue::Int(0)), ("average", OptionValue::Real(16.0))]);
    let words = refusal(WEIGHT_BITS.space(&fused, &whole));
    assert!(words.contains("gives `up` and `down` the same bits in the same groups"), "{words}");
}

#[test]
fn experts_per_token_are_one_choice_where_the_target_has_one_number() {
    let given = options(&[("keep", OptionValue::Int(4)), ("active", ints(&[1, 2, 3]))]);
    let same = told(mixture(), &[("target-experts-per-token-layers", text("same"))]);
    let cells = |model: &Facts| {
        let space = EXPERT_PRUNING.space(model, &given).unwrap();
        space.dimensions().iter().map(|dimension| dimension.cells()).collect::<Vec<_>>()
    };
    assert_eq!((cells(&mixture()), cells(&same)), (vec![4, 4], vec![4, 1]));
    let space = EXPERT_PRUNING.space(&same, &given).unwrap();
    let kept = vec![Value::Indices(vec![0, 1, 2, 3]); 4];
    let config = Config::new(vec![kept, vec![Value::Index(0)]]);
    space.check(&config).unwrap();
    let plan = EXPERT_PRUNING.lower(&same, &given, &config).unwrap();
    let counts: Vec<u32> =
        plan.edits().iter().filter_map(ExpertsPerToken::of).map(|edit| edit.count).collect();
    assert_eq!(counts, [1; 4]);
    for seed in 0..16 {
        space.check(&EXPERT_PRUNING.vary(&same, &given, &[&config], seed).unwrap()).unwrap();
    }
    for baseline in EXPERT_PRUNING.baselines(&same, &given, &[]).unwrap() {
        space.check(&baseline.config).unwrap();
    }
}

#[test]
fn forms_of_edits_that_the_target_lacks_are_refused_by_their_option() {
    let one_hot = told(mixture(), &[("target-route-experts-only", text("one-hot"))]);
    let merge = options(&[("phase", text("merge"))]);
    let words = refusal(EXPERT_PRUNING.space(&one_hot, &merge));
    assert!(words.contains("set `routing` to \"one-hot\""), "{words}");
    let merge = options(&[("phase", text("merge")), ("routing", text("one-hot"))]);
    assert!(EXPERT_PRUNING.space(&one_hot, &merge).is_ok());
    let whole = told(dense(), &[("target-drop-block-only", text("whole-blocks"))]);
    for unit in ["attention", "feed-forward", "parts"] {
        let words = refusal(BLOCK_DROPPING.space(&whole, &options(&[("unit", text(unit))])));
        assert!(
            words.contains("target `engine` leaves out whole blocks only; set `unit` to \"block\""),
            "{words}"
        );
    }
    assert!(BLOCK_DROPPING.space(&whole, &options(&[("unit", text("block"))])).is_ok());
}
