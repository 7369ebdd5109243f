//! What the pruned checkpoint holds, byte by byte.

use attune_core::exporter::{Exactness, ExportInput, Exporter as _};
use attune_core::facts::Facts;
use attune_export::HfExporter;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::arrange;
use proptest::prelude::*;
use proptest::sample::subsequence;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::checkpoint::*;

/// Checks a tensor file against the source: every tensor that should be in it, and no other.
pub(crate) fn assert_holds(file: &[u8], expected: &Tensors) {
    let found = SafeTensors::deserialize(file).unwrap();
    let mut names = found.names();
    names.sort_unstable();
    assert_eq!(names, expected.keys().collect::<Vec<_>>());
    for (name, tensor) in expected {
        let view = found.tensor(name).unwrap();
        assert_eq!((view.dtype(), view.shape()), (tensor.dtype, tensor.shape.as_slice()), "{name}");
        assert!(view.data() == tensor.bytes, "the bytes of {name} differ");
    }
    let (_, metadata) = SafeTensors::read_metadata(file).unwrap();
    let format = metadata.metadata().as_ref().and_then(|all| all.get("format"));
    assert_eq!(format.map(String::as_str), Some("pt"));
}

/// The pruned tensors, made the slow and obvious way.
pub(crate) fn pruned(source: &Tensors, kept: &[Vec<u32>]) -> Tensors {
    let mut expected = source.clone();
    expected.retain(|name, _| !name.contains(".experts."));
    for (layer, kept) in kept.iter().enumerate() {
        let prefix = format!("model.layers.{layer}.block_sparse_moe");
        let router = expected.get_mut(&format!("{prefix}.gate.weight")).unwrap();
        let rows: Vec<&[u8]> = router.bytes.chunks(router.bytes.len() / EXPERTS as usize).collect();
        router.bytes = kept.iter().flat_map(|&expert| rows[expert as usize].to_vec()).collect();
        router.shape[0] = kept.len();
        for (new, old) in kept.iter().enumerate() {
            for part in ["w1", "w2", "w3"] {
                let tensor = source[&format!("{prefix}.experts.{old}.{part}.weight")].clone();
                expected.insert(format!("{prefix}.experts.{new}.{part}.weight"), tensor);
            }
        }
    }
    expected
}

#[test]
fn a_single_file_keeps_the_chosen_rows_and_experts() {
    let source = tensors(Dtype::BF16);
    let plan = arrange([keep(0, &[1, 3]), keep(1, &[0, 2])]);
    let out = export(&HfExporter, &plan, &single(&source)).unwrap();
    assert_holds(&out.0["model.safetensors"], &pruned(&source, &[vec![1, 3], vec![0, 2]]));
    assert_eq!(out.0.keys().collect::<Vec<_>>(), ["attune-export.json", "config.json", "model.safetensors"]);
}

#[test]
fn the_config_changes_in_one_number_and_nowhere_else() {
    let plan = arrange([keep(0, &[0, 1, 3]), keep(1, &[1, 2, 3])]);
    let out = export(&HfExporter, &plan, &single(&tensors(Dtype::F32))).unwrap();
    let expected = CONFIG.replace("\"num_local_experts\":   4 ", "\"num_local_experts\":   3 ");
    assert_eq!(out.text("config.json"), expected);
    assert_eq!(out.json("config.json")["alpha"]["num_local_experts"], 4, "the nested key is another key");
}

#[test]
fn a_config_that_leaves_the_number_to_its_family_gets_one() {
    let plan = arrange([keep(0, &[0, 1, 3]), keep(1, &[1, 2, 3])]);
    let mut files = single(&tensors(Dtype::F32));
    let shorter = CONFIG.replace("\"num_local_experts\":   4 ,", "");
    assert_ne!(shorter, CONFIG);
    files.0.insert("config.json".to_owned(), shorter.clone().into_bytes());
    let out = export(&HfExporter, &plan, &files).unwrap();
    let config = out.json("config.json");
    assert_eq!(config["num_local_experts"], 3);
    let rest: serde_json::Value = serde_json::from_str(&shorter).unwrap();
    let mut expected = rest.as_object().unwrap().clone();
    expected.insert("num_local_experts".to_owned(), 3.into());
    assert_eq!(config, serde_json::Value::Object(expected));
}

#[test]
fn a_tensor_without_elements_is_copied_whatever_its_name() {
    let mut source = tensors(Dtype::F32);
    let name = "model.layers.0.block_sparse_moe.expert_bias";
    source.insert(name.to_owned(), Tensor { dtype: Dtype::F32, shape: vec![0], bytes: vec![] });
    let plan = arrange([keep(0, &[1, 3]), keep(1, &[0, 2])]);
    let out = export(&HfExporter, &plan, &single(&source)).unwrap();
    assert!(SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap().names().contains(&name));
}

