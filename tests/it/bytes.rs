//! What a config is said to take in bytes is what the tensors of the exported files take, to the byte; headers are not counted.
//! Zeros between tensors are, where a format has them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use attune_core::exporter::{ExportInput, ModelFiles as _, Provenance};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Plan;
use attune_core::rng;
use attune_core::technique::Technique;
use attune_eval::model::DecoderOutline;
use attune_export::Target;
use attune_export::description::{Answer, Families};
use attune_plugins::Host;
use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::families::{Folder, cases, write};
use crate::gguf_header;
use crate::support::root;

/// Random configs of each study.
const CONFIGS: u64 = 4;

/// A study whose costs are held against files.
struct Promise {
    target: &'static str,
    technique: &'static str,
    options: fn() -> Value,
    /// The cost in bytes.
    resource: &'static str,
    /// Whether it is one of a mixture.
    mixture: bool,
}

/// One line for each target, and for each of its grids.
const PROMISES: &[Promise] = &[
    weights("mlx", || json!({"group-size": 32, "levels": [2, 3, 4, 5, 6, 8, 16], "average": 32.0})),
    weights("mlx", || json!({"group-size": 64, "grid": "affine", "average": 32.0})),
    weights("gguf", || json!({"levels": [2, 3, 4, 5, 6, 8, 16], "average": 32.0})),
    weights("gguf", || json!({"grid": "gguf", "levels": [4, 5, 8], "average": 32.0})),
    weights("gguf", || json!({"grid": "gguf-legacy", "levels": [4, 5, 8, 16], "average": 32.0})),
    weights("gguf", || json!({"grid": "mxfp4", "levels": [4, 16], "average": 32.0})),
    weights("compressed-tensors", || json!({"group-size": 32, "average": 32.0})),
    weights(
        "compressed-tensors",
        || json!({"grid": "symmetric", "group-size": 64, "levels": [3, 4, 8, 16], "average": 32.0}),
    ),
    weights(
        "compressed-tensors",
        || json!({"grid": "affine-int", "group-size": 32, "levels": [2, 3, 4, 5, 6, 8, 16], "average": 32.0}),
    ),
    weights("compressed-tensors", || json!({"grid": "fp8", "levels": [8, 16], "average": 32.0})),
    weights("compressed-tensors", || json!({"grid": "mxfp4", "levels": [4, 8, 16], "average": 32.0})),
    weights("compressed-tensors", || json!({"grid": "nvfp4", "levels": [4, 8, 16], "average": 32.0})),
    // Embeddings among what is chosen: both, one for both, or the output matrix alone.
    weights(
        "mlx",
        || json!({"group-size": 32, "levels": [3, 4, 8, 16], "average": 32.0, "embeddings": "searched"}),
    ),
    weights("gguf", || json!({"levels": [4, 5, 6, 8, 16], "average": 32.0, "embeddings": "searched"})),
    weights(
        "compressed-tensors",
        || json!({"grid": "symmetric", "group-size": 32, "levels": [3, 4, 8, 16], "average": 32.0, "embeddings": "searched"}),
    ),
    weights(
        "compressed-tensors",
        || json!({"grid": "nvfp4", "levels": [4, 8, 16], "average": 32.0, "embeddings": "searched"}),
    ),
    Promise {
        target: "hf",
        technique: "expert-pruning",
        options: || json!({"keep": 4}),
        resource: "memory",
        mixture: true,
    },
];

const fn weights(target: &'static str, options: fn() -> Value) -> Promise {
    Promise { target, technique: "weight-bits", options, resource: "weights", mixture: false }
}

fn settings(options: &Value) -> Settings {
    let value = |value: &Value| match value {
        Value::Number(number) => {
            number.as_i64().map_or_else(|| OptionValue::Real(number.as_f64().unwrap()), OptionValue::Int)
        }
        Value::String(text) => OptionValue::Text(text.clone()),
        Value::Array(items) => OptionValue::Ints(items.iter().map(|item| item.as_i64().unwrap()).collect()),
        other => panic!("{other}"),
    };
    options.as_object().unwrap().iter().map(|(name, found)| (name.clone(), value(found))).collect()
}

/// Bytes of all tensors of a folder of safetensors, or of a GGUF file.
fn tensor_bytes(folder: &Path) -> u64 {
    let files = Folder(folder.to_owned());
    if let Some(file) = files.names().iter().find(|name| name.ends_with(".gguf")) {
        return gguf_header::tensor_bytes(&files.read(file).unwrap());
    }
    let weights = files.names().into_iter().filter(|name| name.ends_with(".safetensors"));
    let of = |name: String| {
        let bytes = files.read(&name).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        tensors.iter().map(|(_, tensor)| tensor.data().len() as u64).sum::<u64>()
    };
    weights.map(of).sum()
}

fn exported(target: &Target, model: &Facts, folder: &Path, plan: &Plan) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    let provenance = Provenance {
        study: "bytes".into(),
        trial: 0,
        technique: "none".into(),
        seed: 0,
        numerics: String::new(),
        costs: Vec::new(),
        search: BTreeMap::new(),
        report: BTreeMap::new(),
    };
    let files = Folder(folder.to_owned());
    let input = ExportInput { plan, model, files: &files, provenance: &provenance };
    target
        .exporter
        .export(&input, &mut |name: &str, bytes: &[u8]| std::fs::write(out.path().join(name), bytes))
        .unwrap();
    out
}

/// Whether a target takes the edits of a study of models of this family.
fn takes(promise: &Promise, family: &str) -> bool {
    let target = attune_export::target(promise.target).unwrap();
    match target.description.answer(promise.technique) {
        Answer::Takes(takes) => match takes.families {
            Families::Any => true,
            Families::These { list, .. } => list().contains(&family),
        },
        // Of a technique whose edits have other names.
        _ => true,
    }
}

