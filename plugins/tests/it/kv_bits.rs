//! `kv-bits`: budget with overhead, plan, costs and baselines.

use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Edit;
use attune_core::space::{Axis, Config, Domain};
use attune_core::technique::{FailureKind, Signal, Technique as _};
use attune_vocabulary::edits::KvBits;

use crate::models::{KV_BITS, dense, indices, options};

/// Levels 1, 2, 3, 4, 8, 16 by position; an element of a 64-channel group takes half a bit more.
const AT_2: u32 = 1;
const AT_3: u32 = 2;
const AT_4: u32 = 3;
const AT_16: u32 = 5;

fn average(bits: f64) -> Settings {
    options(&[("average", OptionValue::Real(bits))])
}

/// The same two levels in all four layers.
fn everywhere(keys: u32, values: u32) -> Config {
    indices(&[keys, values, keys, values, keys, values, keys, values])
}

#[test]
fn the_budget_counts_scales_and_zero_points() {
    let space = KV_BITS.space(&dense(), &average(3.25)).unwrap();
    let bits = &space.dimensions()[0];
    assert_eq!(bits.domain, Domain::Level { levels: vec![1.0, 2.0, 3.0, 4.0, 8.0, 16.0] });
    assert_eq!(bits.cells(), 8);
    assert_eq!(bits.place(5), "layer 2, part 1");
    // 2.5 fits and 3.5 does not; 3.5 for keys and 2.5 for values is 3.0; 5 of 8 cells at 3.5 is 3.125,
    // and 6 of 8 is 3.25 exactly.
    space.check(&everywhere(AT_2, AT_2)).unwrap();
    space.check(&everywhere(AT_3, AT_2)).unwrap();
    space.check(&indices(&[AT_3, AT_3, AT_3, AT_3, AT_3, AT_3, AT_2, AT_2])).unwrap();
    let over = space.check(&indices(&[AT_3, AT_3, AT_3, AT_3, AT_3, AT_3, AT_3, AT_2])).unwrap_err();
    assert!(over.to_string().contains("budget `bits`: 3.375 bits/element used, at most 3.25"), "{over}");
}

#[test]
fn every_layer_gets_an_edit_unless_it_stays_exact() {
    let technique = &*KV_BITS;
    let config = indices(&[AT_4, AT_2, AT_16, AT_16, AT_16, AT_2, AT_2, AT_16]);
    let given = options(&[
        ("sink", OptionValue::Int(1)),
        ("recent", OptionValue::Int(16)),
        ("average", OptionValue::Real(16.0)),
    ]);
    let plan = technique.lower(&dense(), &given, &config).unwrap();
    let edit = |layer, keys, values| {
        Edit::from(KvBits { layer, keys, values, group_size: 64, sink: 1, recent: 16, ..KvBits::default() })
    };
    assert_eq!(plan.edits(), [edit(0, 4, 2), edit(2, 16, 2), edit(3, 2, 16)]);
}

#[test]
fn costs_are_bits_per_element_and_bytes_per_token() {
    let technique = &*KV_BITS;
    let given = options(&[("group-size", OptionValue::Int(32)), ("average", OptionValue::Real(16.0))]);
    let costs = technique.cost(&dense(), &given, &everywhere(AT_4, AT_16)).unwrap();
    // 4 bits and one of overhead for keys, 16 for values; 2 · 4 layers · 2 heads · 64 channels.
    assert_eq!((costs[0].resource.as_str(), costs[0].value, costs[0].dense), ("bits", 10.5, 16.0));
    assert_eq!((costs[1].resource.as_str(), costs[1].unit.as_str()), ("cache", "bytes/token"));
    assert_eq!((costs[1].value, costs[1].dense), (1024.0 * 10.5 / 8.0, 2048.0));
}

#[test]
fn baselines_stand_on_both_sides_of_the_budget() {
    let technique = &*KV_BITS;
    let baselines = |given: &Settings| {
        let baselines = technique.baselines(&dense(), given, &[]).unwrap();
        baselines.into_iter().map(|baseline| (baseline.name, baseline.config)).collect::<Vec<_>>()
    };
    let named = |name: &str, config| (name.to_owned(), config);
    // Of the pairs that cost 3.0, keys 3 with values 2 is more even than keys 4 with values 1.
    assert_eq!(
        baselines(&average(3.25)),
        [
            named("default", everywhere(AT_2, AT_2)),
            named("uniform-within", everywhere(AT_2, AT_2)),
            named("uniform", everywhere(AT_3, AT_3)),
            named("keys-first", everywhere(AT_3, AT_2)),
        ]
    );
    // A budget that a uniform level meets exactly.
    assert_eq!(baselines(&average(3.5))[2], named("uniform", everywhere(AT_3, AT_3)));
    // No level costs as much as the budget: there is no uniform configuration of the same or larger cost.
    let low = options(&[("levels", OptionValue::Ints(vec![4, 2, 2])), ("average", OptionValue::Real(9.0))]);
    let names: Vec<String> = baselines(&low).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["default", "uniform-within", "keys-first"]);
}

