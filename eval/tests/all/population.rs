//! A population is scored as its plans alone are, with less work.

use std::collections::BTreeMap;

use attune_core::evaluator::Split;
use attune_core::plan::{Edit, Plan};
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{
    ActivationBits, AttentionSpan, DropBlock, EmbeddingBits, Grid, Half, KvBits, Range, SilenceExperts,
    WeightBits,
};
use attune_vocabulary::{CacheGrid, Embedding, Module, NumberGrid, Rounding};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::contract::{bits, keep, matrix, merge, on, one_hot, per_token, refined, route};
use crate::made::{self, KV_HEADS};

pub(crate) const LENGTH: usize = 24;
pub(crate) const ITEMS: usize = 9;

fn folder(layers: usize, seed: u64) -> TempDir {
    let folder = made::random_mixture(layers, seed);
    texts(&folder, seed);
    folder
}

/// Writes what both splits are read from.
pub(crate) fn texts(folder: &TempDir, seed: u64) {
    for (number, name) in ["selection", "report"].into_iter().enumerate() {
        let text = made::text(seed + number as u64, ITEMS * LENGTH);
        std::fs::write(folder.path().join(name), text).unwrap();
    }
}

pub(crate) fn open(folder: &TempDir, activation_memory: u64) -> NativeEvaluator {
    let file = |name: &str| folder.path().join(name);
    let task = TextSpec {
        tokenizer: file("tokenizer.json"),
        selection: file("selection"),
        report: file("report"),
        lengths: BTreeMap::new(),
        passkeys: BTreeMap::new(),
        selection_items: 0,
        report_items: 0,
        elsewhere: BTreeMap::new(),
        length: LENGTH,
    };
    let spec = NativeSpec {
        model: folder.path(),
        device: "cpu",
        precision: Precision::F32,
        task: &task,
        reference_memory: REFERENCE_MEMORY,
        activation_memory: Some(activation_memory),
    };
    NativeEvaluator::open(&spec).unwrap()
}

/// One of a few edits of one layer, so that plans of a population share many of them.
fn edit(layer: u32, choice: u32) -> Vec<Edit> {
    let drop = |part| Edit::from(DropBlock { layer, part });
    let inputs = |module, bits, range| {
        let grid = if bits == 6 { Grid::Symmetric } else { Grid::Affine };
        Edit::from(ActivationBits { layer, module, bits, range, grid, group_size: None })
    };
    let weight = |module, expert, bits| {
        Edit::from(WeightBits { layer, module, expert, bits, group_size: 8, grid: None, rounding: None })
    };
    let on_grid = |module, grid| {
        let edit = WeightBits {
            layer,
            module,
            expert: None,
            bits: 3,
            group_size: 8,
            grid: Some(grid),
            rounding: None,
        };
        Edit::from(edit)
    };
    let fed_back = |module, grid, bits| {
        let rounding = Some(Rounding::Gptq);
        Edit::from(WeightBits { layer, module, expert: None, bits, group_size: 8, grid, rounding })
    };
    // Keys on an engine's grid beside values on the plain one.
    let on_caches = |grid, keys| {
        let (group_size, sink, recent) = (8, 1, 4);
        let key_grid = Some(grid);
        Edit::from(KvBits { layer, keys, values: 4, group_size, sink, recent, key_grid, ..KvBits::default() })
    };
    // Before the first layer, and behind the last one, where the model has one matrix for both.
    let entering =
        |bits| Edit::from(EmbeddingBits { matrix: Embedding::Input, bits, group_size: 8, grid: None });
    let span = |kv_head, alpha| Edit::from(AttentionSpan { layer, kv_head, sink: 1, alpha, beta: 0.1 });
    match choice {
        0 => vec![],
        1 => vec![keep(layer, &[0, 1, 2])],
        2 => vec![keep(layer, &[1, 3, 4, 5])],
        3 => vec![bits(layer, 2, 3)],
        4 => vec![bits(layer, 4, 16), keep(layer, &[0, 5])],
        5 => (0..KV_HEADS as u32).map(|head| span(head, 3.0)).collect(),
        6 => vec![merge(layer, 3, matrix(1, 3)), route(layer, 3, matrix(2, 3))],
        // The merged experts of 6 under another router.
        7 => vec![merge(layer, 3, matrix(1, 3)), route(layer, 3, matrix(3, 3)), per_token(layer, 1)],
        8 => vec![merge(layer, 4, matrix(4, 4)), route(layer, 4, one_hot(&[0, 2, 3, 5])), bits(layer, 4, 4)],
        // Some rows are experts of the model, which candidates share; three answers to add up.
        9 => {
            let mixed = [one_hot(&[4, 1]), matrix(5, 2)].concat();
            vec![merge(layer, 4, mixed), route(layer, 4, matrix(6, 4)), per_token(layer, 3)]
        }
        10 => vec![
            weight(Module::Query, None, 3),
            weight(Module::Gate, None, 4),
            on_grid(Module::Key, NumberGrid::Symmetric),
            on_grid(Module::Up, NumberGrid::AffineInt),
        ],
        11 => vec![
            weight(Module::Query, None, 3),
            weight(Module::Value, None, 2),
            weight(Module::Output, None, 5),
            weight(Module::Down, Some(3), 2),
            bits(layer, 4, 2),
        ],
        12 => vec![
            weight(Module::Up, Some(1), 2),
            weight(Module::Gate, Some(1), 4),
            weight(Module::Down, None, 4),
            keep(layer, &[1, 2, 5]),
        ],
        13 => vec![refined(layer, 0), span(0, 4.0)],
        14 => vec![drop(None)],
        15 => vec![drop(Some(Half::Attention)), inputs(Some(Module::Down), 4, Range::Tensor)],
        16 => vec![drop(Some(Half::FeedForward)), inputs(None, 6, Range::Token), bits(layer, 4, 2)],
        17 => vec![inputs(None, 8, Range::Tensor), weight(Module::Up, Some(1), 2), keep(layer, &[0, 2, 4])],
        20 => vec![
            fed_back(Module::Key, None, 3),
            fed_back(Module::Value, Some(NumberGrid::AffineInt), 2),
            fed_back(Module::Down, Some(NumberGrid::Symmetric), 3),
        ],
        21 if layer == 0 => vec![entering(3)],
        23 => vec![Edit::from(SilenceExperts { layer, experts: vec![1, 3] })],
        24 => vec![Edit::from(SilenceExperts { layer, experts: vec![0, 1, 2, 4, 5] }), per_token(layer, 3)],
        22 if layer == 0 => vec![entering(4), weight(Module::Query, None, 3)],
        19 => vec![on_caches(CacheGrid::Fp8E4m3, 8), weight(Module::Query, None, 3)],
        _ => vec![span(1, 6.0), bits(layer, 3, 3), keep(layer, &[2, 3, 4])],
    }
}

