//! Caches of engines and of hybrids: grids and windows of a target, and layers that have no cache.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Edit;
use attune_core::signal::SignalRequest;
use attune_core::space::{Axis, Config, Domain, Value};
use attune_core::technique::{Cost, Signal, Technique};
use attune_vocabulary::edits::{AttentionSpan, DropBlock, Half, KvBits};
use attune_vocabulary::{CacheGrid, ChannelOrder, ModelEdit as _, ModelFacts};

use crate::models::{ATTENTION_SPANS, BLOCK_DROPPING, KV_BITS, dense, indices, options};
use crate::targets::{ints, refusal, text, told};

fn average(bits: f64) -> (&'static str, OptionValue) {
    ("average", OptionValue::Real(bits))
}

fn domain(technique: &dyn Technique, model: &Facts, given: &Settings) -> (Domain, String, u64) {
    let space = technique.space(model, given).unwrap();
    let first = &space.dimensions()[0];
    (first.domain.clone(), first.help.clone(), first.cells() as u64)
}

fn costs(technique: &dyn Technique, model: &Facts, given: &Settings, config: &Config) -> Vec<(f64, f64)> {
    let costs = technique.cost(model, given, config).unwrap();
    costs.iter().map(|Cost { value, dense, .. }| (*value, *dense)).collect()
}

/// What vLLM says: one grid, layers that have it or not.
fn two_level() -> Facts {
    told(
        dense(),
        &[
            ("target-kv-bits-grids", text("fp8-e4m3")),
            ("target-kv-bits-levels", ints(&[8])),
            ("target-kv-bits-layers", text("two-level")),
            ("target-kv-bits-together", text("heads keys+values")),
            ("target-kv-bits-only", text("every-position")),
        ],
    )
}

/// What llama.cpp could say: a type of keys and one of values.
fn whole_model() -> Facts {
    told(
        dense(),
        &[
            ("target-kv-bits-grids", text("q8_0 q5_1 q5_0 q4_1 q4_0")),
            ("target-kv-bits-groups", ints(&[32])),
            ("target-kv-bits-layers", text("same")),
            ("target-kv-bits-together", text("heads")),
            ("target-kv-bits-only", text("every-position")),
        ],
    )
}

#[test]
fn layers_have_the_one_format_of_a_target_or_stay_exact() {
    let (model, given) = (two_level(), options(&[average(12.0)]));
    let (levels, help, cells) = domain(&*KV_BITS, &model, &given);
    assert_eq!((levels, cells), (Domain::Level { levels: vec![8.0, 16.0] }, 4));
    assert_eq!(
        help,
        "bits per element with its scales: 8 for fp8-e4m3, 16 for 16 bits, of keys and values alike"
    );
    let config = indices(&[1, 0, 0, 1]);
    KV_BITS.space(&model, &given).unwrap().check(&config).unwrap();
    let plan = KV_BITS.lower(&model, &given, &config).unwrap();
    let edit = |layer| {
        Edit::from(KvBits {
            layer,
            keys: 8,
            values: 8,
            group_size: 64,
            key_grid: Some(CacheGrid::Fp8E4m3),
            value_grid: Some(CacheGrid::Fp8E4m3),
            ..KvBits::default()
        })
    };
    assert_eq!(
        plan.edits(),
        [edit(1), edit(2)],
        "every position is rounded, though `sink` and `recent` were not set"
    );
    // 2 layers of 2 heads and 64 channels, keys and values, in one byte and in two.
    assert_eq!(costs(&*KV_BITS, &model, &given, &config)[1], (2.0 * 256.0 + 2.0 * 512.0, 2048.0));
    let baselines = KV_BITS.baselines(&model, &given, &[]).unwrap();
    let found: Vec<(&str, Config)> =
        baselines.iter().map(|baseline| (baseline.name.as_str(), baseline.config.clone())).collect();
    let everywhere = |level| indices(&[level; 4]);
    assert_eq!(
        found,
        [
            ("default", everywhere(0)),
            ("uniform-within", everywhere(0)),
            ("uniform", everywhere(1)),
            ("outer", config),
        ]
    );
    assert_eq!(
        KV_BITS.damage_signals(&model, &given).unwrap(),
        None,
        "no signal tells errors of such a grid"
    );
}

