//! `block-dropping`: exactly so many units, their edits, what they save, and the published criteria.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Edit, Plan};
use attune_core::space::{Axis, Config, Count, Domain};
use attune_core::technique::{FailureKind, Signal, Technique as _};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::{DropBlock, Half};

use crate::models::{BLOCK_DROPPING, dense, mixture, options, some_layers, subsets};

/// Parameters of the halves of one layer of the example model: hidden 256, 4 heads and 2 KV heads of 64 channels, inner
/// width 512.
const ATTENTION: f64 = 256.0 * 64.0 * 12.0;
const FEED_FORWARD: f64 = 3.0 * 256.0 * 512.0;

fn dropping(unit: &str, drop: i64) -> Settings {
    options(&[("unit", OptionValue::Text(unit.into())), ("drop", OptionValue::Int(drop))])
}

fn deep() -> Facts {
    Facts::from(ModelFacts { layers: 10, ..ModelFacts::of(&dense()) })
}

fn refusal(model: &Facts, given: &Settings) -> String {
    match BLOCK_DROPPING.space(model, given).unwrap_err().kind {
        FailureKind::Refused(words) => words,
        other => panic!("{other:?}"),
    }
}

fn baselines(model: &Facts, given: &Settings, signals: &[Signal]) -> Vec<(String, Config)> {
    let found = BLOCK_DROPPING.baselines(model, given, signals).unwrap();
    let space = BLOCK_DROPPING.space(model, given).unwrap();
    found.iter().for_each(|baseline| space.check(&baseline.config).unwrap());
    found.into_iter().map(|baseline| (baseline.name, baseline.config)).collect()
}

/// Attention, feed-forward and block of layer after layer.
fn influence(rows: &[[f64; 3]]) -> Signal {
    let axes = vec![Axis::new("layer", rows.len() as u32), Axis::new("part", 3)];
    Signal { name: "block-influence".into(), axes, values: rows.concat() }
}

fn named(name: &str, units: &[u32]) -> (String, Config) {
    (name.to_owned(), subsets(&[units]))
}

#[test]
fn exactly_so_many_units_are_dropped_a_quarter_unless_told_otherwise() {
    let domain = |model: &Facts, given: &Settings| {
        let space = BLOCK_DROPPING.space(model, given).unwrap();
        assert_eq!((space.dimensions().len(), space.dimensions()[0].cells()), (1, 1));
        space.dimensions()[0].domain.clone()
    };
    let of = |of, size| Domain::Subset { of, min: size, max: size };
    assert_eq!(domain(&dense(), &Settings::new()), of(4, 1));
    // Rounded to the nearest, a half upwards: 2.5 of 10, 1.25 of 5; and never none.
    assert_eq!(domain(&deep(), &Settings::new()), of(10, 3));
    assert_eq!(
        domain(&Facts::from(ModelFacts { layers: 5, ..ModelFacts::of(&dense()) }), &Settings::new()),
        of(5, 1)
    );
    assert_eq!(
        domain(&Facts::from(ModelFacts { layers: 2, ..ModelFacts::of(&dense()) }), &Settings::new()),
        of(2, 1)
    );
    for unit in ["block", "attention", "feed-forward"] {
        assert_eq!(domain(&dense(), &dropping(unit, 2)), of(4, 2));
    }
    assert_eq!(domain(&dense(), &dropping("parts", 3)), of(8, 3));
    let space = BLOCK_DROPPING.space(&dense(), &dropping("parts", 3)).unwrap();
    assert_eq!(space.count(), Count::Exact(56));
    space.check(&subsets(&[&[0, 3, 7]])).unwrap();
    assert!(space.check(&subsets(&[&[0, 3]])).is_err());
}

#[test]
fn every_dropped_unit_is_one_edit() {
    let plan = |unit: &str, units: &[u32]| {
        let given = dropping(unit, units.len() as i64);
        let plan = BLOCK_DROPPING.lower(&dense(), &given, &subsets(&[units])).unwrap();
        assert_eq!(attune_vocabulary::model().conflict(&plan), None);
        plan
    };
    let drop = |layer, part| Edit::from(DropBlock { layer, part });
    let (attention, feed_forward) = (Some(Half::Attention), Some(Half::FeedForward));
    let edits = |plan: Plan| plan.edits().to_vec();
    assert_eq!(edits(plan("block", &[1, 3])), [drop(1, None), drop(3, None)]);
    assert_eq!(edits(plan("attention", &[0, 2])), [drop(0, attention), drop(2, attention)]);
    assert_eq!(edits(plan("feed-forward", &[2])), [drop(2, feed_forward)]);
    let parts = [drop(0, feed_forward), drop(2, attention), drop(2, feed_forward)];
    let found = edits(plan("parts", &[1, 4, 5]));
    assert_eq!(found.len(), 3);
    assert!(parts.iter().all(|part| found.contains(part)), "{found:?}");
}

