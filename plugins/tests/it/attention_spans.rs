//! `attention-spans`: MoA's grid, budgets at several lengths, plan, costs and baselines.

use std::collections::BTreeMap;

use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Edit;
use attune_core::space::{Axis, Config, Constraint, Domain, Space};
use attune_core::technique::{FailureKind, Signal, Technique as _};
use attune_vocabulary::edits::AttentionSpan;

use crate::models::{ATTENTION_SPANS, dense, indices, options};

fn space(given: &Settings) -> Space {
    ATTENTION_SPANS.space(&dense(), given).unwrap()
}

fn rules(space: &Space) -> Vec<String> {
    match &space.dimensions()[0].domain {
        Domain::Choice { options } => options.clone(),
        other => panic!("{other:?}"),
    }
}

/// The position of a rule.
fn rule(given: &Settings, name: &str) -> u32 {
    let rules = rules(&space(given));
    let position = rules.iter().position(|rule| rule == name);
    position.unwrap_or_else(|| panic!("no {name} in {rules:?}")) as u32
}

/// The example model has 4 layers of 2 KV heads and a context of 2,048: lengths 256, 512, 1,024 and 2,048.
fn everywhere(rule: u32) -> Config {
    indices(&[rule; 8])
}

#[test]
fn the_grid_is_that_of_the_released_code() {
    // 11 α from −2,048 to 8,192 times 9 β, filtered at 2k, 8k and 16k; 13 α and 56 rules from 4k on.
    let of = |shortest: i64, profiled: i64, longest: i64, step: i64| {
        let given =
            [("shortest", shortest), ("profiled", profiled), ("longest", longest), ("alpha-step", step)];
        space(&given.map(|(name, value)| (name.to_owned(), OptionValue::Int(value))).into_iter().collect())
    };
    let paper = rules(&of(2048, 8192, 16_384, 1024));
    assert_eq!(paper.len(), 48);
    assert_eq!(rules(&of(4096, 8192, 16_384, 1024)).len(), 56);
    // Nothing looks at a negative span, beyond the sequence, or beyond what is profiled.
    for expected in ["0+1N", "8192+0N", "-1024+1N", "-2048+1N", "1024+0.875N"] {
        let (found, wanted) = (paper.iter().any(|name| name == expected), expected != "-2048+1N");
        assert_eq!(found, wanted, "{expected} in {paper:?}");
    }
    // Everything but the longest length follows from it in the same proportions.
    let derived = |longest: i64| space(&options(&[("longest", OptionValue::Int(longest))]));
    assert_eq!(derived(16_384), of(2048, 8192, 16_384, 1024));
    assert_eq!(rules(&derived(512)).len(), 48);
}

#[test]
fn budgets_hold_at_every_length_and_the_longest_is_not_profiled() {
    let given = options(&[("sink", OptionValue::Int(0))]);
    let space = space(&given);
    let names: Vec<&str> = space.budgets().map(|budget| budget.resource.as_str()).collect();
    assert_eq!(names, ["density-256", "density-512", "density-1024", "density-2048"]);
    assert!(space.budgets().all(|budget| budget.limit == 0.5));
    space.check(&everywhere(rule(&given, "0+0.5N"))).unwrap();
    // A window of 256 tokens is everything at 256 and an eighth at 2,048.
    let window = space.check(&everywhere(rule(&given, "256+0N"))).unwrap_err();
    assert!(window.to_string().contains("`density-256`: 1 share of positions"), "{window}");
    // The other way round for a span that lags behind: half at 1,024, more than half only beyond.
    let lagging = space.check(&everywhere(rule(&given, "-128+0.625N"))).unwrap_err();
    assert!(lagging.to_string().contains("`density-2048`: 0.5625"), "{lagging}");
    // Sinks are kept beside the span and are counted.
    let default = Settings::new();
    let over = self::space(&default).check(&everywhere(rule(&default, "0+0.5N"))).unwrap_err();
    assert!(over.to_string().contains("`density-256`: 0.515625"), "{over}");
}