#[test]
fn what_a_target_of_caches_lacks_is_refused_by_its_option() {
    let with = |name: &str, value: OptionValue| {
        refusal(KV_BITS.space(&two_level(), &options(&[average(12.0), (name, value)])))
    };
    let words = with("heads", text("kv-head"));
    assert!(words.contains("set `heads` to \"layer\""), "{words}");
    for (name, value) in [("sink", 8), ("recent", 64)] {
        let words = with(name, OptionValue::Int(value));
        assert!(words.contains(&format!("rounds every position; set `{name}` to 0")), "{words}");
    }
    assert!(with("smoothing", ints(&[0, 50])).contains("set `smoothing` to [0]"));
    assert!(with("shrink-from", OptionValue::Int(16)).contains("set `shrink-from` to 0"));
    assert!(with("grid", text("gguf")).contains("has caches on the grids fp8-e4m3; set `grid` to \"auto\""));
    assert!(with("grid", text("affine")).contains("set `grid` to \"auto\""));
    assert!(
        with("levels", ints(&[4])).contains("`levels` leaves nothing to choose from for target `engine`")
    );
    let words = refusal(KV_BITS.space(&two_level(), &Settings::new()));
    assert!(
        words.contains("the cheapest grid for target `engine`, fp8-e4m3, takes 8; raise `average` to 8"),
        "{words}"
    );
    let zeros = options(&[average(12.0), ("sink", OptionValue::Int(0)), ("recent", OptionValue::Int(0))]);
    assert!(KV_BITS.space(&two_level(), &zeros).is_ok());
}

#[test]
fn a_whole_model_has_one_format_of_keys_and_one_of_values() {
    let (model, given) = (whole_model(), options(&[average(7.0)]));
    let (levels, help, cells) = domain(&*KV_BITS, &model, &given);
    assert_eq!((levels, cells), (Domain::Level { levels: vec![4.5, 5.0, 5.5, 6.0, 8.5, 16.0] }, 2));
    assert!(
        help.contains("4.5 for q4_0, 5 for q4_1") && help.ends_with("part 0 is keys, part 1 values"),
        "{help}"
    );
    let space = KV_BITS.space(&model, &given).unwrap();
    assert_eq!(space.dimensions()[0].place(1), "part 1");
    // q8_0 for keys and q4_0 for values: 6.5 bits on average.
    let config = indices(&[4, 0]);
    space.check(&config).unwrap();
    assert!(space.check(&indices(&[4, 3])).is_err());
    let plan = KV_BITS.lower(&model, &given, &config).unwrap();
    let found: Vec<KvBits> = plan.edits().iter().filter_map(KvBits::of).collect();
    assert_eq!(found.iter().map(|edit| edit.layer).collect::<Vec<_>>(), [0, 1, 2, 3]);
    for edit in &found {
        assert_eq!((edit.keys, edit.values, edit.group_size, edit.sink, edit.recent), (8, 4, 32, 0, 0));
        assert_eq!((edit.key_grid, edit.value_grid), (Some(CacheGrid::Q8_0), Some(CacheGrid::Q4_0)));
        // Bytes of a token and head are those that the grids of evaluators and exporters say.
        assert_eq!(edit.bytes(64, 64, 2), 68 + 36);
    }
    assert_eq!(costs(&*KV_BITS, &model, &given, &config)[1], (4.0 * 2.0 * f64::from(68 + 36), 2048.0));
    let names: Vec<String> =
        KV_BITS.baselines(&model, &given, &[]).unwrap().into_iter().map(|baseline| baseline.name).collect();
    assert_eq!(names, ["default", "uniform-within", "uniform", "keys-first"]);
    assert!(found.iter().all(|edit| edit.key_order.is_none()), "nobody told of another order");
    // Where the engine has the channels of keys in another order, keys that it cuts into blocks say so.
    let turned = told(whole_model(), &[("target-kv-bits-key-order", text("interleaved"))]);
    let orders = |given: &Settings, cells: &[u32]| -> Vec<Option<ChannelOrder>> {
        let plan = KV_BITS.lower(&turned, given, &indices(cells)).unwrap();
        plan.edits().iter().map(|edit| KvBits::of(edit).unwrap().key_order).collect()
    };
    assert_eq!(orders(&given, &[4, 0]), [Some(ChannelOrder::Interleaved); 4]);
    assert_eq!(orders(&options(&[average(16.0)]), &[5, 0]), [None; 4], "exact keys have no blocks");
    // Exact keys alone: values have the blocks.
    let plan = KV_BITS.lower(&model, &options(&[average(16.0)]), &indices(&[5, 0])).unwrap();
    let edit = KvBits::of(&plan.edits()[0]).unwrap();
    assert_eq!((edit.keys, edit.key_grid, edit.group_size), (16, None, 32));
}

