//! `activation-bits`: two budgets that are met exactly, the edits of both, costs and baselines.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Edit;
use attune_core::rng;
use attune_core::space::{Config, Domain, Space, Value};
use attune_core::technique::{FailureKind, Technique as _};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::Module;
use attune_vocabulary::edits::{ActivationBits, Grid, Range, WeightBits};

use crate::models::{ACTIVATION_BITS, WEIGHT_BITS, dense, indices, mixture, options, some_layers};

/// Channels of the inputs of q, k, v; of o; of gate, up; and of down, in the example model.
const ROWS: [f64; 4] = [256.0, 256.0, 256.0, 512.0];
const ROW: f64 = 1280.0;

/// Levels 4, 6 and 8 by position.
const AT_4: u32 = 0;
const AT_6: u32 = 1;
const AT_8: u32 = 2;

fn refusal(model: &Facts, given: &[(&str, OptionValue)]) -> String {
    match ACTIVATION_BITS.space(model, &options(given)) {
        Err(failure) => match failure.kind {
            FailureKind::Refused(words) => words,
            other => panic!("{other:?}"),
        },
        Ok(space) => panic!("{space:?}"),
    }
}

fn ints(values: &[i64]) -> OptionValue {
    OptionValue::Ints(values.to_vec())
}

/// Activations and weights are searched.
fn both() -> Settings {
    options(&[
        ("average", OptionValue::Real(6.5)),
        ("weight-levels", ints(&[2, 3, 4])),
        ("weight-average", OptionValue::Real(3.75)),
    ])
}

fn pair(activations: &[u32], weights: &[u32]) -> Config {
    let cells = |cells: &[u32]| cells.iter().copied().map(Value::Index).collect::<Vec<Value>>();
    Config::new(vec![cells(activations), cells(weights)])
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
}

fn used(space: &Space, config: &Config) -> Vec<f64> {
    space.budgets().map(|budget| budget.used(config)).collect()
}

#[test]
fn inputs_count_by_their_channels_and_rows() {
    let space = ACTIVATION_BITS.space(&dense(), &Settings::new()).unwrap();
    let bits = &space.dimensions()[0];
    assert_eq!((space.dimensions().len(), bits.name.as_str(), bits.cells()), (1, "activations", 16));
    assert_eq!(bits.domain, Domain::Level { levels: vec![4.0, 6.0, 8.0] });
    assert_eq!(bits.place(6), "layer 1, input 2");
    // The budget is met to the bit: `down` of one layer up, two narrower inputs down.
    let mut cells = [AT_6; 16];
    (cells[3], cells[4], cells[9]) = (AT_8, AT_4, AT_4);
    space.check(&indices(&cells)).unwrap();
    close(used(&space, &indices(&cells))[0], 6.0);
    cells[9] = AT_6;
    close(used(&space, &indices(&cells))[0], 6.0 + 2.0 * (ROWS[3] - ROWS[0]) / ROW / 4.0);
    let over = space.check(&indices(&cells)).unwrap_err().to_string();
    assert!(over.contains("budget `activation-bits`"), "{over}");
    // Each token gives `down` a row for each of its 2 experts.
    let mixed = ACTIVATION_BITS.space(&mixture(), &Settings::new()).unwrap();
    let mut cells = [AT_4; 16];
    cells[7] = AT_8;
    close(used(&mixed, &indices(&cells))[0], 4.0 + 4.0 * 2.0 * ROWS[3] / (ROW + ROWS[3]) / 4.0);
}

