//! Plans that cannot be honoured are refused by name, before anything runs.

use attune_core::evaluator::EvalFailure;
use attune_core::plan::{AttentionSpan, Edit, KeepExperts, KvBits, Plan};

use crate::made::{load, mixture};

#[test]
fn impossible_edits_are_refused_by_name() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let keep = |layer, experts: &[u32]| {
        Plan::new([Edit::KeepExperts(KeepExperts { layer, experts: experts.to_vec() })])
    };
    let bits = |keys, group_size| {
        Plan::new([Edit::KvBits(KvBits { keys, values: 4, group_size, ..KvBits::default() })])
    };
    let refined = |kv_head, smoothing, shrink_from| {
        let bits = KvBits { keys: 3, values: 4, group_size: 4, ..KvBits::default() };
        Plan::new([Edit::KvBits(KvBits { kv_head, smoothing, shrink_from, ..bits })])
    };
    let both = Plan::new(
        [refined(None, None, None), refined(Some(1), None, None)]
            .iter()
            .flat_map(|plan| plan.edits().to_vec()),
    );
    let span = |kv_head, alpha| {
        Plan::new([Edit::AttentionSpan(AttentionSpan { layer: 1, kv_head, sink: 0, alpha, beta: 0.0 })])
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
        (twice, "changes the same place"),
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