#[test]
fn grids_of_engines_can_be_asked_for_without_a_target() {
    let given = options(&[average(16.0), ("grid", text("gguf")), ("levels", ints(&[4, 8]))]);
    let (levels, _, cells) = domain(&*KV_BITS, &dense(), &given);
    assert_eq!((levels, cells), (Domain::Level { levels: vec![4.5, 5.0, 8.5] }, 8));
    let plan = KV_BITS.lower(&dense(), &given, &indices(&[0; 8])).unwrap();
    let edit = KvBits::of(&plan.edits()[0]).unwrap();
    assert_eq!((edit.sink, edit.recent, edit.key_grid), (4, 32, Some(CacheGrid::Q4_0)), "options hold");
    let narrow = Facts::from(ModelFacts { head_dim: 40, ..ModelFacts::of(&dense()) });
    let words = refusal(KV_BITS.space(&narrow, &given));
    assert!(words.contains("blocks of 32 channels, which do not divide the 40 channels per head"), "{words}");
    // Groups of a target are those of the edit's grid.
    let groups = told(dense(), &[("target-kv-bits-groups", ints(&[32]))]);
    let words = refusal(KV_BITS.space(&groups, &Settings::new()));
    assert!(words.contains("`group-size` is 64, and target `engine` has groups of 32 channels"), "{words}");
    // A target that has the grid of the edit leaves studies as they are.
    let usual = told(dense(), &[("target-kv-bits-grids", text("default q8_0"))]);
    let spaces = [dense(), usual].map(|model| KV_BITS.space(&model, &Settings::new()).unwrap());
    assert_eq!(spaces[0].dimensions(), spaces[1].dimensions());
}

/// Four layers, of which 1 and 3 have a cache.
fn hybrid() -> Facts {
    let mut facts = dense();
    facts.values.insert("cache-layers".to_owned(), ints(&[1, 3]));
    facts
}