#[test]
fn drawn_configs_keep_both_budgets_and_costs_say_what_they_take() {
    let space = ACTIVATION_BITS.space(&mixture(), &both()).unwrap();
    let limits: Vec<f64> = space.budgets().map(|budget| budget.limit).collect();
    assert_eq!(limits, [6.5, 3.75]);
    let names: Vec<&str> = space.dimensions().iter().map(|dimension| dimension.name.as_str()).collect();
    assert_eq!((names, space.dimensions()[1].cells()), (vec!["activations", "weights"], 28));
    for index in 0..50 {
        let config = space.sample(&mut rng::derive(1, "budgets", &[index])).unwrap();
        space.check(&config).unwrap();
        let costs = ACTIVATION_BITS.cost(&mixture(), &both(), &config).unwrap();
        let used = used(&space, &config);
        assert!((costs[0].value - used[0]).abs() < 1e-9 && (costs[1].value - used[1]).abs() < 1e-9);
        assert!(used[0] <= 6.5 + 1e-9 && used[1] <= 3.75 + 1e-9, "{used:?}");
    }
}

#[test]
fn every_module_that_reads_an_input_gets_its_bits() {
    let given = options(&[("levels", ints(&[8, 4, 16])), ("average", OptionValue::Real(16.0))]);
    let mut cells = [2; 16];
    (cells[0], cells[5], cells[10], cells[15]) = (0, 1, 1, 0);
    let plan = ACTIVATION_BITS.lower(&dense(), &given, &indices(&cells)).unwrap();
    let edit = |layer, module, bits| {
        Edit::from(ActivationBits {
            layer,
            module: Some(module),
            bits,
            range: Range::Token,
            grid: Grid::Affine,
            group_size: None,
        })
    };
    let expected = [
        edit(0, Module::Query, 4),
        edit(0, Module::Key, 4),
        edit(0, Module::Value, 4),
        edit(1, Module::Output, 8),
        edit(2, Module::Gate, 8),
        edit(2, Module::Up, 8),
        edit(3, Module::Down, 4),
    ];
    assert_eq!(plan.edits().len(), expected.len(), "exact inputs get no edit");
    assert!(expected.iter().all(|edit| plan.edits().contains(edit)), "{plan:?}");
    assert_eq!(attune_vocabulary::model().conflict(&plan), None);
    // The grid is the one that was asked for.
    let given = options(&[
        ("range", OptionValue::Text("tensor".into())),
        ("grid", OptionValue::Text("symmetric".into())),
        ("group-size", OptionValue::Int(64)),
    ]);
    let plan = ACTIVATION_BITS.lower(&dense(), &given, &indices(&[AT_8; 16])).unwrap();
    let down = ActivationBits {
        layer: 3,
        module: Some(Module::Down),
        bits: 8,
        range: Range::Tensor,
        grid: Grid::Symmetric,
        group_size: Some(64),
    };
    assert!(plan.edits().contains(&Edit::from(down)), "{plan:?}");
    assert_eq!(plan.edits().len(), 28);
}

