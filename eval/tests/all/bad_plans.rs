//! Plans that cannot be honoured are refused by name, before anything runs.

use attune_core::evaluator::EvalFailure;
use attune_core::plan::{AttentionSpan, Edit, KeepExperts, KvBits, Module, Plan, WeightBits};

use crate::made::{load, mixture};

#[test]
fn impossible_edits_are_refused_by_name() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let keep = |layer, experts: &[u32]| {
        Plan::new([Edit::KeepExperts(KeepExperts { layer, experts: experts.to_vec() })])
    };
    let bits = |keys, group_size| {
        Plan::new([Edit::KvBits(KvBits { layer: 0, keys, values: 4, group_size, sink: 0, recent: 0 })])
    };
    let span = |kv_head, alpha| {
        Plan::new([Edit::AttentionSpan(AttentionSpan { layer: 1, kv_head, sink: 0, alpha, beta: 0.0 })])
    };
    let weights = |module, expert, bits, group_size| {
        Plan::new([Edit::WeightBits(WeightBits { layer: 0, module, expert, bits, group_size })])
    };
    let twice = Plan::new([keep(0, &[1, 2]), keep(0, &[3, 4])].iter().flat_map(|plan| plan.edits().to_vec()));
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
        (twice, "changes the same place"),
    ];
    for (plan, expected) in cases {
        let failure = attune_eval::logits::logits(&model, &plan, &[1, 2, 3]).unwrap_err();
        let message = failure.to_string();
        assert!(matches!(failure, EvalFailure::Unsupported { .. }), "{message}");
        let expected = expected.replace("): ", ")`: ");
        assert!(message.contains(&expected) && message.contains("native"), "{message}\n{expected}");
    }
}
