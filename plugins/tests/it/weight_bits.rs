//! `weight-bits`: a budget weighted by parameters, plan, costs and baselines.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Edit;
use attune_core::space::{Config, Domain};
use attune_core::technique::{FailureKind, Technique as _};
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{LinearModules, Matrices, ModelFacts, Module, NamedModule, Rounding};

use crate::models::{WEIGHT_BITS, dense, indices, mixture, options, some_layers};

/// Weights of one layer of the example model: hidden 256, 2 KV heads of 64 channels, inner width 512.
const Q: f64 = 256.0 * 256.0;
const K: f64 = 256.0 * 128.0;
const FEED_FORWARD: f64 = 256.0 * 512.0;
const LAYER: f64 = 2.0 * Q + 2.0 * K + 3.0 * FEED_FORWARD;

/// Levels 2, 3, 4, 5, 6, 8 by position; a weight of a group of 64 takes half a bit more.
const AT_2: u32 = 0;
const AT_3: u32 = 1;
const AT_4: u32 = 2;

fn average(bits: f64) -> Settings {
    options(&[("average", OptionValue::Real(bits))])
}

/// The same levels of q, k, v, o, gate, up and down in all four layers.
fn everywhere(levels: [u32; 7]) -> Config {
    indices(&levels.repeat(4))
}

#[test]
fn modules_count_by_their_weights() {
    let space = WEIGHT_BITS.space(&dense(), &average(3.75)).unwrap();
    let bits = &space.dimensions()[0];
    assert_eq!(bits.domain, Domain::Level { levels: vec![2.0, 3.0, 4.0, 5.0, 6.0, 8.0] });
    assert_eq!((bits.cells(), bits.place(8)), (28, "layer 1, module 1".to_owned()));
    let used = |config: &Config| space.budgets().next().unwrap().used(config);
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    close(used(&everywhere([AT_3; 7])), 3.5);
    // One bit more for a quarter of the layers' `gate`, and for all `k`.
    let mut cells = [AT_3; 28];
    cells[4] = AT_4;
    close(used(&indices(&cells)), 3.5 + FEED_FORWARD / LAYER / 4.0);
    close(used(&everywhere([AT_3, AT_4, AT_3, AT_3, AT_3, AT_3, AT_3])), 3.5 + K / LAYER);
    // Modules of one size trade a level for nothing, which is what EvoPress' switches need.
    close(used(&everywhere([AT_3, AT_4, AT_2, AT_3, AT_2, AT_4, AT_3])), 3.5);
    space.check(&everywhere([AT_4, AT_3, AT_3, AT_3, AT_3, AT_3, AT_3])).unwrap();
    let over = space.check(&everywhere([AT_4, AT_4, AT_4, AT_4, AT_3, AT_3, AT_3])).unwrap_err();
    assert!(over.to_string().contains("budget `bits`"), "{over}");
}

#[test]
fn experts_go_together_or_apart() {
    let roomy = |experts: &str| {
        options(&[("average", OptionValue::Real(16.0)), ("experts", OptionValue::Text(experts.into()))])
    };
    let (together, apart) = (roomy("together"), roomy("apart"));
    let cells = |given| WEIGHT_BITS.space(&mixture(), given).unwrap().dimensions()[0].cells();
    assert_eq!((cells(&together), cells(&apart)), (4 * 7, 4 * (4 + 3 * 8)));
    let used = |given: &Settings, config: &Config| {
        let space = WEIGHT_BITS.space(&mixture(), given).unwrap();
        space.budgets().next().unwrap().used(config)
    };
    let layer = 2.0 * Q + 2.0 * K + 3.0 * 8.0 * FEED_FORWARD;
    // `up` of all experts of layer 0, and of the second one alone.
    let (mut of_all, mut of_one) = (vec![AT_3; 28], vec![AT_3; 112]);
    of_all[5] = AT_4;
    of_one[4 + 3 + 1] = AT_4;
    assert!((used(&together, &indices(&of_all)) - (3.5 + 8.0 * FEED_FORWARD / layer / 4.0)).abs() < 1e-9);
    assert!((used(&apart, &indices(&of_one)) - (3.5 + FEED_FORWARD / layer / 4.0)).abs() < 1e-9);
    let plan = WEIGHT_BITS.lower(&mixture(), &apart, &indices(&of_one)).unwrap();
    let edit = |expert, bits| {
        Edit::from(WeightBits {
            layer: 0,
            module: Module::Up,
            expert: Some(expert),
            bits,
            group_size: 64,
            grid: None,
            rounding: None,
        })
    };
    assert!(plan.edits().contains(&edit(1, 4)) && plan.edits().contains(&edit(0, 3)));
    assert_eq!((plan.edits().len(), attune_vocabulary::model().conflict(&plan)), (112, None));
}

