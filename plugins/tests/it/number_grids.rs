//! `weight-bits` on the number grids of engines: which one a level is, what it takes, and what is refused.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::rng;
use attune_core::space::{Domain, Value};
use attune_core::technique::{FailureKind, Technique as _};
use attune_vocabulary::edits::{EmbeddingBits, WeightBits};
use attune_vocabulary::{
    Embedding, EmbeddingMatrix, LinearModules, MODULE_ELEMENT_BYTES, Matrices, ModelEdit as _, NamedModule,
    OTHER_BYTES, say_embeddings,
};

use crate::models::{WEIGHT_BITS, dense, indices, mixture, options};

/// Layers of the example models.
const LAYERS: u64 = 4;
/// Bytes of what is no linear module, as the evaluator says.
const OTHERS: u64 = 1_000_003;

fn text(text: &str) -> OptionValue {
    OptionValue::Text(text.to_owned())
}

fn ints(values: &[i64]) -> OptionValue {
    OptionValue::Ints(values.to_vec())
}

/// Options of a study without a bound that matters.
fn roomy(grid: &str, given: &[(&str, OptionValue)]) -> Settings {
    let mut all = options(&[("average", OptionValue::Real(32.0)), ("grid", text(grid))]);
    all.extend(options(given));
    all
}

/// The dense example as an evaluator tells of it that has read its files: two bytes or four a weight, `gate` and `up` in one tensor,
/// and rows of `down` of `inner` channels.
fn stored(element: i64, inner: u32) -> Facts {
    let mut facts = dense();
    let names = ["q", "k", "v", "o", "gate", "up", "down"];
    let tensors = [0, 1, 2, 3, 4, 4, 6];
    let module = |(name, tensor): (&&str, usize)| NamedModule { name: (*name).into(), input: tensor, tensor };
    let of = |outputs, inputs| Some(Matrices { outputs, inputs, count: 1, rows: 1 });
    let layer = vec![
        of(256, 256),
        of(128, 256),
        of(128, 256),
        of(256, 256),
        of(inner, 256),
        of(inner, 256),
        of(256, inner),
    ];
    LinearModules { modules: names.iter().zip(tensors).map(module).collect(), layers: vec![layer; 4] }
        .say(&mut facts.values);
    facts.values.insert(MODULE_ELEMENT_BYTES.into(), OptionValue::Ints(vec![element; 28]));
    facts.values.insert(OTHER_BYTES.into(), OptionValue::Int(OTHERS as i64));
    facts
}

