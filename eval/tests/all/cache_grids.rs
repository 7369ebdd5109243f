//! Keys and values on the number grids of engines' caches: they change a model, each on its own side, whoever is beside them.

use attune_core::evaluator::Split;
use attune_core::plan::Plan;
use attune_vocabulary::edits::KvBits;
use attune_vocabulary::{CacheGrid, arrange};
use tempfile::TempDir;

use crate::contract::on;
use crate::made::{self, EXPERTS, HIDDEN, LAYERS, furthest, ids, load, logits, weights};
use crate::population;

/// A mixture with one head of 32 channels, which is a block of GGUF's grids, with its tokenizer and texts.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = made::MIXTRAL
        .replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 1")
        .replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 1");
    let mut tensors = weights(EXPERTS);
    for layer in 0..LAYERS {
        let name = |module| format!("model.layers.{layer}.self_attn.{module}_proj.weight");
        // Keys and values as wide as the one head.
        for (module, like) in [("k", "q"), ("v", "o")] {
            let values = tensors[&name(like)].1.clone();
            tensors.insert(name(module), (vec![HIDDEN, HIDDEN], values));
        }
    }
    made::write(folder.path(), &config, &tensors);
    made::write_tokenizer(folder.path());
    population::texts(&folder, 5);
    folder
}

/// Keys and values of every layer on these grids.
fn on_grids(keys: CacheGrid, values: CacheGrid) -> Plan {
    let edit = |layer| KvBits {
        layer,
        keys: keys.bits()[0],
        values: values.bits()[0],
        group_size: HIDDEN as u32,
        key_grid: Some(keys),
        value_grid: Some(values),
        ..KvBits::default()
    };
    arrange((0..LAYERS as u32).map(edit))
}

#[test]
fn keys_and_values_are_each_on_their_own_grid() {
    let folder = folder();
    let model = load(folder.path());
    let ids = ids(9, 40);
    let of = |plan: &Plan| logits(&model, plan, &ids);
    let dense = of(&Plan::empty());
    let found = of(&on_grids(CacheGrid::Q8_0, CacheGrid::Q4_0));
    let swapped = of(&on_grids(CacheGrid::Q4_0, CacheGrid::Q8_0));
    assert!(furthest(&dense, &found) > 0.0, "the grids change nothing");
    assert!(furthest(&found, &swapped) > 0.0, "keys and values are on the same grid");
    // 8 bits on both sides are nearer to the dense model than 4.
    let [fine, coarse] =
        [CacheGrid::Q8_0, CacheGrid::Q4_0].map(|grid| furthest(&dense, &of(&on_grids(grid, grid))));
    assert!(0.0 < fine && fine < coarse, "{fine} and {coarse}");
}

#[test]
fn plans_on_grids_are_scored_the_same_in_any_company() {
    let folder = folder();
    let plans = [
        on_grids(CacheGrid::Q8_0, CacheGrid::Q4_0),
        on_grids(CacheGrid::Q4_0, CacheGrid::Q8_0),
        on_grids(CacheGrid::Fp8E4m3, CacheGrid::Q5_1),
        Plan::empty(),
    ];
    let items = || (0..population::ITEMS as u32).collect::<Vec<_>>();
    let together = on(&population::open(&folder, 1 << 30), &plans, Split::Selection, items());
    for (plan, together) in plans.iter().zip(&together) {
        let alone = on(&population::open(&folder, 0), std::slice::from_ref(plan), Split::Selection, items());
        assert_eq!(alone[0].scores, together.scores);
    }
    assert_ne!(together[0].scores, together[1].scores);
}