#[test]
fn one_level_of_weights_is_no_dimension_and_the_same_everywhere() {
    let given = options(&[("weight-levels", ints(&[4])), ("weight-group-size", OptionValue::Int(32))]);
    let space = ACTIVATION_BITS.space(&dense(), &given).unwrap();
    assert_eq!((space.dimensions().len(), space.budgets().count()), (1, 1));
    let plan = ACTIVATION_BITS.lower(&dense(), &given, &indices(&[AT_6; 16])).unwrap();
    let weights: Vec<&Edit> = plan.edits().iter().filter(|edit| edit.kind == "weight-bits").collect();
    assert_eq!((plan.edits().len(), weights.len()), (56, 28));
    let edit = WeightBits {
        layer: 2,
        module: Module::Down,
        expert: None,
        bits: 4,
        group_size: 32,
        grid: None,
        rounding: None,
    };
    assert!(weights.contains(&&Edit::from(edit)));
    let costs = ACTIVATION_BITS.cost(&dense(), &given, &indices(&[AT_6; 16])).unwrap();
    let texts: Vec<String> = costs.iter().map(|cost| format!("{} {}", cost.resource, cost.unit)).collect();
    assert_eq!(texts, ["activation-bits bits/activation", "bits bits/weight", "weights bytes"]);
    close(costs[0].value, 6.0);
    close(costs[1].value, 5.0);
    // 4 · (2 · 256 · 256 + 2 · 256 · 128 + 3 · 256 · 512) weights of 5 bits.
    assert_eq!((costs[2].value, costs[2].dense), (2_359_296.0 * 5.0 / 8.0, 2_359_296.0 * 2.0));
    // The other way round: fixed activations, searched weights, and the plan of `weight-bits` is part of it.
    let given = options(&[
        ("levels", ints(&[8])),
        ("average", OptionValue::Real(8.0)),
        ("weight-levels", ints(&[3, 4])),
    ]);
    let space = ACTIVATION_BITS.space(&dense(), &given).unwrap();
    assert_eq!((space.dimensions()[0].name.as_str(), space.dimensions()[0].cells()), ("weights", 28));
    let cells = indices(&[0, 1, 1, 0, 1, 0, 1].repeat(4));
    let plan = ACTIVATION_BITS.lower(&dense(), &given, &cells).unwrap();
    let alone = options(&[("levels", ints(&[3, 4])), ("average", OptionValue::Real(16.0))]);
    let weights = WEIGHT_BITS.lower(&dense(), &alone, &cells).unwrap();
    assert!(weights.edits().iter().all(|edit| plan.edits().contains(edit)));
    assert_eq!(plan.edits().len(), 28 + weights.edits().len());
    let cost = |technique: &attune_plugins::WasmTechnique, given: &Settings| {
        technique.cost(&dense(), given, &cells).unwrap()
    };
    let (ours, theirs) = (cost(&ACTIVATION_BITS, &given), cost(&WEIGHT_BITS, &alone));
    let names = |costs: &[attune_core::technique::Cost]| {
        costs.iter().map(|cost| (cost.resource.clone(), cost.unit.clone(), cost.dense)).collect::<Vec<_>>()
    };
    assert_eq!(names(&ours[1..]), names(&theirs));
    close(ours[1].value, theirs[0].value);
    assert_eq!(ours[2].value, theirs[1].value);
}

#[test]
fn exact_weights_need_no_group_size_that_divides() {
    let odd = Facts::from(ModelFacts {
        hidden: 264,
        heads: 4,
        head_dim: 66,
        feed_forward: 500,
        ..ModelFacts::of(&dense())
    });
    ACTIVATION_BITS.space(&odd, &Settings::new()).unwrap();
    let costs = ACTIVATION_BITS.cost(&odd, &Settings::new(), &indices(&[AT_4; 16])).unwrap();
    let values: Vec<f64> = costs.iter().map(|cost| cost.value).collect();
    assert_eq!(values, [4.0, 16.0, costs[2].dense], "sums are exact");
    let refused = refusal(&odd, &[("weight-levels", ints(&[4]))]);
    assert!(refused.contains("`weight-group-size` is 64, which does not divide the 264 inputs of `q`"));
}

#[test]
fn nothing_to_search_is_one_config() {
    let given = options(&[("levels", ints(&[6])), ("weight-levels", ints(&[4]))]);
    let space = ACTIVATION_BITS.space(&dense(), &given).unwrap();
    let config = indices(&[0; 16]);
    space.check(&config).unwrap();
    assert_eq!(ACTIVATION_BITS.lower(&dense(), &given, &config).unwrap().edits().len(), 56);
}