#[test]
fn damages_are_the_errors_of_the_cache_that_is_described() {
    let technique = &*KV_BITS;
    let given = options(&[
        ("levels", OptionValue::Ints(vec![2, 4, 16])),
        ("group-size", OptionValue::Int(32)),
        ("recent", OptionValue::Int(16)),
        ("average", OptionValue::Real(16.0)),
    ]);
    let asked = technique.damage_signals(&dense(), &given).unwrap().unwrap();
    let texts: Vec<String> = asked.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["kv-quantisation-error(bits:[2, 4],group-size:32,recent:16,sink:4)"]);
    // 4 layers, 2 KV heads, 2 parts, 2 widths; the two heads of a layer share their bits.
    let axes = [("layer", 4), ("kv-head", 2), ("part", 2), ("bits", 2)];
    let mut signal = Signal {
        name: "kv-quantisation-error".into(),
        axes: axes.map(|(name, len)| Axis::new(name, len)).to_vec(),
        values: (0..32).map(f64::from).collect(),
    };
    let damages = technique.sensitivities(&dense(), &given, &[signal.clone()]).unwrap().unwrap();
    assert_eq!((damages.len(), damages[0].len()), (1, 8));
    // Layer 1, values: heads 0 and 1 have errors 10, 11 and 14, 15.
    assert_eq!(damages[0][3], [24.0, 26.0, 0.0]);
    // Heads with bits of their own: layer 1, head 1, keys. Keys and values that share them: layer 1.
    let with = |name: &str, value: &str| {
        let mut given = given.clone();
        given.insert(name.to_owned(), OptionValue::Text(value.to_owned()));
        technique.sensitivities(&dense(), &given, &[signal.clone()]).unwrap().unwrap().remove(0)
    };
    let heads = with("heads", "kv-head");
    assert_eq!((heads.len(), &heads[6][..]), (16, &[12.0, 13.0, 0.0][..]));
    let together = with("parts", "together");
    assert_eq!((together.len(), &together[1][..]), (4, &[44.0, 48.0, 0.0][..]));
    let missing = technique.sensitivities(&dense(), &given, &[]).unwrap_err();
    assert!(missing.to_string().contains("signal `kv-quantisation-error` was not measured"), "{missing}");
    signal.values[3] = f64::NAN;
    let nan = technique.sensitivities(&dense(), &given, &[signal]).unwrap_err();
    assert!(nan.to_string().contains("the damage of an option of `bits`, layer 0, part 1, is NaN"), "{nan}");
    // Nothing is quantised, so nothing is damaged and nothing measured.
    let exact = options(&[("levels", OptionValue::Ints(vec![16])), ("average", OptionValue::Real(16.0))]);
    assert_eq!(technique.damage_signals(&dense(), &exact), Ok(Some(vec![])));
    assert_eq!(technique.sensitivities(&dense(), &exact, &[]).unwrap(), Some(vec![vec![vec![0.0]; 8]]));
}

#[test]
fn numbers_that_do_not_fit_are_refused_with_a_way_out() {
    let refusal = |given: &[(&str, OptionValue)]| match KV_BITS.space(&dense(), &options(given)) {
        Err(failure) => match failure.kind {
            FailureKind::Refused(words) => words,
            other => panic!("{other:?}"),
        },
        Ok(space) => panic!("{space:?}"),
    };
    assert_eq!(
        refusal(&[("average", OptionValue::Real(1.25))]),
        "`average` is 1.25 bits, but the cheapest level, 1, takes 1.5 with scale and zero point; \
         raise `average` to 1.5 or more"
    );
    assert!(
        refusal(&[("group-size", OptionValue::Int(48))]).contains("does not divide the 64 channels per head")
    );
    assert!(refusal(&[("levels", OptionValue::Ints(vec![4, 12]))]).contains("`levels` contains 12"));
    assert!(refusal(&[("levels", OptionValue::Ints(vec![]))]).contains("expected a list of whole numbers"));
}

#[test]
fn heads_have_bits_of_their_own_and_agreeing_ones_are_one_edit() {
    let given =
        options(&[("heads", OptionValue::Text("kv-head".into())), ("average", OptionValue::Real(3.25))]);
    let space = KV_BITS.space(&dense(), &given).unwrap();
    let bits = &space.dimensions()[0];
    assert_eq!((bits.cells(), bits.place(7)), (16, "layer 1, kv-head 1, part 1".to_owned()));
    // 12 of 16 cells at 3.5 and the rest at 2.5 are 3.25 exactly.
    let mut cells = [AT_3; 16];
    cells[..4].fill(AT_2);
    space.check(&indices(&cells)).unwrap();
    cells[0] = AT_3;
    assert!(space.check(&indices(&cells)).unwrap_err().to_string().contains("3.3125"));
    let baselines = KV_BITS.baselines(&dense(), &given, &[]).unwrap();
    assert!(baselines.iter().all(|baseline| space.check_domains(&baseline.config).is_ok()));
    // Keys 4 and values 2 at both heads of every layer are the plan of a layer that has one pair.
    let apart = indices(&[AT_4, AT_2].repeat(8));
    let plan = KV_BITS.lower(&dense(), &given, &apart).unwrap();
    assert_eq!(plan, KV_BITS.lower(&dense(), &average(3.25), &everywhere(AT_4, AT_2)).unwrap());
    assert_eq!(plan.edits().len(), 4);
}

