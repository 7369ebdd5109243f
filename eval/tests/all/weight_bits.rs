//! Weights in few bits: agreement with a reference, and levels that are made once.

use std::path::PathBuf;

use attune_core::plan::{Edit, Plan};
use attune_eval::model::Model;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{Module, NumberGrid, Rounding};
use safetensors::SafeTensors;
use serde::Deserialize;

use crate::made::{EXPERTS, LAYERS, furthest, ids, load, logits, mixture};

/// What the project promises; float32 noise is a hundred times smaller.
const TOLERANCE: f32 = 1e-3;

#[derive(Deserialize)]
struct Case {
    name: String,
    model: String,
    column_stride: usize,
    edits: Vec<RecordedEdit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RecordedEdit {
    layer: u32,
    module: String,
    #[serde(default)]
    expert: Option<u32>,
    bits: u32,
    group_size: u32,
    #[serde(default)]
    grid: Option<String>,
    #[serde(default)]
    rounding: Option<String>,
}

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn edit(layer: u32, module: Module, expert: Option<u32>, bits: u32) -> Edit {
    Edit::from(WeightBits { layer, module, expert, bits, group_size: 8, grid: None, rounding: None })
}

fn every_module(bits: u32) -> Plan {
    let layers = 0..LAYERS as u32;
    let modules = ["q", "k", "v", "o", "gate", "up", "down"].map(|name| Module::from_name(name).unwrap());
    arrange(layers.flat_map(|layer| modules.map(|module| edit(layer, module, None, bits))))
}

#[test]
fn logits_agree_with_the_recorded_reference() {
    for (file, cases) in [("weight-bits", 4), ("grid-logits", 4), ("gptq", 2)] {
        agree(file, cases);
    }
}

/// Compares all cases of a file.
fn agree(file: &str, count: usize) {
    let bytes = std::fs::read(root(&format!("tests/golden/{file}.safetensors"))).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let cases: Vec<Case> =
        serde_json::from_slice(&std::fs::read(root(&format!("tests/golden/{file}.json"))).unwrap()).unwrap();
    assert_eq!(cases.len(), count);
    for case in cases {
        let name = case.name;
        let folder = if case.model == "tiny-moe" { "models" } else { "tests/golden/models" };
        let model = load(&root(folder).join(&case.model));
        let plan = arrange(case.edits.into_iter().map(|edit| {
            let RecordedEdit { layer, module, expert, bits, group_size, grid, rounding } = edit;
            let grid = grid.map(|name| NumberGrid::from_name(&name).unwrap());
            let module = Module::from_name(&module).unwrap();
            let rounding = rounding.map(|name| Rounding::from_name(&name).unwrap());
            Edit::from(WeightBits { layer, module, expert, bits, group_size, grid, rounding })
        }));
        let floats = |what: &str| -> Vec<f32> {
            let bytes = recorded.tensor(&format!("{name}.{what}")).unwrap().data().chunks_exact(4);
            bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let ids: Vec<u32> = recorded
            .tensor(&format!("{name}.input_ids"))
            .unwrap()
            .data()
            .chunks_exact(8)
            .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32)
            .collect();
        let found = logits(&model, &plan, &ids);
        let rows = || found.chunks_exact(model.config().vocab);
        let some: Vec<f32> = rows().flat_map(|row| row.iter().step_by(case.column_stride).copied()).collect();
        let log_sum_exp = |row: &[f32]| row.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln() as f32;
        let sums: Vec<f32> = rows().map(log_sum_exp).collect();
        let apart = furthest(&some, &floats("logits")).max(furthest(&sums, &floats("logsumexp")));
        assert!(apart <= TOLERANCE, "{name}: logits differ by {apart}");
        assert!(furthest(&found, &logits(&model, &Plan::empty(), &ids)) > 0.05, "{name} changes nothing");
    }
}

#[test]
fn sixteen_bits_are_the_dense_model_and_more_bits_are_nearer_to_it() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let ids = ids(5, 40);
    let dense = logits(&model, &Plan::empty(), &ids);
    assert_eq!(furthest(&dense, &logits(&model, &every_module(16), &ids)), 0.0);
    let apart = [2, 4, 8].map(|bits| furthest(&dense, &logits(&model, &every_module(bits), &ids)));
    assert!(apart[0] > apart[1] && apart[1] > apart[2] && apart[2] > 0.0, "{apart:?}");
}

#[test]
fn all_experts_together_are_each_of_them_apart() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let ids = ids(6, 40);
    let together = arrange([edit(1, Module::Up, None, 3)]);
    let apart = arrange((0..EXPERTS as u32).map(|expert| edit(1, Module::Up, Some(expert), 3)));
    let one = arrange([edit(1, Module::Up, Some(2), 3)]);
    let found = logits(&model, &together, &ids);
    assert_eq!(furthest(&found, &logits(&model, &apart, &ids)), 0.0);
    assert!(furthest(&found, &logits(&model, &one, &ids)) > 0.0);
}

#[test]
fn memory_for_levels_changes_no_result() {
    let (folder, _) = mixture();
    let ids = ids(7, 40);
    let plans = [every_module(2), every_module(4), arrange([edit(0, Module::Key, None, 2)])];
    let all = |model: &Model| [0, 1, 0, 2, 1].map(|plan: usize| logits(model, &plans[plan], &ids));
    let roomy = all(&load(folder.path()));
    for bytes in [0, 5_000, 20_000] {
        assert_eq!(all(&load(folder.path()).with_level_memory(bytes)), roomy, "{bytes} bytes");
    }
}