#[test]
fn shards_and_index_agree_and_an_empty_shard_disappears() {
    // Shard 1 holds expert 2 of both layers and nothing else, shard 2 holds layer 1's other tensors.
    let place = |name: &str| match name {
        name if name.contains("experts.2.") => 1,
        name if name.contains("layers.1") => 2,
        _ => 0,
    };
    let source = tensors(Dtype::F16);
    let plan = arrange([keep(0, &[0, 3]), keep(1, &[1, 3])]);
    let out = export(&HfExporter, &plan, &sharded(&source, 3, place)).unwrap();

    let shards: Vec<&String> = out.0.keys().filter(|name| name.ends_with(".safetensors")).collect();
    assert_eq!(shards, ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]);
    let index = out.json("model.safetensors.index.json");
    let expected = pruned(&source, &[vec![0, 3], vec![1, 3]]);
    let size: usize = expected.values().map(|tensor| tensor.bytes.len()).sum();
    assert_eq!(index["metadata"], serde_json::json!({"total_size": size}));
    // Of shard 1 nothing is left, and still its six tensors were dropped.
    let done = &out.json("attune-export.json")["done"]["tensors"];
    let before: usize = source.values().map(|tensor| tensor.bytes.len()).sum();
    assert_eq!((&done["dropped"], &done["bytes_before"]), (&12.into(), &before.into()));
    assert_eq!(done["bytes"], size);
    assert_eq!(index["weight_map"].as_object().unwrap().len(), expected.len());
    for shard in shards {
        let part = expected.iter().filter(|(name, _)| index["weight_map"][*name] == shard.as_str());
        assert_holds(&out.0[shard], &part.map(|(name, tensor)| (name.clone(), tensor.clone())).collect());
    }
}

/// Rows of 4 experts: a single 1 each.
fn one_hot(experts: &[u32]) -> Vec<f64> {
    experts
        .iter()
        .flat_map(|hot| (0..EXPERTS).map(move |expert| f64::from(u8::from(expert == *hot))))
        .collect()
}

#[test]
fn one_hot_pairs_fold_in_the_order_of_their_rows() {
    let source = tensors(Dtype::F8_E4M3);
    let kept: [&[u32]; 2] = [&[3, 1], &[0, 2]];
    let plan = arrange(kept.iter().zip(0..).flat_map(|(kept, layer)| {
        [route(layer, 2, &one_hot(kept)), merge(layer, 2, &one_hot(kept)), per_token(layer, 1)]
    }));
    let out = export(&HfExporter, &plan, &single(&source)).unwrap();
    let expected = pruned(&source, &kept.map(<[u32]>::to_vec));
    assert_holds(&out.0["model.safetensors"], &expected);
    let changed = CONFIG
        .replace("\"num_local_experts\":   4 ", "\"num_local_experts\":   2 ")
        .replace("\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 1");
    assert_eq!(out.text("config.json"), changed);
    let done = &out.json("attune-export.json")["done"];
    assert_eq!((&done["experts_per_token_before"], &done["experts_per_token"]), (&2.into(), &1.into()));

    // Untied: the rows of one expert, the weights of another, which no type stands against.
    let untied = arrange(
        (0..2).flat_map(|layer| [route(layer, 2, &one_hot(&[0, 1])), merge(layer, 2, &one_hot(&[2, 1]))]),
    );
    let place = |name: &str| usize::from(name.contains("experts.2"));
    for files in [single(&source), sharded(&source, 2, place)] {
        let out = export(&HfExporter, &untied, &files).unwrap();
        let weights = out.0.iter().filter(|(name, _)| name.ends_with(".safetensors"));
        let found = weights.map(|(_, bytes)| SafeTensors::deserialize(bytes).unwrap()).find_map(|file| {
            Some(file.tensor("model.layers.1.block_sparse_moe.experts.0.w2.weight").ok()?.data().to_vec())
        });
        assert_eq!(found.unwrap(), source["model.layers.1.block_sparse_moe.experts.2.w2.weight"].bytes);
    }
}

