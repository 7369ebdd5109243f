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
    check(&message(folder.path()), &["is no model folder: the folder is empty", "config.json"]);
    std::fs::write(folder.path().join("config.json"), MIXTRAL).unwrap();
    check(&message(folder.path()), &["neither model.safetensors nor model.safetensors.index.json"]);
    std::fs::write(folder.path().join("pytorch_model.bin"), "").unwrap();
    check(&message(folder.path()), &["there is pytorch_model.bin", "safe_serialization=True"]);
}

#[test]
fn configs_that_are_not_understood() {
    check(&with_config("\"vocab_size\": 50,", "\"vocab_size\": fifty,"), &["config.json", "line 2 column"]);
    check(&with_config("\"vocab_size\": 50,", ""), &["`vocab_size` is absent, expected a whole number"]);
    check(
        &with_config("\"model_type\": \"mixtral\"", "\"model_type\": \"gpt2\""),
        &["`model_type` is gpt2, expected one of arcee, "],
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
        &["`quantization_config.quant_method` is absent", "dequantise"],
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
        &[
            "model.safetensors",
            gate,
            "shape [32, 6], expected [6, 32] by `num_local_experts` and `hidden_size` of config.json",
        ],
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
    check(&message(folder.path()), &["model-00001-of-00002.safetensors", "no such file"]);
    std::fs::write(&index, "{").unwrap();
    check(&message(folder.path()), &["model.safetensors.index.json cannot be read as an index of shards"]);
}

/// A folder with the small mixture, changed.
fn in_folder(change: impl Fn(&Path)) -> String {
    let (folder, _) = made::mixture();
    change(folder.path());
    message(folder.path())
}

#[test]
fn sizes_are_compared_with_the_files_before_anything_is_made() {
    for (from, to) in [
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 100000000"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 9223372036854775807"),
        ("\"num_local_experts\": 6", "\"num_local_experts\": 2000000000"),
        ("\"vocab_size\": 50", "\"vocab_size\": 2000000000"),
        ("\"hidden_size\": 32", "\"hidden_size\": 2000000000"),
        ("\"intermediate_size\": 24", "\"intermediate_size\": 2147483648"),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 1000000000, \"head_dim\": 1000000000"),
    ] {
        let key = from.split('"').nth(1).unwrap();
        check(&with_config(from, to), &[key, "config.json"]);
    }
}

#[test]
fn shards_stay_in_the_folder() {
    for name in ["/etc/passwd", "../model.safetensors", "a/../../model.safetensors", "", "."] {
        let found = in_folder(|folder| {
            std::fs::remove_file(folder.join("model.safetensors")).unwrap();
            let index = serde_json::json!({ "weight_map": { "model.norm.weight": name } });
            std::fs::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
        });
        check(
            &found,
            &["model.safetensors.index.json", "weight_map.model.norm.weight", "in the folder of the index"],
        );
    }
}

#[cfg(unix)]
#[test]
fn links_to_files_elsewhere_are_followed_as_those_of_the_hugging_face_cache() {
    let (cache, _) = made::mixture();
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors"] {
        std::os::unix::fs::symlink(cache.path().join(name), folder.path().join(name)).unwrap();
    }
    made::load(folder.path());
}

#[test]
fn an_index_of_other_files_is_named_as_that() {
    let index = |places: &[&str]| {
        in_folder(|folder| {
            std::fs::rename(folder.join("model.safetensors"), folder.join("one.safetensors")).unwrap();
            let map: serde_json::Map<_, _> =
                places.iter().map(|name| ((*name).to_owned(), "one.safetensors".into())).collect();
            let index = serde_json::json!({ "weight_map": map });
            std::fs::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
        })
    };
    check(
        &index(&["mtp.fc.weight"]),
        &["`mtp.fc.weight`", "one.safetensors disagree", "the file lacks it", "another version"],
    );
    check(&index(&["model.norm.weight"]), &["the index does not say so", "another version"]);
}

#[test]
fn only_regular_files_are_read() {
    for name in ["config.json", "model.safetensors"] {
        let found = in_folder(|folder| {
            std::fs::remove_file(folder.join(name)).unwrap();
            std::fs::create_dir(folder.join(name)).unwrap();
        });
        check(&found, &[name, "is a folder, expected a regular file"]);
    }
}

