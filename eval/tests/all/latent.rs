//! Latent attention: edits reach all heads that are made of a latent, and candidates share what they do alike.

use std::convert::Infallible;

use attune_core::evaluator::Split;
use attune_core::plan::{Edit, Plan};
use attune_eval::model::DecoderConfig;
use attune_families::tensors;
use attune_vocabulary::edits::{
    ActivationBits, AttentionSpan, DropBlock, Grid, Half, KeepExperts, KvBits, Range, WeightBits,
};
use attune_vocabulary::{CACHE_ELEMENTS, ModelFacts, Module, arrange};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::contract::on;
use crate::made::{self, Tensors, furthest, ids, load, logits};
use crate::population::{ITEMS, LENGTH, open, texts};

const LAYERS: u32 = 3;
const HEADS: usize = 4;
const RANK: usize = 12;
const ROTATED: usize = 6;

/// Queries have a latent, or are made of the residual stream.
fn config(query_rank: &str) -> String {
    format!(
        r#"{{"model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "vocab_size": 50, "hidden_size": 32,
        "intermediate_size": 24, "moe_intermediate_size": 16, "num_hidden_layers": {LAYERS}, "num_attention_heads": {HEADS},
        "num_key_value_heads": {HEADS}, "max_position_embeddings": 256, "n_routed_experts": 6, "num_experts_per_tok": 2,
        "first_k_dense_replace": 0, "n_group": 1, "topk_group": 1, "q_lora_rank": {query_rank}, "kv_lora_rank": {RANK},
        "qk_nope_head_dim": 10, "qk_rope_head_dim": {ROTATED}, "v_head_dim": 7}}"#
    )
}

fn model(query_rank: &str) -> (TempDir, Tensors) {
    let folder = tempfile::tempdir().unwrap();
    let text = config(query_rank);
    std::fs::write(folder.path().join("config.json"), &text).unwrap();
    let config = DecoderConfig::read(&folder.path().join("config.json")).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut tensors = Tensors::new();
    let Ok(()) = tensors::each::<Infallible>(&config, |(name, shape)| {
        let around = if name.contains("norm") { 1.0 } else { 0.0 };
        let count = shape.iter().product();
        let values = (0..count).map(|_| around + 0.4 * rng.random_range(-1.0..1.0_f32)).collect();
        tensors.insert(name, (shape, values));
        Ok(())
    });
    made::write(folder.path(), &text, &tensors);
    made::write_tokenizer(folder.path());
    texts(&folder, 3);
    (folder, tensors)
}

fn weight(layer: u32, module: Module, bits: u32, group_size: u32) -> Edit {
    Edit::from(WeightBits { layer, module, expert: None, bits, group_size, grid: None, rounding: None })
}

fn input(layer: u32, module: Option<Module>) -> Edit {
    let (range, grid) = (Range::Token, Grid::Affine);
    Edit::from(ActivationBits { layer, module, bits: 4, range, grid, group_size: None })
}

fn span(layer: u32, kv_head: u32, alpha: f64) -> Edit {
    Edit::from(AttentionSpan { layer, kv_head, sink: 1, alpha, beta: 0.1 })
}

#[test]
fn facts_are_of_one_cache_for_all_heads() {
    let (folder, _) = model("20");
    let model = load(folder.path());
    let facts = ModelFacts::of(model.facts());
    assert_eq!((facts.heads, facts.kv_heads, facts.head_dim), (HEADS as u32, 1, 16));
    // A latent, and the channels of keys that turn.
    assert_eq!(model.facts().count(CACHE_ELEMENTS), (RANK + ROTATED) as u64);
}

/// What a plan of weights in few bits computes is the model whose matrix was rounded by hand.
#[test]
fn a_latent_module_in_few_bits_is_its_rounded_matrix() {
    let text = ids(1, 30);
    for (query_rank, module, name, group) in [
        ("20", Module::QueryDown, "q_a_proj", 16),
        ("20", Module::QueryUp, "q_b_proj", 10),
        ("null", Module::Query, "q_proj", 32),
        ("20", Module::KeyValueDown, "kv_a_proj_with_mqa", 8),
        ("null", Module::KeyValueUp, "kv_b_proj", 6),
        ("20", Module::Output, "o_proj", 14),
    ] {
        let (folder, mut tensors) = model(query_rank);
        let plan = arrange([weight(1, module, 3, group)]);
        let original = load(folder.path());
        let (found, dense) = (logits(&original, &plan, &text), logits(&original, &Plan::empty(), &text));
        let (_, values) = tensors.get_mut(&format!("model.layers.1.self_attn.{name}.weight")).unwrap();
        for group in values.chunks_exact_mut(group as usize) {
            let least = group.iter().copied().fold(f32::INFINITY, f32::min);
            let scale = (group.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least) / 7.0;
            group.iter_mut().for_each(|x| *x = ((*x - least) / scale).round_ties_even() * scale + least);
        }
        let rounded = tempfile::tempdir().unwrap();
        made::write(rounded.path(), &config(query_rank), &tensors);
        let expected = logits(&load(rounded.path()), &Plan::empty(), &text);
        assert!(furthest(&found, &expected) < 1e-4, "{name}: {}", furthest(&found, &expected));
        assert!(furthest(&found, &dense) > 1e-2, "{name} changes nothing");
    }
}