#[test]
fn every_module_gets_an_edit_unless_it_stays_exact() {
    let given = options(&[
        ("levels", OptionValue::Ints(vec![16, 4])),
        ("average", OptionValue::Real(16.0)),
        ("group-size", OptionValue::Int(0)),
    ]);
    let mut cells = [1; 28];
    (cells[2], cells[7 + 6]) = (0, 0);
    let plan = WEIGHT_BITS.lower(&dense(), &given, &indices(&cells)).unwrap();
    let edit = |layer, module, group_size| {
        Edit::from(WeightBits {
            layer,
            module,
            expert: None,
            bits: 4,
            group_size,
            grid: None,
            rounding: None,
        })
    };
    // Whole rows: `down` has more inputs than the others.
    assert_eq!(plan.edits(), [edit(0, Module::Value, 256), edit(1, Module::Down, 512)]);
}

#[test]
fn costs_are_bits_per_weight_and_bytes() {
    let costs = WEIGHT_BITS.cost(&dense(), &average(16.0), &everywhere([AT_4; 7])).unwrap();
    assert_eq!((costs[0].resource.as_str(), costs[0].unit.as_str()), ("bits", "bits/weight"));
    assert!((costs[0].value - 4.5).abs() < 1e-9 && costs[0].dense == 16.0);
    assert_eq!((costs[1].resource.as_str(), costs[1].unit.as_str()), ("weights", "bytes"));
    assert!((costs[1].value - 4.0 * LAYER * 4.5 / 8.0).abs() < 1e-3);
    assert_eq!(costs[1].dense, 4.0 * LAYER * 2.0);
}

#[test]
fn baselines_are_the_uniform_levels() {
    let baselines = |given: &Settings| {
        let found = WEIGHT_BITS.baselines(&dense(), given, &[]).unwrap();
        found.into_iter().map(|baseline| (baseline.name, baseline.config)).collect::<Vec<_>>()
    };
    let named = |name: &str, level| (name.to_owned(), everywhere([level; 7]));
    assert_eq!(
        baselines(&average(3.75)),
        [named("default", AT_3), named("uniform", AT_4), named("uniform-2", AT_2), named("uniform-3", AT_3)]
    );
    // A budget that a uniform level meets exactly.
    let exact = baselines(&average(3.5));
    assert_eq!(exact[..2], [named("default", AT_3), named("uniform", AT_3)]);
    let space = WEIGHT_BITS.space(&dense(), &average(3.5)).unwrap();
    exact.iter().for_each(|(_, config)| space.check(config).unwrap());
}

#[test]
fn numbers_that_do_not_fit_are_refused_with_a_way_out() {
    let refusal = |given: &[(&str, OptionValue)]| match WEIGHT_BITS.space(&dense(), &options(given)) {
        Err(failure) => match failure.kind {
            FailureKind::Refused(words) => words,
            other => panic!("{other:?}"),
        },
        Ok(space) => panic!("{space:?}"),
    };
    let low = refusal(&[("average", OptionValue::Real(2.25))]);
    assert!(low.contains("the cheapest level, 2, takes 2.5 with scales and zero points"), "{low}");
    let group = refusal(&[("group-size", OptionValue::Int(96))]);
    assert!(group.contains("does not divide the 256 inputs of `q`"), "{group}");
    assert!(refusal(&[("levels", OptionValue::Ints(vec![4, 7]))]).contains("`levels` contains 7"));
}

