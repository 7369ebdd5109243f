//! Pruned checkpoints of a family that attune does not know, by the names that its evaluator gives.

use attune_core::facts::Facts;
use attune_core::options::OptionValue;
use attune_core::plan::Edit;
use attune_export::HfExporter;
use attune_vocabulary::arrange;
use safetensors::tensor::Dtype;

use crate::checkpoint::*;
use crate::hf::{assert_holds, pruned};

const MOE: &str = "model.layers.{layer}.block_sparse_moe";

/// Facts of the checkpoint under the name of another family, as an evaluator of another process says them.
fn told() -> Facts {
    let mut facts = facts();
    let mut say = |name: &str, text: String| {
        facts.values.insert(name.to_owned(), OptionValue::Text(text));
    };
    say("family", "nobody-knows-it".to_owned());
    say("expert-keys", "num_local_experts".to_owned());
    say("router-tensors", format!("{MOE}.gate.weight"));
    let parts = ["w1", "w2", "w3"].map(|part| format!("{MOE}.experts.{{expert}}.{part}.weight"));
    say("expert-tensors", parts.join(" "));
    facts
}

fn refusal(edits: Vec<Edit>, files: &Files, facts: &Facts) -> String {
    export_of(&HfExporter, &arrange(edits), files, facts).unwrap_err().to_string()
}

#[test]
fn experts_are_left_out_by_the_names_that_the_evaluator_gives() {
    let source = tensors(Dtype::BF16);
    let plan = arrange([keep(0, &[1, 3]), keep(1, &[0, 2])]);
    let out = export_of(&HfExporter, &plan, &single(&source), &told()).unwrap();
    assert_holds(&out.0["model.safetensors"], &pruned(&source, &[vec![1, 3], vec![0, 2]]));
    assert_eq!(
        out.text("config.json"),
        CONFIG.replace("\"num_local_experts\":   4 ", "\"num_local_experts\":   2 ")
    );
    assert_eq!(out.json("attune-export.json")["done"]["experts"], 2);
}

#[test]
fn experts_that_share_a_tensor_are_cut_along_its_first_axis() {
    let mut source = tensors(Dtype::F32);
    source.retain(|name, _| !name.contains(".experts."));
    for layer in 0..LAYERS {
        let bytes = (0..EXPERTS as u8).flat_map(|expert| [expert; 2 * 3 * 4]).collect();
        let tensor = Tensor { dtype: Dtype::F32, shape: vec![EXPERTS as usize, 2, 3], bytes };
        source.insert(format!("model.layers.{layer}.block_sparse_moe.experts.down"), tensor);
    }
    let mut facts = told();
    let stacked = OptionValue::Text(format!("{MOE}.experts.down"));
    facts.values.insert("expert-tensors".to_owned(), stacked);
    let plan = arrange([keep(0, &[1, 3]), keep(1, &[0, 2])]);
    let out = export_of(&HfExporter, &plan, &single(&source), &facts).unwrap();
    let file = safetensors::SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
    let down = file.tensor("model.layers.0.block_sparse_moe.experts.down").unwrap();
    assert_eq!(down.shape(), [2, 2, 3]);
    assert_eq!((down.data()[0], down.data()[24]), (1, 3));
}

#[test]
fn what_does_not_fold_without_knowledge_of_the_family_is_refused() {
    let files = single(&tensors(Dtype::F32));
    let both = || vec![keep(0, &[1, 3]), keep(1, &[0, 2])];
    let foreign = refusal(vec![per_token(0, 1)], &files, &told());
    assert!(
        foreign.contains("does not know `nobody-knows-it` models") && foreign.contains("--to plan"),
        "{foreign}"
    );
    let merged = refusal(vec![merge(0, 4, &[0.5; 16])], &files, &told());
    assert!(merged.contains("folds nothing but keep-experts"), "{merged}");
    let uneven = refusal(vec![keep(0, &[1, 3])], &files, &told());
    assert!(uneven.contains("the same number of experts in every layer"), "{uneven}");
    let few = refusal(vec![keep(0, &[1]), keep(1, &[2])], &files, &told());
    assert!(few.contains("keep at least as many"), "{few}");
    let mut silent = told();
    silent.values.remove("expert-keys");
    assert!(refusal(both(), &files, &silent).contains("which key of config.json"));
    // Nothing is known without the evaluator: then it is a family like any other that is not known.
    silent.values.remove("expert-tensors");
    assert!(refusal(both(), &files, &silent).contains("this one is of nobody-knows-it"));
}

#[test]
fn a_checkpoint_with_other_tensors_than_were_named_is_refused() {
    let plan = || vec![keep(0, &[1, 3]), keep(1, &[0, 2])];
    let mut source = tensors(Dtype::F32);
    let extra = source["model.norm.weight"].clone();
    source.insert("model.layers.0.block_sparse_moe.experts.0.w1.scale".to_owned(), extra);
    assert!(
        refusal(plan(), &single(&source), &told())
            .contains("only tensors of experts that the evaluator names")
    );
    let mut source = tensors(Dtype::F32);
    source.remove("model.layers.1.block_sparse_moe.experts.3.w2.weight");
    assert!(refusal(plan(), &single(&source), &told()).contains("experts.3.w2.weight` is missing"));
    let mut other = told();
    other.values.insert("expert-keys".to_owned(), OptionValue::Text("num_experts_per_tok".to_owned()));
    let message = refusal(plan(), &single(&tensors(Dtype::F32)), &other);
    assert!(message.contains("`num_experts_per_tok` is 2"), "{message}");
}