fn told(mut model: Facts, facts: &[(&str, OptionValue)]) -> Facts {
    model.values.insert("target".to_owned(), text("engine"));
    model.values.extend(facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    model
}

fn levels(model: &Facts, given: &Settings) -> Vec<(String, Vec<f64>)> {
    let space = WEIGHT_BITS.space(model, given).unwrap();
    let of = |domain: &Domain| match domain {
        Domain::Level { levels } => levels.clone(),
        other => panic!("{other:?}"),
    };
    space.dimensions().iter().map(|dimension| (dimension.name.clone(), of(&dimension.domain))).collect()
}

fn refusal(model: &Facts, given: &Settings) -> String {
    match WEIGHT_BITS.space(model, given).unwrap_err().kind {
        FailureKind::Refused(words) => words,
        other => panic!("{other:?}"),
    }
}

/// The edits of layer 0 with the same option in every cell, as (module, bits, grid, group).
fn edits(model: &Facts, given: &Settings, option: u32) -> Vec<(String, u32, String, u32)> {
    let space = WEIGHT_BITS.space(model, given).unwrap();
    let cells = |cells: usize| vec![Value::Index(option); cells];
    let config = attune_core::space::Config::new(
        space.dimensions().iter().map(|dimension| cells(dimension.cells())).collect(),
    );
    let plan = WEIGHT_BITS.lower(model, given, &config).unwrap();
    let of = |edit: WeightBits| {
        let grid = edit.grid.map_or("", |grid| grid.name()).to_owned();
        (edit.module.name().to_owned(), edit.bits, grid, edit.group_size)
    };
    plan.edits().iter().filter_map(WeightBits::of).filter(|edit| edit.layer == 0).map(of).collect()
}

/// The same that says which embeddings there are: 1000 rows of 256, in one matrix or two.
fn with_embeddings(tied: bool) -> Facts {
    let mut facts = stored(2, 512);
    let matrix =
        |&embedding: &Embedding| EmbeddingMatrix { embedding, tokens: 1000, channels: 256, element_bytes: 2 };
    let which = &Embedding::ALL[..if tied { 1 } else { 2 }];
    say_embeddings(&which.iter().map(matrix).collect::<Vec<_>>(), &mut facts.values);
    // Both are among the rest.
    facts.values.insert(OTHER_BYTES.into(), OptionValue::Int(1_100_003));
    facts
}

#[test]
fn embeddings_have_bits_of_their_own_where_they_are_asked_for() {
    let given = roomy("affine", &[("embeddings", text("searched")), ("levels", ints(&[4, 8, 16]))]);
    let plain = roomy("affine", &[("levels", ints(&[4, 8, 16]))]);
    for (tied, matrices) in [(true, 1), (false, 2)] {
        let model = with_embeddings(tied);
        let dimensions = levels(&model, &given);
        assert_eq!(
            dimensions.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["bits", "embedding-bits"]
        );
        let space = WEIGHT_BITS.space(&model, &given).unwrap();
        assert_eq!(space.dimensions()[1].cells(), matrices);
        // Nothing else is different: without the option, and in the edits of modules.
        assert_eq!(levels(&model, &plain), dimensions[..1]);
        let cells = space.dimensions()[0].cells();
        let config = |bits: u32, ends: u32| {
            attune_core::space::Config::new(vec![
                vec![Value::Index(bits); cells],
                vec![Value::Index(ends); matrices],
            ])
        };
        let plan = WEIGHT_BITS.lower(&model, &given, &config(2, 0)).unwrap();
        let ends: Vec<EmbeddingBits> =
            plan.edits().iter().map(|edit| EmbeddingBits::of(edit).unwrap()).collect();
        let names: Vec<&str> = ends.iter().map(|edit| edit.matrix.name()).collect();
        assert_eq!(names, if tied { vec!["input"] } else { vec!["input", "output"] });
        assert!(ends.iter().all(|edit| (edit.bits, edit.group_size, edit.grid) == (4, 64, None)), "{ends:?}");
        let costs = |config: &attune_core::space::Config| {
            let costs = WEIGHT_BITS.cost(&model, &given, config).unwrap();
            (costs[1].value, costs[1].dense)
        };
        // What is exact is what the files of the model hold.
        let (whole, dense) = costs(&config(2, 2));
        assert_eq!(whole, dense);
        // A scale and a minimum of two bytes each for 64 weights.
        let saved = matrices as f64 * 1000.0 * 256.0 * (2.0 - 0.5 - 4.0 / 64.0);
        assert_eq!(costs(&config(2, 0)).0, whole - saved);
    }
}

#[test]
fn embeddings_are_those_that_a_target_takes() {
    let given = roomy("symmetric", &[("embeddings", text("searched")), ("levels", ints(&[4, 8]))]);
    let kinds = |kinds: &str| ("target-edits", text(kinds));
    let told = |tied, more: &[(&str, OptionValue)]| told(with_embeddings(tied), more);
    let refused = refusal(&told(false, &[kinds("weight-bits")]), &given);
    assert!(
        refused.contains("target `engine` stores embeddings as they are; set it to \"exact\""),
        "{refused}"
    );
    let both = kinds("weight-bits embedding-bits");
    let only = ("target-embedding-bits-only", text("output"));
    let refused = refusal(&told(true, &[both.clone(), only.clone()]), &given);
    assert!(refused.contains("for the output embedding alone, which is no matrix of its own"), "{refused}");
    let limits = [
        both,
        only,
        ("target-embedding-bits-levels", ints(&[8])),
        ("target-embedding-bits-grids", text("symmetric")),
    ];
    let found = levels(&told(false, &limits), &given);
    assert_eq!(found[1], ("embedding-bits".to_owned(), vec![8.0]), "the target has no 4 bits for it");
    let none = refusal(&stored(2, 512), &given);
    assert!(none.contains("nothing is said of such matrices"), "{none}");
    let uneven = roomy("affine", &[("embeddings", text("searched")), ("group-size", OptionValue::Int(96))]);
    assert!(refusal(&with_embeddings(false), &uneven).contains("does not divide"));
}

/// `weights` of a config with the first option in every cell.
fn bytes(model: &Facts, given: &Settings) -> f64 {
    let cells = WEIGHT_BITS.space(model, given).unwrap().dimensions()[0].cells();
    let costs = WEIGHT_BITS.cost(model, given, &indices(&vec![0; cells])).unwrap();
    assert_eq!((costs[1].resource.as_str(), costs[1].unit.as_str()), ("weights", "bytes"));
    costs[1].value
}

#[test]
fn each_number_of_bits_is_one_grid_of_its_family() {
    let model = stored(2, 512);
    let grids = |word: &str, wanted: &[i64]| {
        let given = roomy(word, &[("levels", ints(wanted))]);
        (0..wanted.len() as u32)
            .map(|option| {
                let found = edits(&model, &given, option);
                assert!(found.iter().all(|(_, bits, ..)| i64::from(*bits) == wanted[option as usize]));
                let (_, _, grid, group) = found[0].clone();
                assert!(found.iter().all(|(_, _, other, _)| *other == grid), "{found:?}");
                (grid, group)
            })
            .collect::<Vec<(String, u32)>>()
    };
    let named = |grids: &[(&str, u32)]| {
        grids.iter().map(|(name, group)| ((*name).to_owned(), *group)).collect::<Vec<_>>()
    };
    assert_eq!(grids("affine", &[3, 8]), named(&[("", 64), ("", 64)]));
    assert_eq!(grids("symmetric", &[4, 8]), named(&[("symmetric", 64), ("symmetric", 64)]));
    assert_eq!(grids("affine-int", &[4]), named(&[("affine-int", 64)]));
    let types = [("q2_k", 256), ("q3_k", 256), ("q4_k", 256), ("q5_k", 256), ("q6_k", 256), ("q8_0", 32)];
    assert_eq!(grids("gguf", &[2, 3, 4, 5, 6, 8]), named(&types));
    assert_eq!(grids("gguf-legacy", &[4, 5, 8]), named(&[("q4_0", 32), ("q5_0", 32), ("q8_0", 32)]));
    assert_eq!(grids("mxfp4", &[4, 8]), named(&[("mxfp4", 32), ("fp8-e4m3-channel", 256)]));
    assert_eq!(grids("nvfp4", &[4, 8]), named(&[("nvfp4", 16), ("fp8-e4m3-channel", 256)]));
    // Rows have lengths of their own.
    let rows: Vec<u32> =
        edits(&model, &roomy("fp8", &[("levels", ints(&[8]))]), 0).iter().map(|edit| edit.3).collect();
    assert_eq!(rows, [256, 256, 256, 256, 256, 256, 512]);
}

#[test]
fn levels_are_those_that_the_grids_have() {
    let model = stored(2, 512);
    let of = |word: &str| levels(&model, &roomy(word, &[]));
    let bits = |levels: &[f64]| vec![("bits".to_owned(), levels.to_vec())];
    assert_eq!(of("gguf-legacy"), bits(&[4.0, 5.0, 8.0]));
    assert_eq!(of("nvfp4"), bits(&[4.0, 8.0]));
    assert_eq!(of("fp8"), bits(&[8.0]));
    let words = refusal(&model, &roomy("fp8", &[("levels", ints(&[4]))]));
    assert!(words.contains("`levels` has 4, and for the rows of 256 channels of `q`"), "{words}");
    assert!(
        words.contains("the grids of \"fp8\" have 8 bits; add one of these to `levels`, or 16"),
        "{words}"
    );
    // A dimension says what its numbers are.
    let space = WEIGHT_BITS.space(&model, &roomy("gguf", &[("levels", ints(&[4, 8, 16]))])).unwrap();
    let help = &space.dimensions()[0].help;
    assert!(help.ends_with("; on the grids of gguf: 4 q4_k, 8 q8_0"), "{help}");
}

#[test]
fn rows_that_are_no_whole_blocks_of_256_have_the_blocks_of_32_and_their_levels() {
    let model = stored(2, 480);
    let given = roomy("gguf", &[("levels", ints(&[2, 3, 4, 5, 6, 8]))]);
    let dims = levels(&model, &given);
    assert_eq!(dims[0], ("bits".to_owned(), vec![2.0, 3.0, 4.0, 5.0, 6.0, 8.0]));
    assert_eq!(dims[1], ("bits-2".to_owned(), vec![4.0, 5.0, 8.0]));
    let space = WEIGHT_BITS.space(&model, &given).unwrap();
    let axes = |number: usize| {
        let dimension = &space.dimensions()[number];
        (dimension.axes[0].name.clone(), dimension.cells())
    };
    assert_eq!((axes(0), axes(1)), (("layer".to_owned(), 24), ("layer".to_owned(), 4)));
    assert!(space.dimensions()[1].help.contains("modules are down"), "{}", space.dimensions()[1].help);
    let found = edits(&model, &given, 1);
    let down = found.iter().find(|(module, ..)| module == "down").unwrap();
    assert_eq!(*down, ("down".to_owned(), 5, "q5_0".to_owned(), 32));
    assert_eq!(found.iter().filter(|(_, _, grid, _)| grid == "q3_k").count(), 6);

    // The engine's own uniform has the next level there is.
    let baselines = WEIGHT_BITS.baselines(&model, &given, &[]).unwrap();
    let three = baselines.iter().find(|baseline| baseline.name == "uniform-3").unwrap();
    assert_eq!(three.help, "3 bits everywhere, 4 where there are none");
    space.check(&three.config).unwrap();
    let plan = WEIGHT_BITS.lower(&model, &given, &three.config).unwrap();
    let of_down =
        plan.edits().iter().filter_map(WeightBits::of).find(|edit| edit.module.name() == "down").unwrap();
    assert_eq!((of_down.bits, of_down.grid.unwrap().name()), (4, "q4_0"));

    // Levels that all rows have are one dimension, on two grids.
    let four = roomy("gguf", &[("levels", ints(&[4, 8]))]);
    assert_eq!(levels(&model, &four), [("bits".to_owned(), vec![4.0, 8.0])]);
    let help = WEIGHT_BITS.space(&model, &four).unwrap().dimensions()[0].help.clone();
    assert!(help.ends_with("4 q4_0 or q4_k, 8 q8_0"), "{help}");
    // Rows of no whole blocks at all stay exact, or are refused.
    let odd = stored(2, 500);
    let words = refusal(&odd, &four);
    assert!(
        words.contains("for the rows of 500 channels of `down` the grids of \"gguf\" have none"),
        "{words}"
    );
    let exact = levels(&odd, &roomy("gguf", &[("levels", ints(&[4, 16]))]));
    assert_eq!(exact[1], ("bits-2".to_owned(), vec![16.0]));
}

#[test]
fn bytes_are_those_of_the_formats_with_everything_else() {
    // Rows of a layer: q, k, v, o, gate and up of 256 channels, down of 512.
    let (narrow, wide) = (256 + 128 + 128 + 256 + 2 * 512, 256);
    let all = |row_of_256: u64, row_of_512: u64| LAYERS * (narrow * row_of_256 + wide * row_of_512) + OTHERS;
    // `gate` and `up` are one matrix where they have one level.
    let fused = |element| told(stored(element, 512), &[("target-weight-bits-together", text("stored"))]);
    let count = |word: &str, level: i64, element: i64| {
        bytes(&fused(element), &roomy(word, &[("levels", ints(&[level]))]))
    };
    // MLX: 32-bit words, and two numbers of the model's type for each of 4 or 8 groups.
    assert_eq!(count("affine", 4, 2), all(128 + 16, 256 + 32) as f64);
    assert_eq!(count("affine", 4, 4), all(128 + 32, 256 + 64) as f64);
    assert_eq!(count("affine", 3, 4), all(96 + 32, 192 + 64) as f64);
    // GGUF: 144 bytes are 256 numbers of Q4_K, 34 are 32 of Q8_0, whatever the model is stored in.
    for element in [2, 4] {
        assert_eq!(count("gguf", 4, element), all(144, 288) as f64);
        assert_eq!(count("gguf", 8, element), all(8 * 34, 16 * 34) as f64);
    }
    // compressed-tensors: shapes of 16 bytes for q, k, v, o, gate and up as one, and down.
    assert_eq!(count("symmetric", 4, 2), (all(128 + 8, 256 + 16) + LAYERS * 6 * 16) as f64);
    // Zero points in whole words down the rows of a matrix, for each group.
    let points = LAYERS * (4 * (2 * 128 + 2 * 64 + 512) + 8 * 128);
    assert_eq!(count("affine-int", 4, 2), (all(128 + 8, 256 + 16) + points + LAYERS * 6 * 16) as f64);
    // One float32 for each matrix; of gate and up, which have no such scale as one, each.
    let apart = bytes(&stored(2, 512), &roomy("nvfp4", &[("levels", ints(&[4]))]));
    assert_eq!(apart, (all(128 + 16, 256 + 32) + LAYERS * 7 * 4) as f64);
    assert_eq!(count("fp8", 8, 4), all(256 + 4, 512 + 4) as f64);
    assert_eq!(count("affine", 16, 2), all(512, 1024) as f64);

    // In cells of their own they are two.
    let apart = bytes(&stored(2, 512), &roomy("symmetric", &[("levels", ints(&[4]))]));
    assert_eq!(apart, (all(128 + 8, 256 + 16) + LAYERS * 7 * 16) as f64);

    let given = roomy("affine", &[("levels", ints(&[4]))]);
    let costs = WEIGHT_BITS.cost(&stored(4, 512), &given, &indices(&[0; 28])).unwrap();
    let dense = LAYERS * 4 * (narrow * 256 + wide * 512);
    assert_eq!(costs[1].dense, (dense + OTHERS) as f64);
    // Two float32 for each group of 64 are a bit per weight.
    assert_eq!((costs[0].value, costs[0].dense), (5.0, 32.0));
}

#[test]
fn all_experts_are_counted() {
    let together = roomy("nvfp4", &[("levels", ints(&[4]))]);
    let apart = roomy("nvfp4", &[("levels", ints(&[4])), ("experts", text("apart"))]);
    let cost = |given: &Settings, cells: usize| {
        WEIGHT_BITS.cost(&mixture(), given, &indices(&vec![0; cells])).unwrap()[1].value
    };
    let (row, wide) = (128 + 16, 256 + 32);
    let rows = 256 + 128 + 128 + 256 + 8 * 2 * 512;
    let expected = LAYERS * (rows * row + 8 * 256 * wide + (4 + 24) * 4);
    assert_eq!(cost(&together, 28), expected as f64);
    assert_eq!(cost(&apart, 4 * 28), expected as f64);
}

#[test]
fn without_a_grid_or_a_target_nothing_is_as_stored() {
    let model = stored(4, 512);
    let given = options(&[("average", OptionValue::Real(16.0)), ("levels", ints(&[4, 16]))]);
    let (found, before) = (bytes(&model, &given), bytes(&dense(), &given));
    assert_eq!(found, before);
    let costs = WEIGHT_BITS.cost(&model, &given, &indices(&[0; 28])).unwrap();
    assert_eq!((costs[0].value, costs[0].dense), (4.5, 16.0));
}

#[test]
fn a_budget_of_bytes_is_met_to_the_byte() {
    let model = stored(2, 512);
    let limit = 1_300_000 + OTHERS as i64;
    let given = options(&[
        ("bytes", OptionValue::Int(limit)),
        ("grid", text("gguf")),
        ("average", OptionValue::Real(2.0)),
    ]);
    let space = WEIGHT_BITS.space(&model, &given).unwrap();
    let budget = space.budgets().next().unwrap();
    assert_eq!((budget.resource.as_str(), budget.unit.as_str()), ("weights", "bytes"));
    assert_eq!((budget.limit, space.budgets().count()), (limit as f64, 1));
    let mut most: f64 = 0.0;
    for index in 0..50 {
        let config = space.sample(&mut rng::derive(1, "bytes", &[index])).unwrap();
        let costs = WEIGHT_BITS.cost(&model, &given, &config).unwrap();
        assert_eq!((costs[0].resource.as_str(), costs[1].resource.as_str()), ("weights", "bits"));
        let cost = costs[0].value;
        assert_eq!(cost, budget.used(&config));
        assert!(cost <= limit as f64, "{cost}");
        most = most.max(cost);
    }
    assert!(most > 0.9 * limit as f64, "{most}");
    let baselines = WEIGHT_BITS.baselines(&model, &given, &[]).unwrap();
    let cost = |name: &str| {
        let config = &baselines.iter().find(|baseline| baseline.name == name).unwrap().config;
        WEIGHT_BITS.cost(&model, &given, config).unwrap()[0].value
    };
    assert!(cost("default") <= limit as f64 && cost("uniform") >= limit as f64);
    let short = options(&[("bytes", OptionValue::Int(OTHERS as i64)), ("grid", text("gguf"))]);
    let words = refusal(&model, &short);
    let least = LAYERS * ((256 + 128 + 128 + 256 + 2 * 512) * 84 + 256 * 168) + OTHERS;
    assert!(
        words.contains(&format!("everything takes {least}; raise `bytes` to {least} or more")),
        "{words}"
    );
    let just = options(&[("bytes", OptionValue::Int(least as i64)), ("grid", text("gguf"))]);
    assert!(WEIGHT_BITS.space(&model, &just).is_ok());
}

#[test]
fn the_first_grid_of_the_target_is_the_default() {
    let grid_of = |grids: &str, levels: &[i64]| {
        let model = told(stored(2, 512), &[("target-weight-bits-grids", text(grids))]);
        edits(&model, &roomy("auto", &[("levels", ints(levels))]), 0)[0].2.clone()
    };
    assert_eq!(grid_of("default", &[4]), "");
    assert_eq!(grid_of("symmetric affine-int nvfp4", &[4]), "symmetric");
    assert_eq!(grid_of("q4_0 q4_1 q8_0 q4_k", &[4]), "q4_k");
    assert_eq!(grid_of("q4_1 q8_0 q4_0", &[4]), "q4_0");
    assert_eq!(grid_of("fp8-e4m3-block", &[8]), "fp8-e4m3-block");
    // Of a family, what the target has.
    let engine =
        told(stored(2, 512), &[("target-weight-bits-grids", text("symmetric nvfp4 fp8-e4m3-channel"))]);
    assert_eq!(levels(&engine, &roomy("nvfp4", &[])), [("bits".to_owned(), vec![4.0, 8.0])]);
    let engine = told(stored(2, 512), &[("target-weight-bits-grids", text("symmetric nvfp4"))]);
    assert_eq!(levels(&engine, &roomy("nvfp4", &[])), [("bits".to_owned(), vec![4.0])]);
    let words = refusal(&engine, &roomy("gguf", &[]));
    let expected = "`grid` is \"gguf\", and target `engine` stores weights on the grids symmetric, nvfp4; set `grid` to \"auto\"";
    assert!(words.contains(expected), "{words}");
    // Sizes of groups are those of the target where the grid leaves them open.
    let groups = [
        ("target-weight-bits-grids", text("symmetric nvfp4")),
        ("target-weight-bits-groups", ints(&[32, 128])),
    ];
    let engine = told(stored(2, 512), &groups);
    assert!(refusal(&engine, &roomy("auto", &[])).contains("has groups of 32, 128 channels"));
    assert!(WEIGHT_BITS.space(&engine, &roomy("nvfp4", &[])).is_ok());
}

#[test]
fn a_target_that_stores_the_rest_otherwise_says_what_it_takes() {
    let model = told(
        stored(2, 512),
        &[("target-weight-bits-grids", text("q8_0")), ("target-other-bytes", OptionValue::Int(77))],
    );
    let given = roomy("auto", &[("levels", ints(&[8]))]);
    let usual = bytes(&stored(2, 512), &roomy("gguf", &[("levels", ints(&[8]))]));
    assert_eq!(bytes(&model, &given), usual - OTHERS as f64 + 77.0);
    // The dense model is in its own files.
    let cells = WEIGHT_BITS.space(&model, &given).unwrap().dimensions()[0].cells();
    let dense = |model: &Facts| WEIGHT_BITS.cost(model, &given, &indices(&vec![0; cells])).unwrap()[1].dense;
    let own = told(stored(2, 512), &[("target-weight-bits-grids", text("q8_0"))]);
    assert_eq!(dense(&model), dense(&own));
}

#[test]
fn gaps_between_tensors_are_counted_where_the_target_has_them() {
    // 80 rows of 256 channels are 80 × 256 bytes and a scale of 2 for each row: a multiple of 32, and not of 1024.
    let of = |alignment: &[(&str, OptionValue)]| {
        let grids = [("target-weight-bits-grids", text("fp8-e4m3-channel"))];
        bytes(&told(told(stored(2, 80), &grids), alignment), &roomy("auto", &[("levels", ints(&[8]))]))
    };
    let aligned = |bytes: i64| of(&[("target-alignment", OptionValue::Int(bytes))]);
    assert_eq!(aligned(32), of(&[]));
    let matrices = [(256, 256), (128, 256), (128, 256), (256, 256), (80, 256), (80, 256), (256, 80)];
    let padded = |(rows, width): (u64, u64)| (rows * width + 2 * rows).next_multiple_of(1024);
    assert_eq!(aligned(1024), (LAYERS * matrices.map(padded).iter().sum::<u64>() + OTHERS) as f64);
}

#[test]
fn experts_are_on_the_grids_that_the_target_has_for_them() {
    let engine = |grids: &str, of_experts: &str| {
        let facts = [
            ("target-weight-bits-grids", text(grids)),
            ("target-weight-bits-expert-grids", text(of_experts)),
        ];
        told(mixture(), &facts)
    };
    let model = engine("symmetric affine-int mxfp4 fp8-e4m3-channel", "symmetric mxfp4");
    let of = |grid: &str, wanted: &[i64]| levels(&model, &roomy(grid, &[("levels", ints(wanted))]));
    assert_eq!(of("symmetric", &[4, 8]), [("bits".to_owned(), vec![4.0, 8.0])]);
    let two = |first: &[f64], second: &[f64]| {
        vec![("bits".to_owned(), first.to_vec()), ("bits-2".to_owned(), second.to_vec())]
    };
    assert_eq!(of("mxfp4", &[4, 8, 16]), two(&[4.0, 8.0, 16.0], &[4.0, 16.0]));
    assert_eq!(of("affine-int", &[4, 16]), two(&[4.0, 16.0], &[16.0]));
    let words = refusal(&model, &roomy("affine-int", &[("levels", ints(&[4]))]));
    let expected = "of `gate` the grids of \"affine-int\" have none (the target's experts are on symmetric, mxfp4 alone); add";
    assert!(words.contains(expected), "{words}");
}

#[test]
fn modules_in_one_tensor_have_no_grid_with_a_scale_of_the_matrix() {
    let facts = [
        ("target-weight-bits-grids", text("nvfp4 fp8-e4m3-channel")),
        ("target-weight-bits-together", text("stored")),
    ];
    let model = told(stored(2, 512), &facts);
    let found = levels(&model, &roomy("nvfp4", &[("levels", ints(&[4, 8]))]));
    assert_eq!(found, [("bits".to_owned(), vec![4.0, 8.0]), ("bits-2".to_owned(), vec![8.0])]);
    let space = WEIGHT_BITS.space(&model, &roomy("nvfp4", &[("levels", ints(&[4, 8]))])).unwrap();
    assert!(space.dimensions()[1].help.contains("modules are gate+up"), "{}", space.dimensions()[1].help);
}