#[test]
fn blocks_of_an_image_generator_have_two_modules() {
    let mut generator = Facts::from(ModelFacts {
        name: "digits".into(),
        family: "attune_denoiser".into(),
        layers: 5,
        hidden: 96,
        heads: 0,
        kv_heads: 0,
        head_dim: 0,
        checkpoints: 12,
        feed_forward: 192,
        ..ModelFacts::of(&dense())
    });
    let module = |name: &str, number| NamedModule { name: name.into(), input: number, tensor: number };
    let matrix = |outputs, inputs| Some(Matrices { outputs, inputs, count: 1, rows: 1 });
    let block = vec![matrix(192, 96), matrix(96, 192)];
    let beside = vec![None; 2];
    let layers = vec![beside.clone(), block.clone(), block.clone(), block, beside];
    LinearModules { modules: vec![module("up", 0), module("down", 1)], layers }.say(&mut generator.values);
    let given = options(&[("average", OptionValue::Real(4.0)), ("group-size", OptionValue::Int(32))]);
    let space = WEIGHT_BITS.space(&generator, &given).unwrap();
    assert_eq!(
        (space.dimensions()[0].cells(), space.dimensions()[0].place(1)),
        (6, "layer 0, module 1".to_owned())
    );
    let plan =
        WEIGHT_BITS.lower(&generator, &given, &indices(&[AT_2, AT_3, AT_3, AT_3, AT_3, AT_4])).unwrap();
    let edit = |layer, module, bits| {
        Edit::from(WeightBits {
            layer,
            module,
            expert: None,
            bits,
            group_size: 32,
            grid: None,
            rounding: None,
        })
    };
    let (up, down) = (Module::Up, Module::Down);
    // The input is layer 0, the output layer 4.
    let expected = [(1, up, 2), (1, down, 3), (2, up, 3), (2, down, 3), (3, up, 3), (3, down, 4)];
    assert_eq!(plan.edits(), expected.map(|(layer, module, bits)| edit(layer, module, bits)));
    let bare = Facts::from(ModelFacts { family: "other".into(), ..ModelFacts::of(&generator) });
    let refusal = WEIGHT_BITS.space(&bare, &given).unwrap_err().to_string();
    assert!(refusal.contains("has no transformer blocks"), "{refusal}");
}

#[test]
fn layers_with_experts_and_layers_without_count_by_what_they_hold() {
    let (dense_layer, mixed) =
        (2.0 * Q + 2.0 * K + 3.0 * 256.0 * 768.0, 2.0 * Q + 2.0 * K + 24.0 * FEED_FORWARD);
    let all = dense_layer + 3.0 * mixed;
    // Together, cells are those of any model; `up` of the dense layer is smaller than that of eight experts.
    let together = average(16.0);
    let space = WEIGHT_BITS.space(&some_layers(), &together).unwrap();
    assert_eq!((space.dimensions().len(), space.dimensions()[0].cells()), (1, 28));
    assert_eq!(space.dimensions()[0].axes[0].name, "layer");
    let used = |config: &Config| space.budgets().next().unwrap().used(config);
    let up = |layer: usize| {
        let mut cells = [AT_3; 28];
        cells[7 * layer + 5] = AT_4;
        used(&indices(&cells)) - 3.5
    };
    assert!((up(0) - 256.0 * 768.0 / all).abs() < 1e-12 && (up(2) - 8.0 * FEED_FORWARD / all).abs() < 1e-12);
    let costs = WEIGHT_BITS.cost(&some_layers(), &together, &indices(&[AT_4; 28])).unwrap();
    assert_eq!((costs[1].value, costs[1].dense), (all * 4.5 / 8.0, all * 2.0));

    // Apart, layers with experts are a dimension of their own, and both keep one budget.
    let apart = options(&[
        ("average", OptionValue::Real(4.0)),
        ("experts", OptionValue::Text("apart".into())),
        ("levels", OptionValue::Ints(vec![2, 3, 4])),
    ]);
    let space = WEIGHT_BITS.space(&some_layers(), &apart).unwrap();
    let shapes: Vec<_> = space
        .dimensions()
        .iter()
        .map(|dimension| (dimension.name.as_str(), dimension.axes[0].name.as_str(), dimension.cells()))
        .collect();
    assert_eq!(shapes, [("bits", "dense-layer", 7), ("expert-bits", "expert-layer", 3 * 28)]);
    let config = space.sample(&mut attune_core::rng::derive(1, "apart", &[])).unwrap();
    space.check(&config).unwrap();
    let plan = WEIGHT_BITS.lower(&some_layers(), &apart, &config).unwrap();
    assert_eq!((plan.edits().len(), attune_vocabulary::model().conflict(&plan)), (91, None));
    let edits: Vec<WeightBits> = plan.edits().iter().filter_map(WeightBits::of).collect();
    let of_experts = |edit: &&WeightBits| edit.expert.is_some();
    assert_eq!(edits.iter().filter(of_experts).count(), 72);
    assert!(edits.iter().filter(of_experts).all(|edit| edit.layer > 0 && edit.module.is_feed_forward()));
    let costs = WEIGHT_BITS.cost(&some_layers(), &apart, &config).unwrap();
    let used = space.budgets().next().unwrap().used(&config);
    assert!((costs[0].value - used).abs() < 1e-9 && used <= 4.0, "{} {used}", costs[0].value);
    for baseline in WEIGHT_BITS.baselines(&some_layers(), &apart, &[]).unwrap() {
        space.check_domains(&baseline.config).unwrap();
    }
}

