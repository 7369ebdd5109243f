//! The input and the output embedding in few bits: agreement with checkpoints that hold the rounded numbers, and what plans share.

use attune_core::evaluator::{EvalFailure, Split};
use attune_core::plan::{Edit, Plan};
use attune_eval::model::{DecoderOutline, Model};
use attune_vocabulary::edits::EmbeddingBits;
use attune_vocabulary::{Embedding, NumberGrid, arrange, embeddings};
use tempfile::TempDir;

use crate::contract::on;
use crate::made::{self, HIDDEN, MIXTRAL, Tensors, VOCAB, furthest, ids, load, logits};
use crate::population::{ITEMS, LENGTH, open, texts};

const INPUT: &str = "model.embed_tokens.weight";
const OUTPUT: &str = "lm_head.weight";
const GROUP: usize = 8;

fn edit(matrix: Embedding, bits: u32, grid: Option<NumberGrid>) -> Edit {
    let group_size = if grid == Some(NumberGrid::Fp8Tensor) { HIDDEN as u32 } else { GROUP as u32 };
    Edit::from(EmbeddingBits { matrix, bits, group_size, grid })
}

/// A model with an output matrix of its own, or without.
fn weights(tied: bool) -> Tensors {
    let mut tensors = made::weights(made::EXPERTS);
    if !tied {
        let values = (0..VOCAB * HIDDEN).map(|place| (place as f32 * 0.37).sin()).collect();
        tensors.insert(OUTPUT.to_owned(), (vec![VOCAB, HIDDEN], values));
    }
    tensors
}

fn written(tied: bool, tensors: &Tensors) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config =
        MIXTRAL.replace("\"tie_word_embeddings\": true", &format!("\"tie_word_embeddings\": {tied}"));
    made::write(folder.path(), &config, tensors);
    made::write_tokenizer(folder.path());
    folder
}

/// By the formula of the documentation, group by group.
fn affine(values: &mut [f32], bits: u32) {
    let codes = ((1 << bits) - 1) as f32;
    for group in values.chunks_exact_mut(GROUP) {
        let low = group.iter().copied().fold(f32::INFINITY, f32::min);
        let scale = (group.iter().copied().fold(f32::NEG_INFINITY, f32::max) - low) / codes;
        group.iter_mut().for_each(|value| {
            *value = ((*value - low) / scale).round_ties_even().min(codes) * scale + low;
        });
    }
}

/// One scale for the whole matrix.
fn fp8(values: &mut [f32]) {
    attune_grids::nearest::matrix(values, HIDDEN, NumberGrid::Fp8Tensor, 8, HIDDEN);
}

/// The same checkpoint with some of its tensors changed.
fn rounded(tied: bool, names: &[&str], change: impl Fn(&mut [f32])) -> Model {
    let mut tensors = weights(tied);
    for name in names {
        change(&mut tensors.get_mut(*name).unwrap().1);
    }
    load(written(tied, &tensors).path())
}

#[test]
fn a_plan_is_the_checkpoint_that_holds_the_rounded_matrices() {
    let ids = ids(3, 40);
    for tied in [true, false] {
        let model = load(written(tied, &weights(tied)).path());
        let dense = logits(&model, &Plan::empty(), &ids);
        let mut cases: Vec<(Vec<Edit>, Model)> = vec![
            (vec![edit(Embedding::Input, 3, None)], rounded(tied, &[INPUT], |values| affine(values, 3))),
            (vec![edit(Embedding::Input, 8, Some(NumberGrid::Fp8Tensor))], rounded(tied, &[INPUT], fp8)),
        ];
        if !tied {
            cases.push((
                vec![edit(Embedding::Output, 2, None)],
                rounded(tied, &[OUTPUT], |values| affine(values, 2)),
            ));
            cases.push((
                vec![edit(Embedding::Input, 4, None), edit(Embedding::Output, 4, None)],
                rounded(tied, &[INPUT, OUTPUT], |values| affine(values, 4)),
            ));
        }
        for (edits, expected) in cases {
            let plan = arrange(edits);
            let found = logits(&model, &plan, &ids);
            assert_eq!(found, logits(&expected, &Plan::empty(), &ids), "{plan:?}, tied: {tied}");
            assert!(furthest(&found, &dense) > 1e-3, "{plan:?} changes nothing");
        }
        let sixteen = arrange([edit(Embedding::Input, 16, None)]);
        assert_eq!(logits(&model, &sixteen, &ids), dense);
    }
}

#[test]
fn matrices_that_a_model_does_not_have_and_groups_that_do_not_fit_are_refused() {
    let refusal = |tied: bool, edit: Edit| {
        let outline = DecoderOutline::open(written(tied, &weights(tied)).path()).unwrap();
        match outline.check(&arrange([edit])) {
            Err(EvalFailure::Unsupported { reason, edit, .. }) => format!("{edit}: {reason}"),
            other => panic!("{other:?}"),
        }
    };
    let of_both = refusal(true, edit(Embedding::Output, 4, None));
    assert!(of_both.contains("one matrix for both embeddings; name it `input`"), "{of_both}");
    let group = EmbeddingBits { matrix: Embedding::Input, bits: 4, group_size: 12, grid: None };
    assert!(refusal(false, group.into()).contains("12 channels does not divide the 32 inputs"));
}

#[test]
fn facts_say_which_matrices_there_are() {
    for tied in [true, false] {
        let outline = DecoderOutline::open(written(tied, &weights(tied)).path()).unwrap();
        let found = embeddings(&outline.facts(attune_core::hash::ContentHash::of(b"")));
        let names: Vec<&str> = found.iter().map(|matrix| matrix.embedding.name()).collect();
        assert_eq!(names, if tied { vec!["input"] } else { vec!["input", "output"] });
        for matrix in found {
            let shape = (matrix.tokens, matrix.channels, matrix.element_bytes);
            assert_eq!(shape, (VOCAB as u32, HIDDEN as u32, 4));
        }
    }
}

#[test]
fn plans_that_differ_behind_the_last_layer_share_all_of_them_and_before_the_first_none() {
    let folder = written(false, &weights(false));
    texts(&folder, 5);
    let plan = |input: u32, output: u32| {
        arrange([edit(Embedding::Input, input, None), edit(Embedding::Output, output, None)])
    };
    let plans = [plan(16, 3), plan(16, 4), plan(4, 3), plan(4, 4), plan(3, 16)];
    let all: Vec<u32> = (0..ITEMS as u32).collect();
    let evaluator = open(&folder, 1 << 30);
    let found = on(&evaluator, &plans, Split::Selection, all.clone());
    let work: u64 = found.iter().map(|one| one.work.computed).sum();
    assert_eq!(work, (3 * ITEMS * LENGTH * made::LAYERS) as u64, "three ways to enter");
    for (plan, found) in plans.iter().zip(&found) {
        let alone = on(&open(&folder, 0), std::slice::from_ref(plan), Split::Selection, all.clone());
        assert_eq!(alone[0].scores, found.scores, "{plan:?}");
    }
    let kl = |number: usize| found[number].scores.metrics["kl"].items.iter().sum::<f64>();
    assert!(kl(0) > kl(1) && kl(1) > 0.0, "fewer bits of the output matrix lose more");
}
