//! A device without memory for everything at once.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use attune_core::evaluator::Split;
use attune_core::scores::Scores;
use attune_vocabulary::edits::{EmbeddingBits, KvBits, WeightBits};
use attune_vocabulary::{Embedding, Module, Rounding, arrange};

use super::groups::Group;
use super::*;
use crate::decoder::Batch;
use crate::text::TextSpec;

const ITEMS: u32 = 4;

/// tiny-moe on a device with memory for `room` plans times passages.
fn device(room: usize) -> NativeEvaluator {
    NativeEvaluator { room, ..with_memory(1 << 28) }
}

/// tiny-moe with so many bytes for activations.
fn with_memory(activation_memory: u64) -> NativeEvaluator {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe");
    let text = |split: &str| model.join(format!("data/prose.{split}.txt"));
    let task = TextSpec {
        tokenizer: model.join("tokenizer.json"),
        selection: text("selection"),
        report: text("report"),
        lengths: BTreeMap::new(),
        passkeys: BTreeMap::new(),
        selection_items: 0,
        report_items: 0,
        elsewhere: BTreeMap::new(),
        length: 16,
    };
    let spec = NativeSpec {
        model: &model,
        device: "cpu",
        precision: Precision::F32,
        task: &task,
        reference_memory: REFERENCE_MEMORY,
        activation_memory: Some(activation_memory),
    };
    NativeEvaluator::open(&spec).unwrap()
}

fn population() -> Vec<Plan> {
    let bits =
        |layer, keys| Edit::from(KvBits { layer, keys, values: 3, group_size: 32, ..KvBits::default() });
    (0..5).map(|child| arrange((0..6).map(|layer| bits(layer, if layer == child { 2 } else { 4 })))).collect()
}