#[test]
fn modules_are_those_that_the_evaluator_lists() {
    // No gate, and queries and keys by way of a narrow latent.
    let mut facts = dense();
    let module = |name: &str, input| NamedModule { name: name.into(), input, tensor: input };
    let modules = [module("q-a", 0), module("q-b", 1), module("o", 2), module("up", 3), module("down", 4)];
    let matrix = |outputs, inputs| Some(Matrices { outputs, inputs, count: 1, rows: 1 });
    let layer = vec![matrix(64, 256), matrix(256, 64), matrix(256, 256), matrix(512, 256), matrix(256, 512)];
    LinearModules { modules: modules.to_vec(), layers: vec![layer; 4] }.say(&mut facts.values);
    let given = options(&[("average", OptionValue::Real(4.5)), ("group-size", OptionValue::Int(64))]);
    let space = WEIGHT_BITS.space(&facts, &given).unwrap();
    assert_eq!(space.dimensions()[0].cells(), 20);
    let costs = WEIGHT_BITS.cost(&facts, &given, &indices(&[AT_4; 20])).unwrap();
    assert_eq!(costs[1].dense, 2.0 * 4.0 * (2.0 * 64.0 * 256.0 + 256.0 * 256.0 + 2.0 * 256.0 * 512.0));
    let mut odd = facts.clone();
    odd.values.insert("module-inputs".into(), OptionValue::Ints(vec![0]));
    let refusal = WEIGHT_BITS.space(&odd, &given).unwrap_err().to_string();
    assert!(refusal.contains("contradict each other"), "{refusal}");
}

#[test]
fn error_feedback_is_said_in_every_edit_of_whole_numbers_without_an_engine() {
    let given = |grid: &str, rounding: &str| {
        options(&[
            ("levels", OptionValue::Ints(vec![4, 8, 16])),
            ("average", OptionValue::Real(16.0)),
            ("grid", OptionValue::Text(grid.into())),
            ("rounding", OptionValue::Text(rounding.into())),
        ])
    };
    let mut cells = [0; 28];
    (cells[1], cells[2]) = (1, 2);
    let plan = |given: &Settings| WEIGHT_BITS.lower(&dense(), given, &indices(&cells)).unwrap();
    let rounding = |given: &Settings| {
        let plan = plan(given);
        let found: Vec<_> =
            plan.edits().iter().filter_map(WeightBits::of).map(|edit| edit.rounding).collect();
        // The exact module has no edit.
        assert_eq!(found.len(), 27);
        found
    };
    for grid in ["auto", "affine", "symmetric", "affine-int"] {
        assert_eq!(rounding(&given(grid, "gptq")), vec![Some(Rounding::Gptq); 27], "{grid}");
        assert_eq!(rounding(&given(grid, "nearest")), vec![None; 27], "{grid}");
        let mut silent = given(grid, "nearest");
        silent.remove("rounding");
        assert_eq!(plan(&silent), plan(&given(grid, "nearest")));
        let costs = |given: &Settings| WEIGHT_BITS.cost(&dense(), given, &indices(&cells)).unwrap();
        assert_eq!(costs(&given(grid, "gptq")), costs(&silent), "codes are as large");
    }
    let refused = |model: &Facts, given: &Settings| match WEIGHT_BITS.space(model, given).unwrap_err().kind {
        FailureKind::Refused(words) => words,
        other => panic!("{other:?}"),
    };
    for grid in ["gguf", "gguf-legacy", "fp8", "mxfp4", "nvfp4"] {
        let words = refused(&dense(), &given(grid, "gptq"));
        assert!(
            words.contains(&format!("whole numbers, and `grid` is \"{grid}\"; set `grid` to")),
            "{words}"
        );
    }
    let target = |values: &[(&str, &str)]| {
        let mut model = dense();
        let text =
            |(name, value): &(&str, &str)| ((*name).to_owned(), OptionValue::Text((*value).to_owned()));
        model.values.extend(values.iter().map(text));
        model
    };
    let engine = [("target", "engine"), ("target-edits", "weight-bits")];
    let words = refused(&target(&engine), &given("auto", "gptq"));
    assert!(words.contains("target `engine` has no codes that were chosen by calibration data"), "{words}");
    let stores = [engine[0], engine[1], ("target-weight-bits-roundings", "gptq")];
    assert!(WEIGHT_BITS.space(&target(&stores), &given("auto", "gptq")).is_ok());
    // A target that takes everything does.
    assert!(WEIGHT_BITS.space(&target(&[("target", "plan")]), &given("auto", "gptq")).is_ok());
}
