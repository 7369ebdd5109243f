//! Skipped blocks and quantised activations: agreement with a reference, and candidates side by side.

use std::path::PathBuf;

use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::{ActivationBits, DropBlock, Grid, Half, Range};
use attune_vocabulary::{arrange, model as vocabulary};
use safetensors::SafeTensors;
use serde_json::{Map, Value};

use crate::made::{furthest, ids, load, logits, mixture};

/// What the project promises; float32 noise is a hundred times smaller, a flipped code of 8 bits is not.
const TOLERANCE: f32 = 1e-3;

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn edit(recorded: &Map<String, Value>) -> Edit {
    let arguments = recorded.iter().filter(|(name, _)| *name != "edit");
    let kind = recorded["edit"].as_str().unwrap();
    let open = arguments.fold(Edit::new(kind), |edit, (name, value)| match value {
        Value::String(word) => edit.with(name, OptionValue::Text(word.clone())),
        value => edit.with(name, OptionValue::Int(value.as_i64().unwrap())),
    });
    vocabulary().accept(&open).unwrap()
}

#[test]
fn logits_agree_with_the_recorded_reference() {
    let bytes = std::fs::read(root("tests/golden/blocks-and-activations.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let text = std::fs::read(root("tests/golden/blocks-and-activations.json")).unwrap();
    let cases: Vec<Map<String, Value>> = serde_json::from_slice(&text).unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let (name, model) = (case["name"].as_str().unwrap(), case["model"].as_str().unwrap());
        let folder = if model == "tiny-moe" { "models" } else { "tests/golden/models" };
        let model = load(&root(folder).join(model));
        let edits =
            case["edits"].as_array().unwrap().iter().map(|recorded| edit(recorded.as_object().unwrap()));
        let plan = arrange(edits);
        let data = |what: &str| recorded.tensor(&format!("{name}.{what}")).unwrap().data().to_vec();
        let ids: Vec<u32> = data("input_ids")
            .chunks_exact(8)
            .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32)
            .collect();
        let expected: Vec<f32> = data("logits")
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        let found = logits(&model, &plan, &ids);
        let stride = case["column_stride"].as_u64().unwrap() as usize;
        let some: Vec<f32> = found
            .chunks_exact(model.config().vocab)
            .flat_map(|row| row.iter().step_by(stride).copied())
            .collect();
        let apart = furthest(&some, &expected);
        println!("{name}: {apart:e}");
        assert!(apart <= TOLERANCE, "{name}: logits differ by {apart}");
        assert!(furthest(&found, &logits(&model, &Plan::empty(), &ids)) > 0.02, "{name} changes nothing");
    }
}

fn quantised(layer: u32, bits: u32, range: Range) -> Edit {
    ActivationBits { layer, module: None, bits, range, grid: Grid::Affine, group_size: None }.into()
}

#[test]
fn a_block_is_its_two_halves_and_sixteen_bits_are_the_dense_model() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let ids = ids(3, 40);
    let found = |edits: Vec<Edit>| logits(&model, &arrange(edits), &ids);
    let drop = |part| Edit::from(DropBlock { layer: 1, part });
    let (whole, halves) = (drop(None), Half::ALL.map(|half| drop(Some(half))));
    assert_eq!(found(vec![whole.clone()]), found(halves.to_vec()));
    // What else is said of a skipped half has no effect.
    assert_eq!(found(vec![whole.clone(), quantised(1, 2, Range::Token)]), found(vec![whole]));
    let dense = logits(&model, &Plan::empty(), &ids);
    assert_eq!(furthest(&dense, &found(vec![quantised(0, 16, Range::Tensor)])), 0.0);
    let apart = [2, 4, 8].map(|bits| furthest(&dense, &found(vec![quantised(0, bits, Range::Tensor)])));
    assert!(apart[0] > apart[1] && apart[1] > apart[2] && apart[2] > 0.0, "{apart:?}");
}
