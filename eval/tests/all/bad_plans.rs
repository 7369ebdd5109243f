//! Plans that cannot be honoured are refused by name, before anything runs.

use attune_core::evaluator::EvalFailure;
use attune_core::plan::Edit;
use attune_vocabulary::edits::{AttentionSpan, KeepExperts, KvBits, WeightBits};
use attune_vocabulary::{CacheGrid, Module, NumberGrid, Rounding, arrange};

use crate::contract::{matrix, merge, one_hot, per_token, route};
use crate::made::{load, mixture};

#[test]
fn dense_models_have_no_experts_to_merge() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/models/llama");
    let model = load(&folder);
    for edit in [merge(0, 1, vec![1.0]), route(0, 1, vec![1.0]), per_token(0, 1)] {
        let failure = attune_eval::logits::logits(&model, &arrange([edit]), &[1]).unwrap_err();
        assert!(failure.to_string().contains("the model has no experts"), "{failure}");
    }
}

#[test]
fn impossible_edits_are_refused_by_name() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let keep =
        |layer, experts: &[u32]| arrange([Edit::from(KeepExperts { layer, experts: experts.to_vec() })]);
    let bits =
        |keys, group_size| arrange([Edit::from(KvBits { keys, values: 4, group_size, ..KvBits::default() })]);
    let refined = |kv_head, smoothing, shrink_from| {
        let bits = KvBits { keys: 3, values: 4, group_size: 4, ..KvBits::default() };
        arrange([Edit::from(KvBits { kv_head, smoothing, shrink_from, ..bits })])
    };
    let both = arrange(
        [refined(None, None, None), refined(Some(1), None, None)]
            .iter()
            .flat_map(|plan| plan.edits().to_vec()),
    );
    let span = |kv_head, alpha| {
        arrange([Edit::from(AttentionSpan { layer: 1, kv_head, sink: 0, alpha, beta: 0.0 })])
    };
    let plan = |edits: &[Edit]| arrange(edits.iter().cloned());
    let kept = Edit::from(KeepExperts { layer: 0, experts: vec![0, 1, 2] });
    let weights = |module, expert, bits, group_size| {
        arrange([Edit::from(WeightBits {
            layer: 0,
            module,
            expert,
            bits,
            group_size,
            grid: None,
            rounding: None,
        })])
    };
    let on_grid = |grid, bits, group_size| {
        let module = Module::Down;
        arrange([Edit::from(WeightBits {
            layer: 0,
            module,
            expert: None,
            bits,
            group_size,
            grid: Some(grid),
            rounding: None,
        })])
    };
    let cache = |grid, values, group_size, shrink_from| {
        let bits = KvBits { keys: 16, values, group_size, shrink_from, ..KvBits::default() };
        arrange([Edit::from(KvBits { value_grid: Some(grid), ..bits })])
    };
    let twice = arrange([keep(0, &[1, 2]), keep(0, &[3, 4])].iter().flat_map(|plan| plan.edits().to_vec()));
    let cases = [
        (keep(2, &[0, 1]), "keep-experts(experts:[0, 1],layer:2): the model has layers 0 to 1"),
        (keep(0, &[0, 6]), "there is no expert 6; the model has 0 to 5"),
        (keep(0, &[3]), "it keeps 1 experts, fewer than the 2 that each token is routed to"),
        (bits(9, 4), "keys in 9 bits; expected 1 to 8, or 16 for exact"),
        (bits(0, 4), "keys in 0 bits"),
        (bits(4, 3), "a group of 3 channels does not divide the head of 8"),
        (bits(4, 0), "a group of 0 channels"),
        (span(2, 5.0), "the model has KV heads 0 to 1"),
        (span(0, f64::NAN), "alpha and beta must be finite"),
        (weights(Module::Up, None, 7, 8), "weights in 7 bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact"),
        (weights(Module::Down, Some(6), 4, 8), "there is no expert 6; the model has 0 to 5"),
        (weights(Module::Key, Some(0), 4, 8), "k is no module of an expert; those are gate, up and down"),
        (weights(Module::Down, None, 4, 16), "a group of 16 channels does not divide the 24 inputs"),
        (weights(Module::Query, None, 4, 0), "a group of 0 channels"),
        (on_grid(NumberGrid::Q4_0, 4, 8), "q4_0 has groups of 32 channels, not of 8"),
        (on_grid(NumberGrid::Q8_0, 4, 32), "q8_0 has 8 bits, not 4"),
        (
            on_grid(NumberGrid::Fp8Channel, 8, 8),
            "fp8-e4m3-channel has groups of 24 channels, all inputs, not of 8",
        ),
        (
            arrange([Edit::from(WeightBits {
                layer: 0,
                module: Module::Down,
                expert: None,
                bits: 8,
                group_size: 24,
                grid: Some(NumberGrid::Fp8Channel),
                rounding: Some(Rounding::Gptq),
            })]),
            "gptq needs whole numbers under a scale for each group that follows from the weights alone, and is not defined on \
             fp8-e4m3-channel; leave `rounding` out, or use affine-int, symmetric or no `grid`",
        ),
        (cache(CacheGrid::Q4_0, 4, 8, None), "q4_0 has groups of 32 channels, not of 8"),
        (cache(CacheGrid::Fp8E4m3, 7, 8, None), "fp8-e4m3 has 8 bits, not 7"),
        (
            cache(CacheGrid::Fp8E4m3, 8, 8, Some(16)),
            "an engine with fp8-e4m3 smooths no keys and shrinks no codes",
        ),
        (twice, "changes the same place"),
        (
            plan(&[merge(0, 2, one_hot(&[0, 1]))]),
            "rows:2): it has 2 rows; without route-experts in the same layer it needs 6, one for each expert",
        ),
        (
            plan(&[route(1, 3, matrix(1, 3))]),
            "it has 3 rows; without merge-experts in the same layer it needs 6",
        ),
        (
            plan(&[merge(0, 3, matrix(1, 3)), route(0, 2, matrix(1, 2))]),
            "it has 3 rows, and route-experts of the same layer has 2",
        ),
        (plan(&[merge(0, 7, matrix(1, 7))]), "expected 1 to 6 rows of 6 numbers"),
        (plan(&[merge(0, 6, vec![0.5; 35])]), "its matrix has 35 numbers in 6 rows"),
        (plan(&[merge(0, 6, vec![1e39; 36])]), "its matrix must be finite in float32"),
        (
            plan(&[merge(0, 1, matrix(1, 1)), route(0, 1, matrix(1, 1))]),
            "it has 1 rows, fewer than the 2 experts that each token is routed to",
        ),
        (plan(&[per_token(0, 0)]), "the layer has 6 experts; expected a count from 1 to 6"),
        (
            plan(&[merge(0, 2, matrix(1, 2)), route(0, 2, matrix(1, 2)), per_token(0, 3)]),
            "count:3,layer:0): the layer has 2 experts; expected a count from 1 to 2",
        ),
        (plan(&[kept.clone(), per_token(0, 4)]), "the layer has 3 experts; expected a count from 1 to 3"),
        (
            plan(&[kept.clone(), route(0, 6, matrix(1, 6))]),
            "keep-experts(experts:[0, 1, 2],layer:0) changes the same place",
        ),
        (
            plan(&[kept, merge(0, 6, matrix(1, 6))]),
            "keep-experts(experts:[0, 1, 2],layer:0) changes the same place",
        ),
        (both, "kv-bits(group-size:4,keys:3,kv-head:1,layer:0,recent:0,sink:0,values:4)"),
        (refined(Some(2), None, None), "the model has KV heads 0 to 1"),
        (refined(None, Some(1.5), None), "keys smoothed by the exponent 1.5; expected 0 to 1"),
        (refined(None, Some(f64::NAN), None), "the exponent NaN"),
        (refined(None, None, Some(12)), "codes shrink from 12 bits; expected 2, 4, 8 or 16"),
        (refined(None, None, Some(16)), "keys in 3 bits, which 16 bits halved any number of times are not"),
    ];
    for (plan, expected) in cases {
        let failure = attune_eval::logits::logits(&model, &plan, &[1, 2, 3]).unwrap_err();
        let message = failure.to_string();
        assert!(matches!(failure, EvalFailure::Unsupported { .. }), "{message}");
        let expected = expected.replace("): ", ")`: ");
        assert!(message.contains(&expected) && message.contains("native"), "{message}\n{expected}");
    }
}