#[test]
fn layers_without_a_cache_have_no_bits_and_cost_nothing() {
    let given = options(&[average(16.0), ("levels", ints(&[2, 4, 16]))]);
    let space = KV_BITS.space(&hybrid(), &given).unwrap();
    assert_eq!(
        (space.dimensions()[0].cells(), space.dimensions()[0].place(2)),
        (4, "cache-layer 1, part 0".to_owned())
    );
    let config = indices(&[0, 1, 2, 0]);
    let plan = KV_BITS.lower(&hybrid(), &given, &config).unwrap();
    let found: Vec<(u32, u32, u32)> =
        plan.edits().iter().filter_map(KvBits::of).map(|edit| (edit.layer, edit.keys, edit.values)).collect();
    assert_eq!(found, [(1, 2, 4), (3, 16, 2)]);
    // (2.5 + 4.5 + 16 + 2.5)/4 bits of 512 elements.
    assert_eq!(costs(&*KV_BITS, &hybrid(), &given, &config), [(6.375, 16.0), (408.0, 1024.0)]);
    // Signals count every layer, and damages those with a cache.
    let axes = [("layer", 4), ("kv-head", 2), ("part", 2), ("bits", 2)];
    let signal = Signal {
        name: "kv-quantisation-error".into(),
        axes: axes.map(|(name, len)| Axis::new(name, len)).to_vec(),
        values: (0..32).map(f64::from).collect(),
    };
    let asked: Vec<SignalRequest> = KV_BITS.damage_signals(&hybrid(), &given).unwrap().unwrap();
    assert_eq!(asked.len(), 1);
    let damages = KV_BITS.sensitivities(&hybrid(), &given, &[signal]).unwrap().unwrap().remove(0);
    // Layer 1 begins at 8, layer 3 at 24; its heads share what they have.
    assert_eq!(damages, [[20.0, 22.0, 0.0], [24.0, 26.0, 0.0], [52.0, 54.0, 0.0], [56.0, 58.0, 0.0]]);
}

#[test]
fn layers_without_a_cache_have_no_span() {
    let given = options(&[("unit", text("layer")), ("sink", OptionValue::Int(0))]);
    let space = ATTENTION_SPANS.space(&hybrid(), &given).unwrap();
    assert_eq!(space.dimensions()[0].cells(), 2);
    let plan = ATTENTION_SPANS.lower(&hybrid(), &given, &indices(&[0, 0])).unwrap();
    let layers: Vec<u32> = plan.edits().iter().filter_map(AttentionSpan::of).map(|edit| edit.layer).collect();
    assert_eq!(layers, [1, 1, 3, 3]);
    let costs = ATTENTION_SPANS.cost(&hybrid(), &given, &indices(&[0, 0])).unwrap();
    let cache = costs.iter().find(|cost| cost.resource == "cache-1024").unwrap();
    assert_eq!(cache.dense, 1024.0, "two layers of 2 heads and 64 channels, keys and values, two bytes each");
    let axes = [("layer", 4), ("kv-head", 2), ("distance", 512)];
    let signal = Signal {
        name: "attention-influence".into(),
        axes: axes.map(|(name, len)| Axis::new(name, len)).to_vec(),
        values: (0..8).flat_map(|head| vec![f64::from(head); 512]).collect(),
    };
    let damages = ATTENTION_SPANS.sensitivities(&hybrid(), &given, &[signal]).unwrap().unwrap().remove(0);
    let rules = match &space.dimensions()[0].domain {
        Domain::Choice { options } => options.clone(),
        other => panic!("{other:?}"),
    };
    let half = rules.iter().position(|rule| rule == "256+0N").unwrap();
    // Heads 2 and 3 of layer 1, and 6 and 7 of layer 3, beyond 256 of 512 positions.
    assert_eq!((damages[0][half], damages[1][half]), (5.0 * 256.0, 13.0 * 256.0));
}

#[test]
fn halves_are_dropped_where_attention_has_a_cache() {
    let given = |unit: &str| options(&[("unit", text(unit)), ("drop", OptionValue::Int(1))]);
    let dropped = |unit: &str, number: u32| {
        let config = Config::new(vec![vec![Value::Indices(vec![number])]]);
        BLOCK_DROPPING.space(&hybrid(), &given(unit)).unwrap().check(&config).unwrap();
        let plan = BLOCK_DROPPING.lower(&hybrid(), &given(unit), &config).unwrap();
        let edit = DropBlock::of(&plan.edits()[0]).unwrap();
        let cache = BLOCK_DROPPING.cost(&hybrid(), &given(unit), &config).unwrap()[1].clone();
        assert_eq!(cache.dense, 1024.0);
        (edit.layer, edit.part, cache.value)
    };
    let (attention, feed_forward) = (Some(Half::Attention), Some(Half::FeedForward));
    assert_eq!(dropped("attention", 1), (3, attention, 512.0));
    assert_eq!(dropped("feed-forward", 0), (1, feed_forward, 1024.0));
    assert_eq!(dropped("parts", 2), (3, attention, 512.0));
    // A block goes whatever mixes its tokens.
    assert_eq!(dropped("block", 2), (2, None, 1024.0));
    assert_eq!(dropped("block", 3), (3, None, 512.0));
}