#[test]
fn a_span_is_of_the_latent_and_so_of_every_head() {
    let (folder, _) = model("20");
    let model = load(folder.path());
    let (text, mut other) = (ids(1, 30), ids(1, 30));
    // Behind the sink, and in no layer within three tokens of the last one.
    other[10] = (other[10] + 1) % made::VOCAB as u32;
    let near = arrange((0..LAYERS).map(|layer| span(layer, 0, 0.0)));
    let last = |plan: &Plan, text: &[u32]| logits(&model, plan, text)[29 * made::VOCAB..].to_vec();
    assert_eq!(last(&near, &text), last(&near, &other));
    assert!(furthest(&last(&Plan::empty(), &text), &last(&Plan::empty(), &other)) > 1e-3);
}

#[test]
fn what_a_latent_does_not_have_is_refused_by_name() {
    let (folder, _) = model("null");
    let model = load(folder.path());
    let refusal = |edit: Edit| {
        attune_eval::logits::logits(&model, &arrange([edit]), &ids(1, 9)).unwrap_err().to_string()
    };
    let cache = KvBits { layer: 0, keys: 4, values: 4, group_size: 2, ..KvBits::default() };
    for (edit, expected) in [
        (Edit::from(cache), "the cache of a deepseek_v3 holds one latent per token for all heads"),
        (span(0, 1, 4.0), "the model has KV heads 0 to 0"),
        (weight(0, Module::Key, 4, 8), "the attention of this deepseek_v3 has no k"),
        (weight(0, Module::QueryUp, 4, 8), "the attention of this deepseek_v3 has no q-b"),
        (input(0, Some(Module::Value)), "the attention of this deepseek_v3 has no v"),
    ] {
        let found = refusal(edit);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_population_is_scored_as_its_plans_alone_are() {
    for query_rank in ["20", "null"] {
        let (folder, _) = model(query_rank);
        let query = if query_rank == "null" { Module::Query } else { Module::QueryUp };
        let drop = |layer, part| Edit::from(DropBlock { layer, part });
        let keep = |layer| Edit::from(KeepExperts { layer, experts: vec![0, 2, 3, 5] });
        let same = [weight(0, query, 3, 4), input(0, None), span(0, 0, 3.0)];
        let plans: Vec<Plan> = [
            vec![],
            same.to_vec(),
            [&same[..], &[weight(1, Module::KeyValueUp, 2, 6)]].concat(),
            [&same[..], &[input(1, Some(Module::KeyValueDown)), weight(1, Module::KeyValueUp, 2, 6)]]
                .concat(),
            vec![drop(0, Some(Half::Attention)), span(1, 0, 2.0), keep(1)],
            vec![
                weight(0, Module::KeyValueDown, 4, 8),
                drop(1, None),
                keep(2),
                weight(2, Module::Down, 3, 8),
            ],
        ]
        .into_iter()
        .map(arrange)
        .collect();
        let items: Vec<u32> = (0..ITEMS as u32).collect();
        let alone: Vec<_> = plans
            .iter()
            .map(|plan| {
                let plan = std::slice::from_ref(plan);
                on(&open(&folder, 0), plan, Split::Selection, items.clone()).remove(0).scores
            })
            .collect();
        for memory in [0, 100_000, 1 << 30] {
            let together = on(&open(&folder, memory), &plans, Split::Selection, items.clone());
            for (number, (found, alone)) in together.iter().zip(&alone).enumerate() {
                assert_eq!(found.scores, *alone, "plan {number} with {memory} bytes");
            }
        }
        let shared = on(&open(&folder, 1 << 30), &plans, Split::Selection, items);
        let work = |of: fn(&attune_core::evaluator::Evaluation) -> u64| shared.iter().map(of).sum::<u64>();
        let layer = (ITEMS * LENGTH) as u64;
        // Three plans have layer 0 in common, which runs once and not three times.
        assert_eq!(work(|one| one.work.computed) + 2 * layer, work(|one| one.work.naive));
    }
}