/// A plan of one choice for each layer.
pub(crate) fn plan(choices: &[u32]) -> Plan {
    arrange(choices.iter().enumerate().flat_map(|(layer, &choice)| edit(layer as u32, choice)))
}

fn populations() -> impl Strategy<Value = (u64, Vec<Vec<u32>>)> {
    (1_usize..=5).prop_flat_map(|layers| {
        let plan = prop::collection::vec(0_u32..25, layers);
        (0_u64..1000, prop::collection::vec(plan, 1..9))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn shared_and_naive_agree_to_the_bit(
        (seed, choices) in populations(),
        batches in prop::collection::vec(1_usize..6, 8),
        memory in prop_oneof![Just(0_u64), 10_000..400_000_u64, Just(1 << 30)],
        order in Just((0..ITEMS as u32).collect::<Vec<_>>()).prop_shuffle(),
        items in 1..=ITEMS,
    ) {
        let folder = folder(choices[0].len(), seed);
        let plans: Vec<Plan> = choices.iter().map(|choices| plan(choices)).collect();
        let items = &order[..items];
        let naive: Vec<_> = plans
            .iter()
            .map(|plan| {
                let found = on(&open(&folder, 0), std::slice::from_ref(plan), Split::Selection, items.to_vec());
                prop_assert_eq!(found[0].work.computed, found[0].work.naive);
                Ok(found[0].scores.clone())
            })
            .collect::<Result<_, TestCaseError>>()?;
        let evaluator = open(&folder, memory);
        let mut done = 0;
        for size in batches {
            let batch = &plans[done..(done + size).min(plans.len())];
            let found = on(&evaluator, batch, Split::Selection, items.to_vec());
            for (found, expected) in found.iter().zip(&naive[done..]) {
                prop_assert_eq!(&found.scores, expected);
                prop_assert!(found.work.computed <= found.work.naive);
            }
            done += batch.len();
        }
        // Again, with whatever is in memory now, and other neighbours.
        let mut reversed = plans.clone();
        reversed.reverse();
        let again = on(&evaluator, &reversed, Split::Selection, items.iter().rev().copied().collect());
        for (found, expected) in again.iter().rev().zip(&naive) {
            let values: Vec<f64> = found.scores.metrics["kl"].items.iter().rev().copied().collect();
            prop_assert_eq!(&values, &expected.metrics["kl"].items);
        }
    }
}

#[test]
fn what_plans_share_is_computed_once() {
    let folder = folder(4, 7);
    let plans = [plan(&[1, 1, 1, 1]), plan(&[1, 1, 2, 1]), plan(&[1, 1, 2, 2]), plan(&[2, 1, 1, 1])];
    // Without memory for what stays, but side by side: prefixes of length 1 to 4 number 2, 2, 3 and 4.
    let work = |memory, batches: &[&[usize]]| -> Vec<u64> {
        let evaluator = open(&folder, memory);
        let batch = |numbers: &&[usize]| -> u64 {
            let plans: Vec<Plan> = numbers.iter().map(|&number| plans[number].clone()).collect();
            on(&evaluator, &plans, Split::Selection, vec![0, 1]).iter().map(|one| one.work.computed).sum()
        };
        batches.iter().map(batch).collect()
    };
    let layer = 2 * LENGTH as u64;
    let plenty = 1 << 30;
    assert_eq!(work(plenty, &[&[0, 1, 2, 3]]), [11 * layer]);
    // With memory, later batches begin where they differ from earlier ones.
    assert_eq!(work(plenty, &[&[0], &[1], &[2], &[3]]), [4 * layer, 2 * layer, layer, 4 * layer]);
    // Without it, every plan runs alone and in full.
    assert_eq!(work(0, &[&[0, 1, 2, 3]]), [16 * layer]);
}

#[test]
fn a_new_item_is_computed_and_known_ones_are_not() {
    let folder = folder(3, 8);
    let evaluator = open(&folder, 1 << 30);
    on(&evaluator, &[plan(&[1, 1, 1])], Split::Selection, vec![0, 1, 2]);
    let child = on(&evaluator, &[plan(&[1, 1, 2])], Split::Selection, vec![2, 0]);
    assert_eq!(child[0].work.computed, 2 * LENGTH as u64);
    let elsewhere = on(&evaluator, &[plan(&[1, 1, 3])], Split::Report, vec![2, 0]);
    assert_eq!(elsewhere[0].work.computed, 3 * 2 * LENGTH as u64, "another split is other data");
}
