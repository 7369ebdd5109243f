//! Weights in few bits and caches in 8, as the library compressed-tensors stores them.

mod files;
mod golden;
mod targets;
mod words;

use attune_core::exporter::{ExportError, ExportInput, Exporter as _};
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_export::CompressedTensorsExporter;
use attune_vocabulary::edits::{KvBits, WeightBits};
use attune_vocabulary::{CacheGrid, ModelFacts, Module, NumberGrid};
use safetensors::tensor::{Dtype, TensorView};

use crate::checkpoint::{Files, facts, provenance, said_before};

const CONFIG: &str = "{\"model_type\": \"llama\",\n  \"vocab_size\": 5\n}\n";

fn llama(bytes_per_parameter: f64) -> Facts {
    Facts::from(ModelFacts {
        family: "llama".into(),
        experts: 0,
        experts_per_token: 0,
        bytes_per_parameter,
        ..ModelFacts::of(&facts())
    })
}

/// A module whose matrix is on a grid, in the grid's own groups of rows of 256.
fn on(grid: NumberGrid, bits: u32, layer: u32, module: Module) -> Edit {
    use attune_vocabulary::Grouping;
    let group_size = match grid.grouping() {
        Grouping::Any => 64,
        Grouping::Of(own) => own,
        Grouping::Row => 256,
    };
    Edit::from(WeightBits { layer, module, expert: None, bits, group_size, grid: Some(grid), rounding: None })
}

fn cache(layer: u32) -> Edit {
    let fp8 = Some(CacheGrid::Fp8E4m3);
    let group_size = 3;
    Edit::from(KvBits {
        layer,
        keys: 8,
        values: 8,
        group_size,
        key_grid: fp8,
        value_grid: fp8,
        ..KvBits::default()
    })
}

fn export(plan: &Plan, model: &Facts, files: &Files) -> Result<Files, ExportError> {
    let mut out = Files::default();
    let input = ExportInput { plan, model, files, provenance: &provenance() };
    let result = CompressedTensorsExporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
        Ok(())
    });
    said_before(&CompressedTensorsExporter, plan, model, files, &result);
    assert!(result.is_ok() || out.0.is_empty(), "files were written before the refusal: {:?}", out.0.keys());
    result.map(|()| out)
}

/// Bytes that are numbers around 0 in float32, the same for the same length.
fn numbers(count: usize) -> Vec<u8> {
    let number = |place: usize| ((place * 2_654_435_761 % 1009) as f32 / 504.0 - 1.0) * 0.05;
    (0..count).flat_map(|place| number(place).to_le_bytes()).collect()
}

/// A folder with matrices of these names, `[outputs, inputs]` in float32, and a norm.
fn folder(matrices: &[(String, [usize; 2])]) -> Files {
    let data: Vec<Vec<u8>> =
        matrices.iter().map(|(_, [outputs, inputs])| numbers(outputs * inputs)).collect();
    let mut tensors: Vec<(String, TensorView<'_>)> = matrices
        .iter()
        .zip(&data)
        .map(|((name, shape), data)| {
            (format!("{name}.weight"), TensorView::new(Dtype::F32, shape.to_vec(), data).unwrap())
        })
        .collect();
    tensors
        .push(("model.norm.weight".to_owned(), TensorView::new(Dtype::F32, vec![1], &[1, 2, 3, 4]).unwrap()));
    Files::default()
        .with("config.json", CONFIG)
        .with("tokenizer.json", "{}")
        .with("model.safetensors", safetensors::serialize(tensors, None).unwrap())
}