#[test]
fn a_layer_has_few_different_rules() {
    let distinct = |space: &Space| {
        let of = |constraint: &Constraint| match constraint {
            Constraint::Distinct { by, at_most, .. } => Some((by.clone(), *at_most)),
            _ => None,
        };
        space.constraints().iter().find_map(of)
    };
    let one = options(&[("rules", OptionValue::Int(1))]);
    assert_eq!(distinct(&space(&one)), Some((vec!["layer".to_owned()], 1)));
    let (some, other) = (rule(&one, "128+0.125N"), rule(&one, "0+0.125N"));
    space(&one).check(&indices(&[some, some, other, other, some, some, other, other])).unwrap();
    let mixed = space(&one).check(&indices(&[some, other, other, other, some, some, other, other]));
    assert!(mixed.unwrap_err().to_string().contains("misses by 1"));
    // Two heads cannot follow three rules.
    assert_eq!(distinct(&space(&options(&[("rules", OptionValue::Int(2))]))), None);
}

#[test]
fn every_head_gets_an_edit_unless_it_sees_everything() {
    let given = options(&[("sink", OptionValue::Int(3))]);
    let [full, window, grows] = ["0+1N", "128+0N", "-128+0.75N"].map(|name| rule(&given, name));
    let config = indices(&[full, window, full, full, grows, full, full, full]);
    let edit =
        |layer, kv_head, alpha, beta| Edit::from(AttentionSpan { layer, kv_head, sink: 3, alpha, beta });
    let plan = ATTENTION_SPANS.lower(&dense(), &given, &config).unwrap();
    assert_eq!(plan.edits(), [edit(0, 1, 128.0, 0.0), edit(2, 0, -128.0, 0.75)]);
    // With one rule per layer, all heads of the layer follow it.
    let given = options(&[("sink", OptionValue::Int(3)), ("unit", OptionValue::Text("layer".into()))]);
    let plan = ATTENTION_SPANS.lower(&dense(), &given, &indices(&[full, full, window, full])).unwrap();
    assert_eq!(plan.edits(), [edit(2, 0, 128.0, 0.0), edit(2, 1, 128.0, 0.0)]);
}

#[test]
fn costs_are_densities_and_bytes_at_every_length() {
    let given = options(&[("sink", OptionValue::Int(4))]);
    let [full, window] = ["0+1N", "128+0N"].map(|name| rule(&given, name));
    let config = indices(&[full, window, full, window, full, window, full, window]);
    let costs = ATTENTION_SPANS.cost(&dense(), &given, &config).unwrap();
    let costs: BTreeMap<&str, (f64, f64)> =
        costs.iter().map(|cost| (cost.resource.as_str(), (cost.value, cost.dense))).collect();
    assert_eq!(costs.len(), 8);
    // 132 of 256 and of 2,048 positions at every other head.
    assert_eq!(costs["density-256"], ((1.0 + 132.0 / 256.0) / 2.0, 1.0));
    assert_eq!(costs["density-2048"], ((1.0 + 132.0 / 2048.0) / 2.0, 1.0));
    // Keys and values of 4 layers, 2 heads and 64 channels in 2 bytes.
    assert_eq!(costs["cache-2048"], (2048.0 * (1.0 + 132.0 / 2048.0) / 2.0, 2048.0));
}

#[test]
fn baselines_are_windows_shares_and_a_pyramid() {
    let given = options(&[("sink", OptionValue::Int(0))]);
    let baselines = |given: &Settings| -> BTreeMap<String, Config> {
        let found = ATTENTION_SPANS.baselines(&dense(), given, &[]).unwrap();
        found.into_iter().map(|baseline| (baseline.name, baseline.config)).collect()
    };
    let found = baselines(&given);
    let uniform = |name: &str| everywhere(rule(&given, name));
    assert_eq!(found["default"], uniform("0+0.5N"));
    // Half of 1,024 positions, and half of 256.
    assert_eq!(found["uniform"], uniform("512+0N"));
    assert_eq!(found["uniform-within"], uniform("128+0N"));
    assert_eq!(found["elastic"], uniform("0+0.5N"));
    assert_eq!(found["elastic-within"], uniform("0+0.5N"));
    // Aims of 0.975, 0.658, 0.342 and 0.025, in eighths that carry what is left over.
    let shares = ["0+0.875N", "0+0.75N", "0+0.25N", "0+0.125N"].map(|name| rule(&given, name));
    let [a, b, c, d] = shares;
    assert_eq!(found["pyramid"], indices(&[a, a, b, b, c, c, d, d]));
    for name in ["default", "uniform-within", "elastic-within", "pyramid"] {
        space(&given).check(&found[name]).unwrap_or_else(|violation| panic!("{name}: {violation}"));
    }
    // With sinks, a half is a little more than half; and without growing spans there are windows only.
    assert_eq!(baselines(&Settings::new())["elastic-within"], uniform("0+0.375N"));
    let rigid = options(&[("elastic", OptionValue::Bool(false)), ("sink", OptionValue::Int(0))]);
    let names: Vec<String> = baselines(&rigid).into_keys().collect();
    assert_eq!(names, ["default", "uniform", "uniform-within"]);
}