#[test]
fn merged_weights_are_sums_of_whatever_shard_they_are_in() {
    let mut source = tensors(Dtype::F32);
    for (seed, tensor) in source.values_mut().enumerate() {
        let value = |place: usize| (((place + 1) * (seed + 3) * 7919) % 1000) as f32 / 100.0 - 5.0;
        tensor.bytes = (0..tensor.bytes.len() / 4).flat_map(|place| value(place).to_le_bytes()).collect();
    }
    let matrix = [0.5, 0.0, -1.25, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let plan =
        arrange((0..2).flat_map(|layer| [route(layer, 3, &one_hot(&[0, 1, 3])), merge(layer, 3, &matrix)]));
    let names: Vec<&String> = source.keys().collect();
    let place = |name: &str| names.iter().position(|found| *found == name).unwrap() % 3;
    let floats = |bytes: &[u8]| -> Vec<f32> {
        bytes.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    };
    for files in [single(&source), sharded(&source, 3, place)] {
        let out = export(&HfExporter, &plan, &files).unwrap();
        let file = |name: &str| -> Vec<f32> {
            let weights = out.0.iter().filter(|(name, _)| name.ends_with(".safetensors"));
            let files = weights.map(|(_, bytes)| SafeTensors::deserialize(bytes).unwrap());
            files.into_iter().find_map(|file| Some(floats(file.tensor(name).ok()?.data()))).unwrap()
        };
        for part in ["w1", "w2", "w3"] {
            let name = |expert| format!("model.layers.1.block_sparse_moe.experts.{expert}.{part}.weight");
            let old = |expert| floats(&source[&name(expert)].bytes);
            let sum: Vec<f32> = old(0).iter().zip(old(2)).map(|(a, b)| 0.5 * a + -1.25 * b).collect();
            assert_eq!(file(&name(0)), sum);
            assert_eq!(file(&name(1)), old(1));
            assert!(file(&name(2)).iter().all(|&value| value == 0.0), "a row of zeros");
        }
        let done = &out.json("attune-export.json")["done"];
        assert_eq!(done["tensors"]["merged"], 2 * 2 * 3);
        assert!(done["exact"].as_str().unwrap().contains("summed in float32"), "{done}");
    }
    let message = export(&HfExporter, &plan, &single(&tensors(Dtype::F8_E4M3))).unwrap_err().to_string();
    assert!(message.contains("expected F32, F16 or BF16, which can be merged"), "{message}");
}

#[test]
fn experts_of_different_types_are_merged_in_float32() {
    let mut source = tensors(Dtype::F32);
    let name = |expert| format!("model.layers.0.block_sparse_moe.experts.{expert}.w1.weight");
    let elements = 10 * 6;
    for expert in 0..4 {
        let value = f32::from(expert as u8) + 1.0;
        let (dtype, one) = match expert {
            2 => (Dtype::BF16, half::bf16::from_f32(value).to_le_bytes().to_vec()),
            _ => (Dtype::F32, value.to_le_bytes().to_vec()),
        };
        let tensor = Tensor { dtype, shape: vec![10, 6], bytes: one.repeat(elements) };
        source.insert(name(expert), tensor);
    }
    // One of both types, one of 16 bits alone, one that is another as it is.
    let matrix = [0.5, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let rows = route(0, 3, &one_hot(&[0, 1, 3]));
    let plan = arrange([rows, merge(0, 3, &matrix), keep(1, &[0, 1, 3])]);
    let out = export(&HfExporter, &plan, &single(&source)).unwrap();
    let file = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
    for (expert, dtype, bytes) in [
        (0, Dtype::F32, 6.5_f32.to_le_bytes().to_vec()),
        (1, Dtype::BF16, half::bf16::from_f32(9.0).to_le_bytes().to_vec()),
        (2, Dtype::BF16, half::bf16::from_f32(3.0).to_le_bytes().to_vec()),
    ] {
        let view = file.tensor(&name(expert)).unwrap();
        assert_eq!((view.dtype(), view.data()), (dtype, &bytes.repeat(elements)[..]), "expert {expert}");
    }
}

#[test]
fn merged_experts_of_a_model_in_16_bits_are_approximate() {
    let half = Facts::from(ModelFacts { bytes_per_parameter: 2.0, ..ModelFacts::of(&facts()) });
    let full = Facts::from(ModelFacts { bytes_per_parameter: 4.0, ..ModelFacts::of(&facts()) });
    let merged = [0.5, 0.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.0];
    let plan = |rows: &[f64]| {
        arrange((0..2).flat_map(|layer| [route(layer, 2, &one_hot(&[0, 1])), merge(layer, 2, rows)]))
    };
    let check = |rows: &[f64], model| HfExporter.check(&plan(rows), model).unwrap();
    assert_eq!(check(&merged, &full), Exactness::Exact);
    assert_eq!(check(&one_hot(&[2, 1]), &half), Exactness::Exact, "nothing is summed");
    let Exactness::Approximate { reason } = check(&merged, &half) else { panic!("sums are rounded") };
    assert!(reason.starts_with("merged experts are rounded to the type that they are stored in"), "{reason}");
}

#[test]
fn the_same_sharding_keeps_its_file_names() {
    let place = |name: &str| usize::from(name.contains("layers.1"));
    let files = sharded(&tensors(Dtype::F16), 2, place);
    let out = export(&HfExporter, &arrange([keep(0, &[0, 1]), keep(1, &[2, 3])]), &files).unwrap();
    let weights =
        |files: &Files| files.0.keys().filter(|name| name.starts_with("model")).cloned().collect::<Vec<_>>();
    assert_eq!(weights(&out), weights(&files));
}

#[test]
fn tokenizer_and_licence_travel_and_the_rest_is_listed() {
    let files = single(&tensors(Dtype::BF16))
        .with("tokenizer.json", "{}")
        .with("LICENSE.txt", "free")
        .with("README.md", "a dense model")
        .with("pytorch_model.bin", "stale");
    let out = export(&HfExporter, &arrange([keep(0, &[0, 1]), keep(1, &[0, 1])]), &files).unwrap();
    assert_eq!((out.text("tokenizer.json"), out.text("LICENSE.txt")), ("{}".into(), "free".into()));
    assert!(!out.0.contains_key("README.md") && !out.0.contains_key("pytorch_model.bin"));

    let manifest = out.json("attune-export.json");
    let done = &manifest["done"];
    assert_eq!(done["files"]["copied"], serde_json::json!(["LICENSE.txt", "tokenizer.json"]));
    assert_eq!(done["files"]["left_out"], serde_json::json!(["README.md", "pytorch_model.bin"]));
    assert_eq!((&done["experts_before"], &done["experts"]), (&4.into(), &2.into()));
    // Per layer: w1, w2, w3 of 2 dropped experts; expert 0 and 1 keep their names.
    let counts = ["copied", "renumbered", "sliced", "dropped"].map(|key| done["tensors"][key].as_u64());
    assert_eq!(counts, [Some(16), Some(0), Some(2), Some(12)]);
    assert_eq!(
        manifest["plan"]["edits"][1],
        serde_json::json!({"edit": "keep-experts", "layer": 1, "experts": [0, 1]})
    );
    assert_eq!(manifest["provenance"]["study"], "half");
    assert_eq!((&manifest["format"], &manifest["version"]), (&"attune-export".into(), &1.into()));
}

#[test]
fn a_full_disk_is_named_with_its_file() {
    let plan = arrange([keep(0, &[0, 1]), keep(1, &[0, 1])]);
    let files = single(&tensors(Dtype::BF16));
    let input = ExportInput { plan: &plan, model: &facts(), files: &files, provenance: &provenance() };
    let error = HfExporter
        .export(&input, &mut |_: &str, _: &[u8]| Err(std::io::ErrorKind::StorageFull.into()))
        .unwrap_err();
    assert_eq!(error.to_string(), "cannot write model.safetensors: no storage space");
}

fn kept() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let all: Vec<u32> = (0..EXPERTS).collect();
    (2..=EXPERTS as usize).prop_flat_map(move |count| {
        proptest::collection::vec(subsequence(all.clone(), count), LAYERS as usize)
    })
}

proptest! {
    #[test]
    fn whatever_is_kept_its_bytes_are_the_source_bytes(
        kept in kept(),
        dtype in prop_oneof![Just(Dtype::F32), Just(Dtype::BF16), Just(Dtype::F8_E4M3)],
        shards in 1_usize..4,
    ) {
        let source = tensors(dtype);
        let plan = arrange(kept.iter().enumerate().map(|(layer, kept)| keep(layer as u32, kept)));
        let expected = pruned(&source, &kept);
        let out = export(&HfExporter, &plan, &single(&source)).unwrap();
        assert_holds(&out.0["model.safetensors"], &expected);

        let names: Vec<&String> = source.keys().collect();
        let place = |name: &str| names.iter().position(|found| *found == name).unwrap_or(0) % shards;
        let out = export(&HfExporter, &plan, &sharded(&source, shards, place)).unwrap();
        let index = out.json("model.safetensors.index.json");
        for (name, tensor) in &expected {
            let file = index["weight_map"][name].as_str().unwrap();
            let found = SafeTensors::deserialize(&out.0[file]).unwrap();
            prop_assert!(found.tensor(name).unwrap().data() == tensor.bytes, "{}", name);
        }
    }
}