/// What vLLM says of windows.
fn one_window() -> Facts {
    told(
        dense(),
        &[
            ("target-attention-span-together", text("heads")),
            ("target-attention-span-only", text("one-window")),
        ],
    )
}

#[test]
fn a_target_that_wants_a_full_layer_is_given_one() {
    let model = told(
        dense(),
        &[
            ("target-attention-span-together", text("heads")),
            ("target-attention-span-only", text("one-window-beside-full")),
        ],
    );
    let given = options(&[("window", OptionValue::Int(128)), ("density", OptionValue::Real(0.6))]);
    let space = ATTENTION_SPANS.space(&model, &given).unwrap();
    let words = space.check(&indices(&[0, 0, 0, 0])).unwrap_err().to_string();
    assert!(words.contains("budget `windows`: 4 layers used, at most 3 allowed"), "{words}");
    space.check(&indices(&[0, 0, 0, 1])).unwrap();
    let baselines = ATTENTION_SPANS.baselines(&model, &given, &[]).unwrap();
    assert!(baselines.iter().any(|baseline| baseline.name == "interleaved"));
    for baseline in baselines {
        space.check(&baseline.config).unwrap_or_else(|error| panic!("{}: {error}", baseline.name));
    }
}

#[test]
fn layers_see_everything_or_the_one_window_of_a_target() {
    let space = ATTENTION_SPANS.space(&one_window(), &Settings::new()).unwrap();
    let rule = &space.dimensions()[0];
    assert_eq!(rule.domain, Domain::Choice { options: vec!["256+0N".to_owned(), "0+1N".to_owned()] });
    assert_eq!(rule.cells(), 4);
    // Nothing is budgeted below the longest length that is profiled.
    let names: Vec<&str> = space.budgets().map(|budget| budget.resource.as_str()).collect();
    assert_eq!(names, ["density-1024", "density-2048"]);
    let given = options(&[("window", OptionValue::Int(128)), ("density", OptionValue::Real(0.6))]);
    let config = indices(&[0, 1, 0, 1]);
    ATTENTION_SPANS.space(&one_window(), &given).unwrap().check(&config).unwrap();
    let plan = ATTENTION_SPANS.lower(&one_window(), &given, &config).unwrap();
    let edit =
        |layer, kv_head| Edit::from(AttentionSpan { layer, kv_head, sink: 0, alpha: 128.0, beta: 0.0 });
    assert_eq!(plan.edits(), [edit(0, 0), edit(0, 1), edit(2, 0), edit(2, 1)]);
    let baselines = ATTENTION_SPANS.baselines(&one_window(), &given, &[]).unwrap();
    let interleaved = baselines.iter().find(|baseline| baseline.name == "interleaved").unwrap();
    assert_eq!(interleaved.config, config);
    let words = refusal(ATTENTION_SPANS.space(&one_window(), &options(&[("sink", OptionValue::Int(64))])));
    assert!(words.contains("windows without first positions; set `sink` to 0"), "{words}");
    let words =
        refusal(ATTENTION_SPANS.space(&one_window(), &options(&[("window", OptionValue::Int(4096))])));
    assert!(words.contains("set `window` to less"), "{words}");
    // Asked for without a target, heads choose and keep their sink.
    let heads = ATTENTION_SPANS.space(&dense(), &given).unwrap();
    assert_eq!(heads.dimensions()[0].cells(), 8);
    let plan = ATTENTION_SPANS.lower(&dense(), &given, &indices(&[0, 1, 1, 1, 1, 1, 1, 1])).unwrap();
    assert_eq!(AttentionSpan::of(&plan.edits()[0]).unwrap().sink, 4);
}