#[test]
fn tensors_that_nobody_reads_are_named() {
    let layer = "model.layers.0.self_attn";
    for (name, said) in [
        (format!("{layer}.q_proj.bias"), "no such bias"),
        (format!("{layer}.q_norm.weight"), "a qwen3 has"),
        (format!("{layer}.q_proj.weight_scale_inv"), "dequantise"),
        (format!("{layer}.q_proj.lora_A.weight"), "merge the adapter"),
        ("model.layers.2.input_layernorm.weight".to_owned(), "`num_hidden_layers`"),
        ("mtp.fc.weight".to_owned(), "no such part"),
    ] {
        let found = with_tensors(|tensors| {
            tensors.insert(name.clone(), (vec![2], vec![1.0, 2.0]));
        });
        check(&found, &["model.safetensors: nothing reads tensor", &name, said]);
    }
}

#[test]
fn tables_of_rotary_embedding_are_no_parts_of_the_model() {
    let (folder, mut tensors) = made::mixture();
    tensors.insert("model.layers.1.self_attn.rotary_emb.inv_freq".to_owned(), (vec![4], vec![1.0; 4]));
    made::write(folder.path(), MIXTRAL, &tensors);
    made::load(folder.path());
}

#[test]
fn an_output_matrix_beside_a_tied_embedding_has_to_be_the_embedding() {
    let (folder, mut tensors) = made::mixture();
    let mut output = tensors["model.embed_tokens.weight"].clone();
    tensors.insert("lm_head.weight".to_owned(), output.clone());
    made::write(folder.path(), MIXTRAL, &tensors);
    made::load(folder.path());
    output.1[7] += 1.0;
    tensors.insert("lm_head.weight".to_owned(), output);
    made::write(folder.path(), MIXTRAL, &tensors);
    check(&message(folder.path()), &["`tie_word_embeddings` is true", "`lm_head.weight`"]);
}

#[test]
fn folders_that_are_no_models_are_said_to_be_what_they_are() {
    let of = |files: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        }
        message(folder.path())
    };
    check(&of(&["adapter_config.json", "adapter_model.safetensors"]), &["an adapter", "merge it"]);
    check(&of(&["Model-Q4.gguf"]), &["Model-Q4.gguf is GGUF"]);
    check(&of(&["inner/config.json"]), &["further down", "inner"]);
    check(&of(&["refs/main", "snapshots/1234/config.json"]), &["further down", "snapshots/1234"]);
    check(&of(&["params.json", "consolidated.00.pth"]), &["original layout of its makers"]);
    check(&of(&["config.jsn"]), &["there is config.jsn: rename it"]);
    check(&message(Path::new("/no/such/folder")), &["there is no such folder"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    check(&message(file.path()), &["it is a file, not a folder"]);
    let weights = |name: &str| {
        in_folder(|folder| std::fs::rename(folder.join("model.safetensors"), folder.join(name)).unwrap())
    };
    check(&weights("consolidated.safetensors"), &["layout of its makers"]);
    check(&weights("modell.safetensors"), &["there is modell.safetensors: rename it to model.safetensors"]);
    check(&weights("model-00001-of-00002.safetensors"), &["one file of several", "index.json"]);
    check(&weights("model.gguf"), &["GGUF"]);
}

#[test]
fn configs_of_other_families_are_refused_by_their_family() {
    // The widths of Gemma 3n are a list.
    check(
        &with_config("\"model_type\": \"mixtral\"", "\"model_type\": \"gemma3n_text\", \"sizes\": [1, 2]"),
        &["`model_type` is gemma3n_text, expected one of"],
    );
    check(
        &with_config("\"hidden_size\": 32", "\"hidden_size\": [32, 32]"),
        &["`hidden_size` is [32,32]", "a whole number"],
    );
    check(&with_config("{", "{\"hidden_size\": 32,"), &["`hidden_size` is written twice at line"]);
    check(&with_config("1e-5", "NaN"), &["JSON has neither NaN nor Infinity"]);
    check(&with_config("{", "\u{feff}{"), &["byte order mark"]);
}