#[test]
fn keys_and_values_that_go_together_are_a_smaller_space_of_the_same_plans() {
    let given =
        options(&[("parts", OptionValue::Text("together".into())), ("average", OptionValue::Real(3.25))]);
    let space = KV_BITS.space(&dense(), &given).unwrap();
    let bits = &space.dimensions()[0];
    assert_eq!((bits.cells(), bits.place(1)), (4, "layer 1".to_owned()));
    let tied = indices(&[AT_4, AT_2, AT_3, AT_2]);
    let apart = indices(&[AT_4, AT_4, AT_2, AT_2, AT_3, AT_3, AT_2, AT_2]);
    let plan = KV_BITS.lower(&dense(), &given, &tied).unwrap();
    assert_eq!(plan, KV_BITS.lower(&dense(), &average(3.25), &apart).unwrap());
    let cost = KV_BITS.cost(&dense(), &given, &tied).unwrap();
    assert_eq!(cost, KV_BITS.cost(&dense(), &average(3.25), &apart).unwrap());
    // What it costs is what the budget counts: 3.25 bits are 4.5, 2.5, 3.5 and 2.5 of stored ones.
    assert_eq!(cost[0].value, 3.25);
    space.check(&tied).unwrap();
    assert!(space.check(&indices(&[AT_4, AT_3, AT_3, AT_2])).is_err());
    let names: Vec<String> = KV_BITS
        .baselines(&dense(), &given, &[])
        .unwrap()
        .into_iter()
        .map(|baseline| {
            space.check_domains(&baseline.config).unwrap();
            baseline.name
        })
        .collect();
    assert_eq!(names, ["default", "uniform-within", "uniform"]);
}

#[test]
fn smoothing_is_a_choice_per_layer_where_there_is_more_than_one_exponent() {
    let given = options(&[("smoothing", OptionValue::Ints(vec![50, 0, 75]))]);
    let space = KV_BITS.space(&dense(), &given).unwrap();
    assert_eq!(space.dimensions().len(), 2);
    assert_eq!(space.dimensions()[1].domain, Domain::Level { levels: vec![0.0, 0.5, 0.75] });
    assert_eq!(space.dimensions()[1].cells(), 4);
    // Baselines do not smooth, and are the plans that they are without the choice.
    for baseline in KV_BITS.baselines(&dense(), &given, &[]).unwrap() {
        space.check_domains(&baseline.config).unwrap();
        let cells = baseline.config.dimensions()[0].clone();
        let plain = KV_BITS.lower(&dense(), &Settings::new(), &Config::new(vec![cells])).unwrap();
        assert_eq!(KV_BITS.lower(&dense(), &given, &baseline.config).unwrap(), plain);
    }
}

#[test]
fn codes_shrink_by_halves() {
    let space = |levels: &[i64], from| {
        let given = options(&[
            ("levels", OptionValue::Ints(levels.to_vec())),
            ("shrink-from", OptionValue::Int(from)),
        ]);
        KV_BITS.space(&dense(), &given).map_err(|failure| failure.to_string())
    };
    assert!(space(&[1, 2, 4, 8, 16], 16).is_ok());
    assert!(space(&[2, 4, 16], 4).is_ok());
    let three = space(&[2, 3, 4], 8).unwrap_err();
    assert!(three.contains("`levels` contains 3, which 8 bits (`shrink-from`) halved"), "{three}");
    assert!(space(&[2, 4, 8], 4).unwrap_err().contains("`levels` contains 8"));
    assert!(space(&[2], 6).unwrap_err().contains("bits halve from 2, 4, 8 or 16"));
}

#[test]
fn heads_that_differ_are_edits_of_their_own_smoothed_and_shrunk() {
    let given = options(&[
        ("heads", OptionValue::Text("kv-head".into())),
        ("levels", OptionValue::Ints(vec![2, 4, 16])),
        ("average", OptionValue::Real(16.0)),
        ("smoothing", OptionValue::Ints(vec![75])),
        ("shrink-from", OptionValue::Int(16)),
    ]);
    // Keys 4 and values 2 at one head, exact keys and values 2 at the other; other layers are exact.
    let mut cells = [2; 16];
    cells[..4].copy_from_slice(&[1, 0, 2, 0]);
    let plan = KV_BITS.lower(&dense(), &given, &indices(&cells)).unwrap();
    let edit = |head, keys, smoothing| {
        Edit::from(KvBits {
            layer: 0,
            kv_head: Some(head),
            keys,
            values: 2,
            group_size: 64,
            sink: 4,
            recent: 32,
            smoothing,
            shrink_from: Some(16),
            ..KvBits::default()
        })
    };
    assert_eq!(plan.edits(), [edit(0, 4, Some(0.75)), edit(1, 16, None)]);
}