#[test]
fn baselines_are_the_uniform_levels_of_either_budget() {
    let baselines = |given: &Settings| {
        let space = ACTIVATION_BITS.space(&dense(), given).unwrap();
        let found = ACTIVATION_BITS.baselines(&dense(), given, &[]).unwrap();
        found.iter().for_each(|baseline| space.check_domains(&baseline.config).unwrap());
        space.check(&found[0].config).unwrap();
        found.into_iter().map(|baseline| (baseline.name, baseline.config)).collect::<Vec<_>>()
    };
    let alone = |name: &str, level| (name.to_owned(), indices(&[level; 16]));
    assert_eq!(
        baselines(&Settings::new()),
        [alone("default", AT_6), alone("uniform", AT_6), alone("uniform-4", AT_4), alone("uniform-6", AT_6)]
    );
    let seven = baselines(&options(&[("average", OptionValue::Real(7.0))]));
    assert_eq!(seven[..2], [alone("default", AT_6), alone("uniform", AT_8)]);
    let named = |name: &str, a, w| (name.to_owned(), pair(&[a; 16], &[w; 28]));
    assert_eq!(
        baselines(&both()),
        [
            named("default", AT_6, 1),
            named("uniform", AT_8, 2),
            named("uniform-w2a4", AT_4, 0),
            named("uniform-w2a6", AT_6, 0),
            named("uniform-w3a4", AT_4, 1),
            named("uniform-w3a6", AT_6, 1),
        ]
    );
    // Fixed activations: the levels are those of the weights.
    let weights = options(&[
        ("levels", ints(&[8])),
        ("average", OptionValue::Real(8.0)),
        ("weight-levels", ints(&[3, 4])),
        ("weight-average", OptionValue::Real(4.0)),
    ]);
    let names: Vec<String> = baselines(&weights).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["default", "uniform", "uniform-3"]);
}

#[test]
fn numbers_that_do_not_fit_are_refused_with_a_way_out() {
    let low = refusal(&dense(), &[("average", OptionValue::Real(3.0))]);
    assert_eq!(
        low,
        "`average` is 3 bits, but the cheapest of `levels`, 4, takes 4; raise `average` to 4 or more"
    );
    let low = refusal(&dense(), &[("weight-levels", ints(&[4])), ("weight-average", OptionValue::Real(4.0))]);
    assert!(low.contains("the cheapest of `weight-levels`, 4, takes 4.5"), "{low}");
    assert!(refusal(&dense(), &[("levels", ints(&[4, 7]))]).contains("`levels` contains 7"));
    assert!(refusal(&dense(), &[("weight-levels", ints(&[9]))]).contains("`weight-levels` contains 9"));
    let group = refusal(&dense(), &[("group-size", OptionValue::Int(96))]);
    assert!(group.contains("`group-size` is 96, which does not divide the 256 inputs of `q`"), "{group}");
    let generator =
        Facts::from(ModelFacts { family: "attune_denoiser".into(), heads: 0, ..ModelFacts::of(&dense()) });
    assert!(refusal(&generator, &[]).contains("has no transformer blocks"));
}

#[test]
fn layers_without_experts_have_rows_and_weights_of_their_own() {
    let space = ACTIVATION_BITS.space(&some_layers(), &both()).unwrap();
    let cells: Vec<usize> = space.dimensions().iter().map(|dimension| dimension.cells()).collect();
    assert_eq!(cells, [16, 28]);
    assert_eq!(
        space.dimensions()[0].help,
        "bits per activation; inputs are those of q, k and v, of o, of gate and up, and of down"
    );
    // `down` reads 768 channels in the first layer, and two rows of 512 in the others.
    let all = 3.0 * 256.0 + 768.0 + 3.0 * (3.0 * 256.0 + 2.0 * 512.0);
    let down = |layer: usize| {
        let mut cells = [AT_4; 16];
        cells[4 * layer + 3] = AT_8;
        used(&space, &pair(&cells, &[0; 28]))[0] - 4.0
    };
    close(down(0), 4.0 * 768.0 / all);
    close(down(2), 4.0 * 1024.0 / all);
    let costs = ACTIVATION_BITS.cost(&some_layers(), &both(), &pair(&[AT_4; 16], &[2; 28])).unwrap();
    let weights = |inner: f64, experts: f64| 196_608.0 + 3.0 * 256.0 * inner * experts;
    let weights = weights(768.0, 1.0) + 3.0 * weights(512.0, 8.0);
    assert_eq!((costs[2].value, costs[2].dense), (weights * 4.5 / 8.0, weights * 2.0));
    let plan = ACTIVATION_BITS.lower(&some_layers(), &both(), &pair(&[AT_4; 16], &[0; 28])).unwrap();
    assert_eq!((plan.edits().len(), attune_vocabulary::model().conflict(&plan)), (56, None));
}
