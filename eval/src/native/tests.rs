//! A device without memory for everything at once.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use attune_core::evaluator::Split;
use attune_core::plan::KvBits;
use attune_core::scores::Scores;

use super::*;

const ITEMS: u32 = 4;

/// tiny-moe on a device with memory for `room` plans times items.
fn device(room: usize) -> NativeEvaluator {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe");
    let text = |split: &str| model.join(format!("data/prose.{split}.txt"));
    let task = TextSpec {
        tokenizer: model.join("tokenizer.json"),
        selection: text("selection"),
        report: text("report"),
        elsewhere: BTreeMap::new(),
        length: 16,
    };
    let spec = NativeSpec {
        model: &model,
        device: "cpu",
        precision: Precision::F32,
        task,
        reference_memory: REFERENCE_MEMORY,
        activation_memory: Some(1 << 28),
    };
    NativeEvaluator { room, ..NativeEvaluator::open(&spec).unwrap() }
}

fn population() -> Vec<Plan> {
    let bits =
        |layer, keys| Edit::KvBits(KvBits { layer, keys, values: 3, group_size: 32, ..KvBits::default() });
    (0..5)
        .map(|child| Plan::new((0..6).map(|layer| bits(layer, if layer == child { 2 } else { 4 }))))
        .collect()
}

fn scores(evaluator: &NativeEvaluator) -> Result<Vec<Result<Scores, EvalFailure>>, EvalFailure> {
    let plans = population();
    let mut found: Vec<Option<Result<Scores, EvalFailure>>> = vec![None; plans.len()];
    let request = Request::new(Split::Selection, (0..ITEMS).collect());
    evaluator.evaluate(&plans, &request, &mut |plan, outcome| {
        assert!(found[plan].is_none(), "plan {plan} was answered twice");
        found[plan] = Some(outcome.map(|evaluation| evaluation.scores));
        ControlFlow::Continue(())
    })?;
    Ok(found.into_iter().flatten().collect())
}

#[test]
fn out_of_memory_is_a_smaller_batch_with_the_same_scores() {
    let plenty = scores(&device(usize::MAX)).unwrap();
    assert_eq!(plenty.len(), population().len());
    assert!(plenty.iter().all(Result::is_ok));
    for room in [7, 4, 2, 1] {
        let evaluator = device(room);
        assert_eq!(scores(&evaluator).unwrap(), plenty, "room for {room}");
        // By now it may know how little fits.
        assert_eq!(scores(&evaluator).unwrap(), plenty, "room for {room}, again");
    }
}

#[test]
fn a_device_without_memory_for_one_plan_on_one_item_says_so() {
    let failed = scores(&device(0));
    assert!(matches!(failed, Err(EvalFailure::OutOfMemory { .. })), "{failed:?}");
}
