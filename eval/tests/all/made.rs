//! Small random models and texts, written to a temporary folder in the layout of real ones.

use std::collections::HashMap;
use std::path::Path;

use attune_core::plan::Plan;
use attune_eval::compute::Compute;
use attune_eval::model::Model;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView};
use tempfile::TempDir;

/// Named float32 tensors.
pub(crate) type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

pub(crate) const HIDDEN: usize = 32;
pub(crate) const LAYERS: usize = 2;
pub(crate) const VOCAB: usize = 50;
pub(crate) const EXPERTS: usize = 6;
const HEADS: usize = 4;
pub(crate) const KV_HEADS: usize = 2;
const FEED_FORWARD: usize = 24;

/// A mixture with 6 experts, top-2.
pub(crate) const MIXTRAL: &str = r#"{
    "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "vocab_size": 50, "hidden_size": 32,
    "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true,
    "num_local_experts": 6, "num_experts_per_tok": 2, "hidden_act": "silu"
}"#;

/// A folder with the Mixtral-like model, and its weights.
pub(crate) fn mixture() -> (TempDir, Tensors) {
    let folder = tempfile::tempdir().unwrap();
    let tensors = weights(EXPERTS);
    write(folder.path(), MIXTRAL, &tensors);
    (folder, tensors)
}

pub(crate) fn weights(experts: usize) -> Tensors {
    weights_of(experts, LAYERS, 11)
}

/// A folder with a Mixtral-like model of `layers` layers with random weights, and its tokenizer.
pub(crate) fn random_mixture(layers: usize, seed: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = MIXTRAL.replace("\"num_hidden_layers\": 2", &format!("\"num_hidden_layers\": {layers}"));
    write(folder.path(), &config, &weights_of(EXPERTS, layers, seed));
    write_tokenizer(folder.path());
    folder
}

fn weights_of(experts: usize, layers: usize, seed: u64) -> Tensors {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = Tensors::new();
    let mut add = |name: String, shape: &[usize], around: f32, spread: f32| {
        let count = shape.iter().product();
        let values = (0..count).map(|_| around + spread * rng.random_range(-1.0..1.0_f32)).collect();
        tensors.insert(name, (shape.to_vec(), values));
    };
    let head = HIDDEN / HEADS;
    add("model.embed_tokens.weight".into(), &[VOCAB, HIDDEN], 0.0, 1.0);
    add("model.norm.weight".into(), &[HIDDEN], 1.0, 0.3);
    for layer in 0..layers {
        let place = format!("model.layers.{layer}");
        for norm in ["input_layernorm", "post_attention_layernorm"] {
            add(format!("{place}.{norm}.weight"), &[HIDDEN], 1.0, 0.3);
        }
        for (name, rows) in [("q", HIDDEN), ("k", KV_HEADS * head), ("v", KV_HEADS * head), ("o", HIDDEN)] {
            add(format!("{place}.self_attn.{name}_proj.weight"), &[rows, HIDDEN], 0.0, 0.4);
        }
        add(format!("{place}.block_sparse_moe.gate.weight"), &[experts, HIDDEN], 0.0, 0.4);
        for expert in 0..experts {
            let place = format!("{place}.block_sparse_moe.experts.{expert}");
            add(format!("{place}.w1.weight"), &[FEED_FORWARD, HIDDEN], 0.0, 0.4);
            add(format!("{place}.w3.weight"), &[FEED_FORWARD, HIDDEN], 0.0, 0.4);
            add(format!("{place}.w2.weight"), &[HIDDEN, FEED_FORWARD], 0.0, 0.4);
        }
    }
    tensors
}

/// Writes config.json and model.safetensors.
pub(crate) fn write(folder: &Path, config: &str, tensors: &Tensors) {
    std::fs::write(folder.join("config.json"), config).unwrap();
    let bytes: HashMap<&String, Vec<u8>> = tensors
        .iter()
        .map(|(name, (_, values))| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = tensors
        .iter()
        .map(|(name, (shape, _))| (name, TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).unwrap()));
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).unwrap();
}

/// A tokenizer of single characters: `a` is 0, `b` is 1, …, over the vocabulary of the model.
pub(crate) fn write_tokenizer(folder: &Path) {
    let entries: Vec<String> =
        (0..VOCAB).map(|id| format!("\"{}\": {id}", char::from(b'A' + id as u8).escape_default())).collect();
    let json = format!(
        r#"{{"version": "1.0", "model": {{"type": "BPE", "vocab": {{{}}}, "merges": []}}}}"#,
        entries.join(", ").replace("\\'", "'")
    );
    std::fs::write(folder.join("tokenizer.json"), json).unwrap();
}

/// Random text over the tokenizer's characters.
pub(crate) fn text(seed: u64, count: usize) -> String {
    ids(seed, count).into_iter().map(|id| char::from(b'A' + id as u8)).collect()
}

pub(crate) fn ids(seed: u64, count: usize) -> Vec<u32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(0..VOCAB as u32)).collect()
}

pub(crate) fn load(folder: &Path) -> Model {
    Model::load(folder, &Compute::cpu()).unwrap()
}

pub(crate) fn logits(model: &Model, plan: &Plan, ids: &[u32]) -> Vec<f32> {
    attune_eval::logits::logits(model, plan, ids).unwrap()
}

pub(crate) fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |most, apart| if apart > most || apart.is_nan() { apart } else { most })
}