#[test]
fn what_stays_is_counted_in_bytes_and_in_bytes_of_cache() {
    let costs = |model: &Facts, unit: &str, units: &[u32]| {
        let given = dropping(unit, units.len() as i64);
        let costs = BLOCK_DROPPING.cost(model, &given, &subsets(&[units])).unwrap();
        let names: Vec<_> = costs.iter().map(|cost| (cost.resource.clone(), cost.unit.clone())).collect();
        let pair = |resource: &str, unit: &str| (resource.to_owned(), unit.to_owned());
        assert_eq!(names, [pair("weights", "bytes"), pair("cache", "bytes/token")]);
        // 4 layers with keys and values of 2 heads of 64 channels, two bytes each.
        assert_eq!((costs[0].dense, costs[1].dense), (8_000_000.0, 4.0 * 512.0));
        (costs[0].value, costs[1].value)
    };
    let bytes = |dropped: f64| 2.0 * (4_000_000.0 - dropped);
    assert_eq!(costs(&dense(), "block", &[0, 1]), (bytes(2.0 * (ATTENTION + FEED_FORWARD)), 2.0 * 512.0));
    assert_eq!(costs(&dense(), "attention", &[0]), (bytes(ATTENTION), 3.0 * 512.0));
    assert_eq!(costs(&dense(), "feed-forward", &[0]), (bytes(FEED_FORWARD), 4.0 * 512.0));
    assert_eq!(costs(&dense(), "parts", &[0, 2, 3]), (bytes(2.0 * ATTENTION + FEED_FORWARD), 2.0 * 512.0));
    // 8 experts of 100 000 parameters, and a router that has a row for each.
    assert_eq!(costs(&mixture(), "feed-forward", &[3]), (bytes(8.0 * (100_000.0 + 256.0)), 4.0 * 512.0));
}

#[test]
fn the_least_influence_goes_first_and_of_equal_ones_the_later() {
    let rows = [[0.5, 0.4, 0.9], [0.1, 0.2, 0.3], [0.2, 0.1, 0.3], [0.1, 0.6, 0.7]];
    let of = |unit: &str, drop| baselines(&dense(), &dropping(unit, drop), &[influence(&rows)]);
    let blocks = of("block", 1);
    assert_eq!(blocks[..2], [named("default", &[2]), named("influence", &[2])]);
    assert_eq!(of("block", 2)[1], named("influence", &[1, 2]));
    assert_eq!(of("attention", 1)[1], named("influence", &[3]));
    assert_eq!(of("attention", 2)[1], named("influence", &[1, 3]));
    assert_eq!(of("feed-forward", 2)[1], named("influence", &[1, 2]));
    // 0.1: attention of 1 and 3, feed-forward of 2; then 0.2: attention of 2 before the earlier feed-forward of 1.
    assert_eq!(of("parts", 2)[1], named("influence", &[5, 6]));
    assert_eq!(of("parts", 4)[1], named("influence", &[2, 4, 5, 6]));

    let names = |found: Vec<(String, Config)>| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(blocks), ["default", "influence", "last", "uniform"]);
    let without = baselines(&dense(), &dropping("block", 1), &[]);
    assert_eq!(without[0].1, without[2].1, "without the signal a study starts from `uniform`");
    assert_eq!(names(without), ["default", "last", "uniform"]);

    let short = influence(&rows[..3]);
    let failure = BLOCK_DROPPING.baselines(&dense(), &Settings::new(), &[short]).unwrap_err();
    assert!(failure.to_string().contains("signal `block-influence` has axes"), "{failure}");
}

#[test]
fn the_last_layer_stays_and_uniform_keeps_both_ends_where_it_can() {
    let of = |unit: &str, drop| {
        let found = baselines(&deep(), &dropping(unit, drop), &[]);
        found[1..].to_vec()
    };
    assert_eq!(of("block", 3), [named("last", &[6, 7, 8]), named("uniform", &[2, 5, 7])]);
    assert_eq!(of("block", 1), [named("last", &[8]), named("uniform", &[5])]);
    assert_eq!(of("block", 8)[1], named("uniform", &[1, 2, 3, 4, 5, 6, 7, 8]));
    let nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    assert_eq!(of("block", 9), [named("last", &[0, 1, 2, 3, 4, 5, 6, 7, 8]), named("uniform", &nine)]);
    // Attention parts are even, feed-forward parts odd; both go alike.
    assert_eq!(of("parts", 3), [named("last", &[15, 16, 17]), named("uniform", &[6, 11, 14])]);
    assert_eq!(of("parts", 4)[1], named("uniform", &[6, 7, 14, 15]));
    let all_but_one: Vec<u32> = (0..19).collect();
    assert_eq!(of("parts", 19)[0], named("last", &all_but_one));
}

#[test]
fn models_and_numbers_that_do_not_fit_are_refused_with_a_way_out() {
    assert_eq!(
        refusal(&dense(), &dropping("block", 4)),
        "`drop` is 4, but model `dense` has 4 blocks, and one has to stay; set `drop` to 3 or less"
    );
    let parts = refusal(&dense(), &dropping("parts", 9));
    assert!(parts.contains("8 attention and feed-forward parts") && parts.contains("7 or less"), "{parts}");
    let single = Facts::from(ModelFacts { layers: 1, ..ModelFacts::of(&dense()) });
    assert!(refusal(&single, &Settings::new()).contains("has 1 of the blocks"));
    let generator = Facts::from(ModelFacts {
        name: "digits".into(),
        family: "attune_denoiser".into(),
        heads: 0,
        kv_heads: 0,
        head_dim: 0,
        ..ModelFacts::of(&dense())
    });
    assert_eq!(
        refusal(&generator, &Settings::new()),
        "model `digits` (family attune_denoiser) has no transformer blocks; block-dropping needs them"
    );
}

#[test]
fn a_layer_saves_what_it_holds() {
    let saved = |unit: &str, dropped: &[u32]| {
        let given = dropping(unit, dropped.len() as i64);
        let cost = &BLOCK_DROPPING.cost(&some_layers(), &given, &subsets(&[dropped])).unwrap()[0];
        (cost.dense - cost.value) / 2.0
    };
    assert_eq!(saved("block", &[0]), 196_608.0 + 589_824.0);
    assert_eq!(saved("block", &[2]), 196_608.0 + 3_300_000.0);
    assert_eq!(saved("feed-forward", &[0, 1]), 589_824.0 + 3_300_000.0);
    assert_eq!(saved("parts", &[0, 3]), 196_608.0 + 3_300_000.0);
}
