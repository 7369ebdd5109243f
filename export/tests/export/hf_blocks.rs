//! Blocks that are skipped are left out of the checkpoint.

use attune_core::exporter::{Exactness, Exporter as _};
use attune_core::options::OptionValue;
use attune_core::plan::Edit;
use attune_export::HfExporter;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{DropBlock, Half};
use safetensors::Dtype;
use serde_json::json;

use crate::checkpoint::{CONFIG, Files, Tensors, export, facts, keep, sharded, single, tensors};
use crate::hf::assert_holds;

fn drop(layer: u32, part: Option<Half>) -> Edit {
    Edit::from(DropBlock { layer, part })
}

/// What is left without layer 0: layer 1 under its number.
fn second_alone(source: &Tensors) -> Tensors {
    let stays = source.iter().filter(|(name, _)| !name.starts_with("model.layers.0."));
    stays.map(|(name, tensor)| (name.replace("layers.1.", "layers.0."), tensor.clone())).collect()
}

#[test]
fn the_other_blocks_are_numbered_anew_and_copied() {
    let source = tensors(Dtype::BF16);
    for plan in [vec![drop(0, None)], Half::ALL.map(|half| drop(0, Some(half))).to_vec()] {
        let plan = arrange(plan);
        assert_eq!(HfExporter.check(&plan, &facts()).unwrap(), Exactness::Exact);
        let out = export(&HfExporter, &plan, &single(&source)).unwrap();
        assert_holds(&out.0["model.safetensors"], &second_alone(&source));
        let before: serde_json::Value = serde_json::from_str(CONFIG).unwrap();
        let mut expected = before.clone();
        expected["num_hidden_layers"] = json!(1);
        assert_eq!(out.json("config.json"), expected);
    }
}

#[test]
fn a_shard_of_which_nothing_is_left_is_not_written() {
    let place = |name: &str| usize::from(name.contains("layers.0."));
    let out =
        export(&HfExporter, &arrange([drop(0, None)]), &sharded(&tensors(Dtype::F16), 2, place)).unwrap();
    let shards: Vec<&String> = out.0.keys().filter(|name| name.ends_with(".safetensors")).collect();
    assert_eq!(shards, ["model-00001-of-00001.safetensors"]);
}

fn config(keys: serde_json::Value) -> Files {
    let mut config: serde_json::Value = serde_json::from_str(CONFIG).unwrap();
    config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    single(&tensors(Dtype::F32)).with("config.json", config.to_string())
}

#[test]
fn windows_stay_with_their_blocks() {
    let plan = arrange([drop(0, None)]);
    let written = |keys| export(&HfExporter, &plan, &config(keys)).unwrap().json("config.json");
    let types = json!({"layer_types": ["full_attention", "sliding_attention"], "use_sliding_window": true});
    assert_eq!(written(types)["layer_types"], json!(["sliding_attention"]));
    for (first, left) in [(0, 0), (1, 0), (2, 1), (28, 27)] {
        let keys = json!({"max_window_layers": first, "use_sliding_window": true});
        assert_eq!(written(keys)["max_window_layers"], left, "windows from layer {first} on");
    }
    // Absent, it is 28 in the families that have it; and no types are as good as null.
    for keys in
        [json!({"use_sliding_window": true}), json!({"use_sliding_window": true, "layer_types": null})]
    {
        assert_eq!(written(keys)["max_window_layers"], 27);
    }
    assert_eq!(written(json!({"use_sliding_window": false})).get("max_window_layers"), None);
}

#[test]
fn the_language_model_of_several_parts_is_to_be_saved_by_itself() {
    let files = config(json!({"text_config": {"num_hidden_layers": 2}}));
    let message = export(&HfExporter, &arrange([drop(0, None)]), &files).unwrap_err().to_string();
    assert!(message.contains("config.json: `text_config`"), "{message}");
    assert!(message.contains("a model of several parts: save its language model by itself"), "{message}");
}

#[test]
fn blocks_before_layers_that_predict_further_tokens_are_refused() {
    let mut other = facts();
    other.values.insert("family".to_owned(), OptionValue::Text("minimax_m2".to_owned()));
    let refusal = HfExporter.check(&arrange([drop(0, None)]), &other).unwrap_err().to_string();
    assert!(refusal.contains("this model is of minimax_m2"), "{refusal}");
}

#[test]
fn what_a_checkpoint_cannot_say_is_refused() {
    let refusal = |edits: Vec<Edit>| HfExporter.check(&arrange(edits), &facts()).unwrap_err().to_string();
    let half = refusal(vec![drop(1, Some(Half::Attention))]);
    assert!(half.contains("drop-block(layer:1,part:\"attention\"): a checkpoint has whole blocks"), "{half}");
    let mixed = refusal(vec![drop(1, None), keep(0, &[0, 1])]);
    assert!(mixed.contains("keep-experts(experts:[0, 1],layer:0): beside skipped blocks"), "{mixed}");
    assert!(refusal(vec![drop(7, None)]).contains("the model has 2 layers"));
    let mut other = facts();
    other.values.insert("family".to_owned(), OptionValue::Text("gpt2".to_owned()));
    let refusal = HfExporter.check(&arrange([drop(0, None)]), &other).unwrap_err().to_string();
    assert!(refusal.contains("this model is of gpt2"), "{refusal}");
}
