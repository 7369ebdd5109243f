//! Models that cannot be loaded: each message says which file, where, what was found and expected.

use std::path::Path;

use attune_eval::compute::Compute;
use attune_eval::model::Model;
use safetensors::tensor::{Dtype, TensorView};
use tempfile::TempDir;

use crate::made::{self, EXPERTS, MIXTRAL, Tensors};

fn message(folder: &Path) -> String {
    match Model::load(folder, &Compute::cpu()) {
        Ok(_) => panic!("the model was loaded"),
        Err(error) => error.to_string(),
    }
}

fn check(found: &str, expected: &[&str]) {
    for part in expected {
        assert!(found.contains(part), "`{part}` is not in: {found}");
    }
}

fn with_config(from: &str, to: &str) -> String {
    let (folder, tensors) = made::mixture();
    assert!(MIXTRAL.contains(from), "{from}");
    made::write(folder.path(), &MIXTRAL.replace(from, to), &tensors);
    message(folder.path())
}

fn with_tensors(change: impl Fn(&mut Tensors)) -> String {
    let (folder, mut tensors) = made::mixture();
    change(&mut tensors);
    made::write(folder.path(), MIXTRAL, &tensors);
    message(folder.path())
}

#[test]
fn absent_files() {
    let folder = tempfile::tempdir().unwrap();
    check(&message(folder.path()), &["config.json", "No such file"]);
    std::fs::write(folder.path().join("config.json"), MIXTRAL).unwrap();
    check(&message(folder.path()), &["neither model.safetensors nor model.safetensors.index.json"]);
    std::fs::write(folder.path().join("pytorch_model.bin"), "").unwrap();
    check(&message(folder.path()), &["but pytorch_model.bin", "safe_serialization=True"]);
}

#[test]
fn configs_that_are_not_understood() {
    check(&with_config("\"vocab_size\": 50,", "\"vocab_size\": fifty,"), &["config.json", "line 2 column"]);
    check(&with_config("\"vocab_size\": 50,", ""), &["`vocab_size` is absent, expected a whole number"]);
    check(
        &with_config("\"model_type\": \"mixtral\"", "\"model_type\": \"gpt2\""),
        &["`model_type` is gpt2, expected one of llama, mistral, qwen2, qwen3, mixtral"],
    );
    check(
        &with_config("\"rope_theta\": 10000.0", "\"rope_scaling\": {\"type\": \"longrope\"}"),
        &["`rope_scaling.rope_type` is longrope", "default, linear, dynamic, llama3 or yarn"],
    );
    check(
        &with_config("\"rope_theta\": 10000.0", "\"rope_scaling\": {\"rope_type\": \"linear\"}"),
        &["`rope_scaling.factor` is absent, expected a number above 0"],
    );
    check(&with_config("silu", "gelu"), &["`hidden_act` is gelu, expected silu"]);
    check(
        &with_config("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"),
        &["`num_key_value_heads` is 3, expected a divisor of the 4 heads"],
    );
    check(
        &with_config("\"hidden_act\"", "\"quantization_config\": {\"bits\": 4}, \"hidden_act\""),
        &["`quantization_config`", "dequantise"],
    );
    check(
        &with_config("MixtralForCausalLM", "MixtralForTokenClassification"),
        &["`architectures`", "ForCausalLM"],
    );
}

#[test]
fn tensors_that_do_not_fit() {
    let gate = "model.layers.1.block_sparse_moe.gate.weight";
    check(
        &with_tensors(|tensors| {
            tensors.remove(gate);
        }),
        &["model.safetensors has no tensor", gate, "[6, 32]"],
    );
    check(
        &with_tensors(|tensors| {
            let shape = &mut tensors.get_mut(gate).unwrap().0;
            *shape = vec![32, EXPERTS];
        }),
        &["model.safetensors", gate, "shape [32, 6], expected [6, 32] by config.json"],
    );
    for value in [f32::NAN, f32::INFINITY] {
        let found = with_tensors(|tensors| tensors.get_mut(gate).unwrap().1[77] = value);
        check(&found, &["model.safetensors", gate, &format!("holds {value} at element 77")]);
    }
}

#[test]
fn damaged_and_foreign_weight_files() {
    let folder = tempfile::tempdir().unwrap();
    made::write(folder.path(), MIXTRAL, &made::weights(EXPERTS));
    let file = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 100]).unwrap();
    check(&message(folder.path()), &["model.safetensors is not a complete safetensors file"]);
    std::fs::write(&file, b"version https://git-lfs.github.com/spec/v1").unwrap();
    check(&message(folder.path()), &["model.safetensors is not a complete safetensors file"]);
    let whole = [1_u8; 50 * 32];
    let view = TensorView::new(Dtype::I8, vec![50, 32], &whole).unwrap();
    safetensors::serialize_to_file([("model.embed_tokens.weight", view)], None, &file).unwrap();
    check(
        &message(folder.path()),
        &["`model.embed_tokens.weight` is stored as I8, expected F32, F16 or BF16"],
    );
}

#[test]
fn shards_that_are_missing() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), MIXTRAL).unwrap();
    let index = folder.path().join("model.safetensors.index.json");
    std::fs::write(&index, r#"{"weight_map": {"model.norm.weight": "model-00001-of-00002.safetensors"}}"#)
        .unwrap();
    check(&message(folder.path()), &["model-00001-of-00002.safetensors", "No such file"]);
    std::fs::write(&index, "{").unwrap();
    check(&message(folder.path()), &["model.safetensors.index.json cannot be read as an index of shards"]);
}