/// Whether a model has what a study chooses bits for: a target may take the output matrix alone.
fn has_what_is_asked(promise: &Promise, folder: &Path) -> bool {
    let target = attune_export::target(promise.target).unwrap();
    let searched = (promise.options)()["embeddings"] == "searched";
    match target.description.answer("embedding-bits") {
        Answer::Takes(takes) if searched && takes.only.is_some() => {
            let model = DecoderOutline::open(folder).unwrap().facts(ContentHash::of(b"bytes"));
            attune_vocabulary::embeddings(&model).len() > 1
        }
        _ => true,
    }
}

/// Exports random configs of a study on the model in a folder, and says how many bytes they took, each as promised.
fn kept(promise: &Promise, technique: &dyn Technique, folder: &Path) -> BTreeSet<u64> {
    let target = attune_export::target(promise.target).unwrap();
    let model = DecoderOutline::open(folder).unwrap().facts(ContentHash::of(b"bytes"));
    let mut told = model.clone();
    told.values.extend(target.description.facts());
    // As `attune` tells it.
    if let Some(bytes) = target.exporter.other_bytes(&model, &Folder(folder.to_owned())) {
        told.values.insert("target-other-bytes".to_owned(), OptionValue::Int(bytes as i64));
    }
    if target.exporter.alignment() > 1 {
        told.values
            .insert("target-alignment".to_owned(), OptionValue::Int(target.exporter.alignment().into()));
    }
    let options = settings(&(promise.options)());
    let space = technique.space(&told, &options).unwrap();
    let one = |draw: u64| {
        let config = space.sample(&mut rng::derive(1, "bytes", &[draw])).unwrap();
        let plan = technique.lower(&told, &options, &config).unwrap();
        let costs = technique.cost(&told, &options, &config).unwrap();
        let cost = costs.iter().find(|cost| cost.resource == promise.resource).unwrap();
        let found = tensor_bytes(exported(target, &model, folder, &plan).path());
        let place = format!("{} of {} for {}", promise.resource, model.text("family"), promise.target);
        assert_eq!((cost.value, cost.unit.as_str()), (found as f64, "bytes"), "{place}: {plan:?}");
        assert_eq!(cost.dense, tensor_bytes(folder) as f64, "{place}: the dense model");
        found
    };
    (0..CONFIGS).map(one).collect()
}

/// A Llama of which few sizes are round: rows that are no whole blocks of 256, keys of which few are in a tensor, divisors of the
/// frequencies of rotation.
fn uneven() -> Value {
    json!({
        "model_type": "llama", "hidden_size": 256, "intermediate_size": 288, "num_hidden_layers": 2, "num_attention_heads": 8,
        "num_key_value_heads": 1, "head_dim": 4, "vocab_size": 51, "hidden_act": "silu", "rms_norm_eps": 1e-6,
        "max_position_embeddings": 128, "attention_bias": true, "tie_word_embeddings": false, "rope_theta": 10000.0,
        "rope_scaling": {
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
    })
}

/// Models that are written for the test, in float32: rows of whole groups; some have experts beside a dense layer or a shared one,
/// some store two modules in one tensor, some have biases.
fn written() -> Vec<tempfile::TempDir> {
    let wanted = ["glm4", "olmo2", "olmoe", "qwen2_moe", "seed_oss"];
    let sizes = json!({"hidden_size": 64, "intermediate_size": 128, "head_dim": 32, "num_attention_heads": 4,
                       "num_key_value_heads": 2, "moe_intermediate_size": 64, "shared_expert_intermediate_size": 96});
    let written = |mut case: Value| {
        let folder = tempfile::tempdir().unwrap();
        let config = case["config"].as_object_mut().unwrap();
        for (key, size) in sizes.as_object().unwrap() {
            if let Some(value) = config.get_mut(key) {
                *value = size.clone();
            }
        }
        // In the keys that all engines read.
        if let Some(Value::Object(rope)) = config.remove("rope_parameters") {
            config.extend(rope.into_iter().filter(|(key, _)| key != "rope_type"));
        }
        write(folder.path(), &case["config"]);
        folder
    };
    let named = |case: &Value| wanted.contains(&case["name"].as_str().unwrap());
    let written: Vec<_> = cases().into_iter().filter(named).map(written).collect();
    assert_eq!(written.len(), wanted.len());
    written
}

#[test]
fn files_have_as_many_bytes_as_costs_say() {
    let host = Host::new().unwrap();
    let (written, uneven_rows) = (written(), tempfile::tempdir().unwrap());
    write(uneven_rows.path(), &uneven());
    let committed = root().join("models/tiny-moe");
    for promise in PROMISES {
        let technique = host.builtin(promise.technique).unwrap();
        let others = written.iter().map(|folder| folder.path()).filter(|_| !promise.mixture);
        let family = |folder: &Path| {
            let model = DecoderOutline::open(folder).unwrap().facts(ContentHash::of(b"bytes"));
            model.text("family").to_owned()
        };
        // Groups whose size is an option would have to divide its rows.
        let uneven_rows = Some(uneven_rows.path()).filter(|_| promise.target == "gguf");
        let folders: Vec<&Path> = others.chain([committed.as_path()]).chain(uneven_rows).collect();
        let taken: Vec<&Path> = folders
            .into_iter()
            .filter(|folder| takes(promise, &family(folder)) && has_what_is_asked(promise, folder))
            .collect();
        assert!(promise.mixture || taken.len() >= 3, "{} takes {taken:?}", promise.target);
        for folder in taken {
            let sizes = kept(promise, &technique, folder);
            assert!(promise.mixture || sizes.len() > 1, "all configs have {sizes:?} bytes");
        }
    }
}