#[test]
fn numbers_that_do_not_fit_are_refused_with_a_way_out() {
    let refusal = |given: &[(&str, OptionValue)]| match ATTENTION_SPANS.space(&dense(), &options(given)) {
        Err(failure) => match failure.kind {
            FailureKind::Refused(words) => words,
            other => panic!("{other:?}"),
        },
        Ok(space) => panic!("{space:?}"),
    };
    let tight = refusal(&[("density", OptionValue::Real(0.1)), ("sink", OptionValue::Int(64))]);
    assert!(tight.contains("keeps 0.375 of 256 tokens; raise `density`"), "{tight}");
    let order = refusal(&[("profiled", OptionValue::Int(4096))]);
    assert!(order.contains("`profiled` 4096 and `longest` 2048; they have to ascend"), "{order}");
    let many = refusal(&[("alpha-step", OptionValue::Int(1))]);
    assert!(many.contains("raise `alpha-step`"), "{many}");
}

#[test]
fn damages_are_the_influence_beyond_the_span() {
    // Two heads of each of four layers, a sequence of 512 tokens; the influence of distance d is 1, and 2 at head 1.
    let tokens = 512_usize;
    let axes = [("layer", 4), ("kv-head", 2), ("distance", tokens as u32)];
    let signal = Signal {
        name: "attention-influence".into(),
        axes: axes.map(|(name, len)| Axis::new(name, len)).to_vec(),
        values: (0..8).flat_map(|head| vec![if head % 2 == 0 { 1.0 } else { 2.0 }; tokens]).collect(),
    };
    let given = options(&[("sink", OptionValue::Int(0))]);
    let asked = ATTENTION_SPANS.damage_signals(&dense(), &given).unwrap().unwrap();
    assert_eq!(asked[0].to_string(), "attention-influence(sink:0)");
    let damages = |given: &Settings| {
        ATTENTION_SPANS
            .sensitivities(&dense(), given, std::slice::from_ref(&signal))
            .unwrap()
            .unwrap()
            .remove(0)
    };
    let heads = damages(&given);
    assert_eq!((heads.len(), heads[0].len()), (8, 48));
    let of = |cell: usize, name: &str| heads[cell][rule(&given, name) as usize];
    // A window of 256 sees distances 0 to 255; a share of a quarter 0 to 127; full and longer ones everything.
    assert_eq!((of(0, "256+0N"), of(1, "256+0N")), (256.0, 512.0));
    assert_eq!((of(2, "0+0.25N"), of(3, "0+0.25N")), (384.0, 768.0));
    assert_eq!((of(0, "0+1N"), of(0, "512+0N")), (0.0, 0.0));
    // Heads of a layer that share a rule are added up.
    let layers =
        damages(&options(&[("sink", OptionValue::Int(0)), ("unit", OptionValue::Text("layer".into()))]));
    assert_eq!((layers.len(), layers[0][rule(&given, "256+0N") as usize]), (4, 768.0));
    let missing = ATTENTION_SPANS.sensitivities(&dense(), &given, &[]).unwrap_err().to_string();
    assert!(missing.contains("signal `attention-influence` was not measured"), "{missing}");
    let other = Signal { axes: vec![Axis::new("layer", 4)], values: vec![0.0; 4], ..signal.clone() };
    let other = ATTENTION_SPANS.sensitivities(&dense(), &given, &[other]).unwrap_err().to_string();
    assert!(other.contains("expected axes [\"layer\", \"kv-head\", \"distance\"]"), "{other}");
}
