//! Models whose files are not as expected: named by file and place, and nothing is written.

use attune_core::exporter::{ExportInput, Exporter as _};
use attune_core::facts::Facts;
use attune_export::HfExporter;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::arrange;
use safetensors::tensor::Dtype;

use crate::checkpoint::*;

fn failure(files: &Files) -> String {
    let plan = arrange([keep(0, &[0, 1]), keep(1, &[2, 3])]);
    export(&HfExporter, &plan, files).unwrap_err().to_string()
}

fn config(text: &str) -> Files {
    single(&tensors(Dtype::BF16)).with("config.json", text)
}

#[test]
fn config_json_has_to_agree_with_the_model() {
    assert_eq!(
        failure(&config(r#"{"model_type": "mixtral", "num_local_experts": 8}"#)),
        "config.json: `num_local_experts` is 8; expected 4"
    );
    assert_eq!(
        failure(&config(r#"{"model_type": "llama", "num_local_experts": 4}"#)),
        "config.json: `model_type` is \"llama\"; expected \"mixtral\""
    );
    let message = failure(&config(
        r#"{"model_type": "mixtral", "num_local_experts": 4, "quantization_config": {"quant_method": "awq"}}"#,
    ));
    assert!(
        message.starts_with("config.json: `quantization_config`; expected a model whose weights"),
        "{message}"
    );
    let message = failure(&config("{\"model_type\": "));
    assert!(message.starts_with("config.json: EOF while parsing a value at line 1"), "{message}");
    let message = failure(&config("[]"));
    assert!(message.ends_with("expected a JSON object, as Transformers writes it"), "{message}");
}

#[test]
fn a_key_with_escapes_is_the_same_key() {
    let files = config(r#"{"model_type": "mixtral", "num_local\u005fexperts": 4}"#);
    let plan = arrange([keep(0, &[0, 1]), keep(1, &[2, 3])]);
    let out = export(&HfExporter, &plan, &files).unwrap();
    assert_eq!(out.text("config.json"), r#"{"model_type": "mixtral", "num_local\u005fexperts": 2}"#);
}

#[test]
fn tensor_names_of_another_scheme_are_named() {
    let mut fused = tensors(Dtype::BF16);
    let tensor = fused["model.norm.weight"].clone();
    fused.insert("model.layers.0.mlp.experts.gate_up_proj".into(), tensor);
    assert_eq!(
        failure(&single(&fused)),
        "model.safetensors: tensor `model.layers.0.mlp.experts.gate_up_proj`; expected experts under \
         `model.layers.0.block_sparse_moe.experts.0.*` to `model.layers.1.block_sparse_moe.experts.3.*` with \
         the parts w1.weight, w2.weight, w3.weight (fused or quantised experts are not supported)"
    );
    for stray in
        ["model.layers.0.block_sparse_moe.experts.4.w1.weight", "model.layers.2.block_sparse_moe.gate.weight"]
    {
        let mut more = tensors(Dtype::BF16);
        more.insert(stray.into(), more["model.norm.weight"].clone());
        assert!(failure(&single(&more)).starts_with(&format!("model.safetensors: tensor `{stray}`")));
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let missing = [
        "model.layers.1.block_sparse_moe.gate.weight",
        "model.layers.0.block_sparse_moe.experts.3.w2.weight",
    ];
    for name in missing {
        let mut fewer = tensors(Dtype::BF16);
        fewer.remove(name);
        assert_eq!(
            failure(&single(&fewer)),
            format!(
                "model.safetensors: tensor `{name}` is missing; expected a Mixtral checkpoint with 2 layers of \
                 4 experts"
            )
        );
    }
}

#[test]
fn a_router_of_another_shape_is_named() {
    let mut other = tensors(Dtype::BF16);
    let name = "model.layers.1.block_sparse_moe.gate.weight";
    let router = other.get_mut(name).unwrap();
    router.shape = vec![6, 4];
    assert_eq!(
        failure(&single(&other)),
        format!("model.safetensors: tensor `{name}` has shape [6, 4]; expected [4, 6] (experts × hidden)")
    );
}

#[test]
fn a_router_whose_rows_share_bytes_is_named() {
    let mut packed = tensors(Dtype::BF16);
    let name = "model.layers.0.block_sparse_moe.gate.weight";
    // 4 rows of 5 elements of 4 bits: two and a half bytes each.
    let router = packed.get_mut(name).unwrap();
    *router = Tensor { dtype: Dtype::F4, shape: vec![4, 5], bytes: vec![0; 10] };
    let facts = Facts::from(ModelFacts { hidden: 5, ..ModelFacts::of(&facts()) });
    let files = single(&packed);
    let plan = arrange([keep(0, &[0, 1]), keep(1, &[0, 1])]);
    let input = ExportInput { plan: &plan, model: &facts, files: &files, provenance: &provenance() };
    let error = HfExporter.export(&input, &mut |_: &str, _: &[u8]| Ok(())).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("model.safetensors: tensor `{name}` has 10 bytes; expected 4 rows of whole bytes")
    );
}

#[test]
fn damaged_or_absent_weights_are_named() {
    let mut files = single(&tensors(Dtype::BF16));
    files.0.get_mut("model.safetensors").unwrap().truncate(5000);
    let message = failure(&files);
    assert!(message.starts_with("model.safetensors: "), "{message}");
    assert!(message.ends_with("expected a whole safetensors file"), "{message}");

    let files = Files::default().with("config.json", CONFIG).with("pytorch_model.bin", "");
    assert_eq!(
        failure(&files),
        "the model folder: weights only as pytorch_model.bin; expected model.safetensors, or \
         model.safetensors.index.json and its shards"
    );
}

#[test]
fn an_index_that_disagrees_with_its_shards_is_named() {
    let all = tensors(Dtype::BF16);
    let place = |name: &str| usize::from(name.contains("layers.1"));
    let index = "model.safetensors.index.json";
    let rewritten = |from: &str, to: &str| {
        let files = sharded(&all, 2, place);
        let text = files.text(index).replace(from, to);
        files.with(index, text)
    };

    let moved = rewritten(
        r#""model.norm.weight":"model-00001-of-00002.safetensors""#,
        r#""model.norm.weight":"model-00002-of-00002.safetensors""#,
    );
    assert_eq!(
        failure(&moved),
        "model.safetensors.index.json: `model.norm.weight` is in model-00001-of-00002.safetensors, not in \
         model-00002-of-00002.safetensors; expected a `weight_map` that agrees with the shards"
    );
    let mut fewer = sharded(&all, 2, place);
    fewer.0.remove("model-00002-of-00002.safetensors");
    let message = failure(&fewer);
    assert!(message.contains(index) && message.contains("`model-00002-of-00002.safetensors`"), "{message}");
    // Nothing outside of the folder is read, or written under its name.
    let outside = rewritten("model-00002-of-00002.safetensors", "../model-00002-of-00002.safetensors");
    let message = failure(&outside);
    assert!(message.contains("names of files in the folder of the index"), "{message}");
}

#[test]
fn what_only_the_index_or_only_a_shard_names_is_left_out_as_when_it_was_scored() {
    let all = tensors(Dtype::BF16);
    let place = |name: &str| usize::from(name.contains("layers.1"));
    let index = "model.safetensors.index.json";
    let plan = arrange([keep(0, &[0, 1]), keep(1, &[2, 3])]);
    let plain = export(&HfExporter, &plan, &sharded(&all, 2, place)).unwrap();
    let file = "model-00001-of-00002.safetensors";

    let ghost = sharded(&all, 2, place);
    let text = ghost
        .text(index)
        .replace(r#""model.norm.weight":"#, &format!(r#""mtp.fc.weight":"{file}","model.norm.weight":"#));
    let ghost = export(&HfExporter, &plan, &ghost.with(index, text)).unwrap();
    assert_eq!((&ghost.0[file], &ghost.0[index]), (&plain.0[file], &plain.0[index]));

    let mut more = all.clone();
    more.insert("model.rotary_emb.inv_freq".into(), all["model.norm.weight"].clone());
    let unlisted = sharded(&more, 2, place).with(index, sharded(&all, 2, place).text(index));
    let unlisted = export(&HfExporter, &plan, &unlisted).unwrap();
    assert_eq!((&unlisted.0[file], &unlisted.0[index]), (&plain.0[file], &plain.0[index]));
}
