//! Checkpoints whose matrices are in few bits: their numbers are those of the dequantised model, or they are refused by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::plan::Plan;
use attune_eval::compute::Compute;
use attune_eval::model::{DecoderOutline, Model};
use attune_vocabulary::ModelFacts;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::made::{furthest, load, logits};

/// Element type, shape and bytes.
type Tensor = (Dtype, Vec<usize>, Vec<u8>);

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(path)
}

/// A copy of a recorded model with another `quantization_config`.
fn with(model: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let (from, to) = (root("packed").join(model), tempfile::tempdir().unwrap());
    std::fs::copy(from.join("model.safetensors"), to.path().join("model.safetensors")).unwrap();
    let mut config: Value =
        serde_json::from_slice(&std::fs::read(from.join("config.json")).unwrap()).unwrap();
    change(&mut config["quantization_config"]);
    std::fs::write(to.path().join("config.json"), config.to_string()).unwrap();
    to
}

/// A copy of a recorded model with tensors that `change` has been at: name, element type, shape and bytes of each.
fn with_tensors(model: &str, change: impl FnOnce(&mut BTreeMap<String, Tensor>)) -> TempDir {
    let folder = with(model, |_| ());
    let bytes = std::fs::read(root("packed").join(model).join("model.safetensors")).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |(name, view): (&str, TensorView<'_>)| {
        (name.to_owned(), (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
    };
    let mut tensors: BTreeMap<String, Tensor> = stored.iter().map(tensor).collect();
    change(&mut tensors);
    fn view((dtype, shape, data): &Tensor) -> TensorView<'_> {
        TensorView::new(*dtype, shape.clone(), data).unwrap()
    }
    let views: Vec<(&String, TensorView<'_>)> =
        tensors.iter().map(|(name, tensor)| (name, view(tensor))).collect();
    safetensors::serialize_to_file(views, None, &folder.path().join("model.safetensors")).unwrap();
    folder
}

fn refusal(folder: &Path) -> String {
    DecoderOutline::open(folder).err().unwrap().to_string()
}

#[test]
fn logits_are_those_of_the_dequantised_model() {
    let bytes = std::fs::read(root("packed-models.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    for name in ["llama-fp8", "llama-gptq", "llama-gptq8", "llama-awq", "gpt-oss-mxfp4"] {
        let ids = recorded.tensor(&format!("{name}.input_ids")).unwrap().data().chunks_exact(8);
        let ids: Vec<u32> = ids.map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32).collect();
        let expected = recorded.tensor(&format!("{name}.logits")).unwrap().data().chunks_exact(4);
        let expected: Vec<f32> =
            expected.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
        let range = |least: fn(f32, f32) -> f32, from: f32| expected.iter().copied().fold(from, least);
        let range = range(f32::max, f32::NEG_INFINITY) - range(f32::min, f32::INFINITY);
        let model = load(&root("packed").join(name));
        let apart = furthest(&logits(&model, &Plan::empty(), &ids), &expected);
        println!("{name}: {apart:e} of {range}");
        assert!(apart <= 1e-5 * range, "{name}: logits differ by {apart} of {range}");
        // Bytes of the codes over parameters of the model, whatever a word holds.
        let bytes = ModelFacts::of(model.facts()).bytes_per_parameter;
        assert!((0.6..2.2).contains(&bytes), "{name}: {bytes} bytes per parameter");
    }
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    let method =
        |name: &str| refusal(with("llama-gptq", |config| *config = json!({"quant_method": name})).path());
    for (name, help) in [
        ("bitsandbytes", ".dequantize().save_pretrained"),
        ("compressed-tensors", "CompressedTensorsConfig(dequantize=True)"),
        ("aqlm", "dequantise the model first"),
    ] {
        let text = method(name);
        assert!(text.contains(&format!("`quantization_config.quant_method` is \"{name}\"")), "{text}");
        assert!(text.contains(help) && text.contains("fp8, gptq, awq and mxfp4"), "{text}");
    }
    for (model, key, value) in [
        ("llama-gptq", "bits", json!(3)),
        ("llama-gptq", "group_size", json!(0)),
        ("llama-gptq", "checkpoint_format", json!("marlin")),
        ("llama-gptq", "dynamic", json!({"-:lm_head": {}})),
        ("llama-gptq", "rotation", json!("hadamard")),
        ("llama-awq", "version", json!("gemv")),
        ("llama-awq", "zero_point", json!(false)),
        ("llama-fp8", "weight_block_size", Value::Null),
        ("llama-fp8", "fmt", json!("e5m2")),
    ] {
        let text = refusal(with(model, |config| config[key] = value).path());
        assert!(text.contains(&format!("`quantization_config.{key}`")), "{text}");
    }
}

#[test]
fn parts_that_do_not_fit_are_named() {
    // Of other groups than config.json says.
    let text = refusal(with("llama-awq", |config| config["group_size"] = json!(16)).path());
    assert!(text.contains("scales` has shape [3, 96], expected [6, 96]"), "{text}");
    let text = refusal(with("llama-gptq", |config| config["bits"] = json!(8)).path());
    assert!(text.contains("qweight` has shape"), "{text}");
    // Codes of one format under the name of another are parts that nobody reads.
    let text = refusal(with("llama-gptq", |config| config["quant_method"] = json!("awq")).path());
    assert!(text.contains("model.layers.0."), "{text}");
    let folder = with("llama-fp8", |config| *config = Value::Null);
    let text = refusal(folder.path());
    assert!(text.contains("is stored as F8_E4M3") && text.contains("quantization_config"), "{text}");
    assert!(Model::load(folder.path(), &Compute::cpu()).is_err());
}

#[test]
fn what_nobody_reads_is_no_part_of_a_parameter() {
    let bytes = |folder: &Path| {
        let outline = DecoderOutline::open(folder).unwrap();
        ModelFacts::of(&outline.facts(attune_core::hash::ContentHash::of(b"unread"))).bytes_per_parameter
    };
    // A table of rotations that older versions stored, as large as the model.
    let table = (Dtype::F32, vec![1 << 16], vec![0; 4 << 16]);
    for model in ["llama-gptq", "llama-fp8"] {
        let name = "model.layers.0.self_attn.rotary_emb.inv_freq".to_owned();
        let folder = with_tensors(model, |tensors| _ = tensors.insert(name, table.clone()));
        assert_eq!(bytes(folder.path()), bytes(&root("packed").join(model)), "{model}");
    }
}

#[test]
fn zero_points_of_which_versions_differ_are_refused_when_weights_are_read() {
    let mut named = String::new();
    let folder = with_tensors("llama-gptq", |tensors| {
        let (name, (_, _, bytes)) = tensors.iter_mut().find(|(name, _)| name.ends_with(".qzeros")).unwrap();
        bytes[0] = 0xFF;
        named.clone_from(name);
    });
    // Its shape and its types are as they should be.
    assert!(DecoderOutline::open(folder.path()).is_ok());
    let text = Model::load(folder.path(), &Compute::cpu()).err().unwrap().to_string();
    let expected =
        format!("tensor `{named}` holds a stored zero point of 15, expected less: versions of its writer");
    assert!(text.contains(&expected), "{text}");
}