fn scores(evaluator: &NativeEvaluator) -> Result<Vec<Result<Scores, EvalFailure>>, EvalFailure> {
    let plans = population();
    let mut found: Vec<Option<Result<Scores, EvalFailure>>> = vec![None; plans.len()];
    let request = Request::new(Split::Selection, (0..ITEMS).collect());
    let progress = request.progress.clone();
    evaluator.evaluate(&plans, &request, &mut |plan, outcome| {
        assert!(found[plan].is_none(), "plan {plan} was answered twice");
        found[plan] = Some(outcome.map(|evaluation| evaluation.scores));
        ControlFlow::Continue(())
    })?;
    // However often a part was tried, it is done once.
    let all = f64::from(ITEMS) * plans.len() as f64;
    assert!((progress.evaluations() - all).abs() < 0.1, "{} of {all}", progress.evaluations());
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
fn only_the_scored_tokens_at_the_end_count() {
    let evaluator = device(usize::MAX);
    let plans = population();
    let edited = EditedModel::new(&plans[0], &evaluator.model.config).unwrap();
    let request = Request::new(Split::Selection, vec![0, 1]);
    // Tokens of the future change nothing, so what the last three say is what all say less what the others say.
    let summed = |split: &str, tokens: usize, scored: usize| -> Vec<(f64, f64)> {
        let whole = evaluator.groups(&request, 2).unwrap().remove(0);
        let ids =
            whole.ids.chunks_exact(whole.batch.tokens).flat_map(|item| &item[..tokens]).copied().collect();
        let batch = Batch { tokens, ..whole.batch };
        // Results of the dense model are kept by split.
        let group = Group { split: Split::OutOfDomain(split.to_owned()), ids, batch, scored, ..whole };
        let share = Share::new(&request.progress, 2.0);
        let found = evaluator.score_group(&group, &[&edited], Limit::default(), share).unwrap();
        found.reads[0].iter().map(|read| (read.kl, read.nll)).collect()
    };
    let (all, first, last) = (summed("all", 16, 15), summed("first", 13, 12), summed("last", 16, 3));
    for ((all, first), last) in all.iter().zip(first).zip(last) {
        assert!((all.0 - first.0 - last.0).abs() < 1e-4, "{all:?} {first:?} {last:?}");
        assert!((all.1 - first.1 - last.1).abs() < 1e-4, "{all:?} {first:?} {last:?}");
        assert!(last.0 > 0.0 && last.1 > 0.0);
    }
}

#[test]
fn a_device_without_memory_for_one_plan_on_one_item_says_so() {
    let failed = scores(&device(0));
    assert!(matches!(failed, Err(EvalFailure::OutOfMemory { .. })), "{failed:?}");
}

#[test]
fn outputs_are_what_plans_are_scored_by() {
    let evaluator = device(usize::MAX);
    let weight = WeightBits {
        layer: 3,
        module: Module::Query,
        expert: None,
        bits: 2,
        group_size: 32,
        grid: None,
        rounding: Some(Rounding::Gptq),
    };
    // Outputs come first: nothing has been calibrated or rounded when they are asked for.
    let plans = [population().remove(0), arrange([Edit::from(weight)])];
    let request = Request::new(Split::Selection, vec![2, 0]);
    let log_softmax = |row: &[f32]| -> Vec<f64> {
        let most = row.iter().copied().fold(f32::MIN, f32::max);
        let sum: f64 = row.iter().map(|&logit| f64::from(logit - most).exp()).sum();
        row.iter().map(|&logit| f64::from(logit - most) - sum.ln()).collect()
    };
    let outputs = |plan: &Plan, positions| evaluator.outputs(plan, &request, positions).unwrap().unwrap();
    let dense = outputs(&Plan::empty(), u32::MAX);
    for plan in &plans {
        let edited = outputs(plan, u32::MAX);
        assert_eq!(edited.iter().map(|one| one.item).collect::<Vec<u32>>(), [2, 0]);
        let scored = {
            let mut found = None;
            let sink = &mut |_, outcome: Result<Evaluation, EvalFailure>| {
                found = Some(outcome.unwrap().scores);
                ControlFlow::Continue(())
            };
            evaluator.evaluate(std::slice::from_ref(plan), &request, sink).unwrap();
            found.unwrap().metrics["kl"].items.clone()
        };
        for ((dense, edited), kl) in dense.iter().zip(&edited).zip(scored) {
            assert_eq!((&dense.inputs, edited.positions.len()), (&edited.inputs, 16));
            // The last token predicts nothing that is scored.
            let rows =
                dense.values.chunks_exact(dense.width).zip(edited.values.chunks_exact(edited.width)).take(15);
            let divergences = rows.map(|(dense, edited)| {
                let (dense, edited) = (log_softmax(dense), log_softmax(edited));
                dense.iter().zip(&edited).map(|(dense, edited)| dense.exp() * (dense - edited)).sum::<f64>()
            });
            let mean = divergences.sum::<f64>() / 15.0;
            assert!(kl > 0.0 && (mean / kl - 1.0).abs() < 1e-3, "{mean} {kl}");
        }
        let few = outputs(plan, 3);
        assert_eq!(few[0].positions, [0, 7, 15]);
        let width = few[0].width;
        assert_eq!(few[0].values[width..2 * width], edited[0].values[7 * width..8 * width]);
    }
}

#[test]
fn plans_whose_codes_take_too_much_run_one_after_the_other_with_the_same_scores() {
    let rounded = |layer, bits| {
        Edit::from(WeightBits {
            layer,
            module: Module::Query,
            expert: None,
            bits,
            group_size: 32,
            grid: None,
            rounding: Some(Rounding::Gptq),
        })
    };
    // One module, two, the same two and a third, and another level of the first.
    let plans = [
        vec![rounded(0, 3)],
        vec![rounded(0, 3), rounded(1, 3)],
        vec![rounded(0, 3), rounded(1, 3), rounded(2, 3)],
        vec![rounded(0, 2)],
    ];
    let plans = plans.map(arrange);
    let plenty = with_memory(1 << 28);
    let config = &plenty.model.config;
    let edited: Vec<((), EditedModel)> =
        plans.iter().map(|plan| ((), EditedModel::new(plan, config).unwrap())).collect();
    let of_query = (config.hidden * config.heads * config.head_dim) as u64;
    let first = |from: usize, plans, modules| {
        cut::first(&edited[from..], config, &cut::Room { plans, codes: modules * of_query, tokens: 0 })
    };
    assert_eq!([0, 1, 2, 3, 4].map(|modules| first(0, 9, modules)), [1, 1, 2, 3, 4]);
    assert_eq!((first(0, 2, 9), first(1, 9, 0), first(3, 9, 0)), (2, 1, 1));

    let scores = |evaluator: &NativeEvaluator| {
        let mut found = vec![None; plans.len()];
        let request = Request::new(Split::Selection, (0..ITEMS).collect());
        let sink = &mut |plan: usize, outcome: Result<Evaluation, EvalFailure>| {
            found[plan] = Some(outcome.unwrap().scores);
            ControlFlow::Continue(())
        };
        evaluator.evaluate(&plans, &request, sink).unwrap();
        found
    };
    let expected = scores(&plenty);
    assert!(expected.iter().all(Option::is_some));
    // So little that every plan is alone, codes twice over.
    let scarce = with_memory(2 * of_query);
    assert_eq!(scores(&scarce), expected);
    assert_eq!(scores(&scarce), expected, "again");
}

#[test]
fn plans_run_together_whose_token_matrices_are_kept_together() {
    let both = |bits| {
        let bits = EmbeddingBits { matrix: Embedding::Input, bits, group_size: 32, grid: None };
        arrange(vec![Edit::from(bits)])
    };
    let evaluator = with_memory(1 << 28);
    let config = &evaluator.model.config;
    let plans = [both(3), both(3), both(4), both(8), Plan::empty()];
    let edited: Vec<((), EditedModel)> =
        plans.iter().map(|plan| ((), EditedModel::new(plan, config).unwrap())).collect();
    let matrix = 4 * (config.vocab * config.hidden) as u64;
    let first = |from: usize, matrices| {
        let room = cut::Room { plans: 9, codes: 0, tokens: matrices * matrix };
        cut::first(&edited[from..], config, &room)
    };
    assert_eq!([1, 2, 3].map(|matrices| first(0, matrices)), [2, 3, 5]);
    assert_eq!((first(2, 1), first(3, 0)), (1, 1));
    assert!(evaluator.model.token_levels.budget() >= 2 * matrix);
}
