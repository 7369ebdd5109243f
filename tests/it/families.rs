//! Mixtures of every family are exported as what was scored: the folder, loaded as a model of its own, is the candidate.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_core::exporter::{ExportInput, Exporter as _, ModelFiles, Provenance};
use attune_core::plan::{Edit, Plan};
use attune_eval::compute::Compute;
use attune_eval::logits::logits;
use attune_eval::model::{DecoderConfig, Model};
use attune_export::HfExporter;
use attune_families::tensors;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{DropBlock, ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

pub(crate) struct Folder(pub(crate) PathBuf);

impl ModelFiles for Folder {
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        std::fs::read(self.0.join(name)).map(Cow::Owned)
    }
}

pub(crate) fn cases() -> Vec<Value> {
    let file = crate::support::root().join("tests/golden/families.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// A model of the config of a case, with numbers that differ from place to place.
pub(crate) fn write(folder: &Path, config: &Value) {
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let config = DecoderConfig::read(&folder.join("config.json")).unwrap();
    let mut made: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
    let Ok(()) = tensors::each::<std::convert::Infallible>(&config, |(name, shape)| {
        let name = format!("{}{name}", config.wrapper.map_or("", |wrapper| wrapper.prefix));
        let first = name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let around = if name.contains("norm") { 1.0 } else { 0.0 };
        let value = |place: u64| {
            let mixed = first.wrapping_add(place).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            around + 0.4 * ((mixed >> 40) as f32 / 8_388_608.0 - 1.0)
        };
        let count = shape.iter().product::<usize>() as u64;
        made.insert(name, (shape, (0..count).flat_map(|place| value(place).to_le_bytes()).collect()));
        Ok(())
    });
    let views = made
        .iter()
        .map(|(name, (shape, bytes))| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).unwrap();
}

pub(crate) fn exported(model: &Model, from: &Path, plan: &Plan) -> Result<tempfile::TempDir, String> {
    let out = tempfile::tempdir().unwrap();
    let provenance = Provenance {
        study: "families".into(),
        trial: 0,
        technique: "none".into(),
        seed: 0,
        numerics: String::new(),
        costs: Vec::new(),
        search: BTreeMap::new(),
        report: BTreeMap::new(),
    };
    let files = Folder(from.to_owned());
    let input = ExportInput { plan, model: model.facts(), files: &files, provenance: &provenance };
    let result = HfExporter
        .export(&input, &mut |name: &str, bytes: &[u8]| std::fs::write(out.path().join(name), bytes));
    result.map(|()| out).map_err(|error| error.to_string())
}

/// The largest difference between the candidate and its export, and how far the candidate is from the dense model. `plan` says
/// the edits of a layer with so many experts.
fn compared(case: &Value, plan: impl Fn(u32, usize) -> Vec<Edit>) -> Result<(f32, f32), String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &case["config"]);
    let model = Model::load(folder.path(), &Compute::cpu()).unwrap();
    let ids: Vec<u32> =
        case["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
    let experts = |layer| model.config().layer(layer).mixture().map_or(0, |mixture| mixture.experts);
    let plan = arrange((0..model.config().layers).flat_map(|layer| plan(layer as u32, experts(layer))));
    let candidate = logits(&model, &plan, &ids).map_err(|error| error.to_string())?;
    let dense = logits(&model, &Plan::empty(), &ids).unwrap();
    let out = exported(&model, folder.path(), &plan)?;
    let loaded = Model::load(out.path(), &Compute::cpu()).map_err(|error| error.to_string())?;
    let found = logits(&loaded, &Plan::empty(), &ids).unwrap();
    let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    Ok((apart(&found, &candidate), apart(&candidate, &dense)))
}

fn mixtures() -> Vec<Value> {
    let of = |case: &Value| attune_families::find(case["config"]["model_type"].as_str().unwrap());
    cases().into_iter().filter(|case| of(case).is_some_and(|family| family.mixture.is_some())).collect()
}

/// Whether the experts of a case are in groups.
fn grouped(case: &Value) -> bool {
    let config = &case["config"];
    config["n_group"].as_u64().is_some_and(|groups| groups > 1) && config["topk_method"] != "greedy"
}

#[test]
fn pruned_mixtures_are_exported_as_they_were_scored() {
    let mut exported = Vec::new();
    for case in mixtures() {
        let name = case["name"].as_str().unwrap();
        let keep = |layer, experts| {
            if experts == 0 {
                return Vec::new();
            }
            let keep = KeepExperts { layer, experts: vec![0, 2, 3, 4] };
            vec![Edit::from(keep), Edit::from(ExpertsPerToken { layer, count: 1 })]
        };
        match compared(&case, keep) {
            Ok((apart, changed)) => {
                assert!(apart < 1e-5 && changed > 1e-3, "{name}: {apart:e}, the plan changes {changed:e}");
                exported.push(name.to_owned());
            }
            // What is left of groups is not defined, and SparseMixer chooses two.
            Err(error) => {
                assert!(grouped(&case) || error.contains("chooses two experts"), "{name}: {error}");
            }
        }
    }
    assert!(exported.len() >= 14, "{exported:?}");
}

#[test]
fn merged_mixtures_are_exported_where_the_weights_of_experts_are_rescaled() {
    let (mut exported, mut refused) = (Vec::new(), Vec::new());
    for case in mixtures() {
        let name = case["name"].as_str().unwrap();
        let merge = |layer, experts: usize| {
            if experts == 0 {
                return Vec::new();
            }
            let row = |ones: &[(usize, f64)]| {
                let mut row = vec![0.0; experts];
                ones.iter().for_each(|(expert, number)| row[*expert] = *number);
                row
            };
            let weights =
                [row(&[(0, 0.5), (1, 0.5)]), row(&[(2, 1.0)]), row(&[(3, 0.75), (4, 0.25)])].concat();
            let routes = [row(&[(1, 1.0)]), row(&[(2, 1.0)]), row(&[(4, 1.0)])].concat();
            vec![
                Edit::from(MergeExperts { layer, rows: 3, matrix: weights }),
                Edit::from(RouteExperts { layer, rows: 3, matrix: routes }),
            ]
        };
        match compared(&case, merge) {
            Ok((apart, changed)) => {
                assert!(apart < 1e-5 && changed > 1e-3, "{name}: {apart:e}, the plan changes {changed:e}");
                exported.push(name.to_owned());
            }
            Err(error) => {
                let reasons =
                    ["shares of all experts", "groups of experts", "a mapped score has no such neighbours"];
                assert!(reasons.iter().any(|reason| error.contains(reason)), "{name}: {error}");
                refused.push(name.to_owned());
            }
        }
    }
    // Sigmoids are the same whoever stands beside them, so they need no rescaling.
    for name in ["granitemoe", "gpt_oss", "qwen3_moe", "olmoe-rescaled", "glm4_moe", "glm4_moe-air", "dots1"]
    {
        assert!(exported.iter().any(|exported| exported == name), "{name} is not among {exported:?}");
    }
    for name in ["qwen3_moe-plain", "olmoe", "deepseek_v2-lite", "ernie4_5_moe"] {
        assert!(refused.iter().any(|refused| refused == name), "{name} is not among {refused:?}");
    }
}

#[test]
fn models_without_a_block_are_exported_as_they_were_scored() {
    let mut exported = Vec::new();
    let mixtures = mixtures();
    // Of models of several parts, the exporter is given the language model.
    let plain = |case: &Value| case["config"].get("text_config").is_none() && !mixtures.contains(case);
    for case in cases().into_iter().filter(plain) {
        let name = case["name"].as_str().unwrap();
        let drop = |layer, _| {
            if layer == 1 { vec![Edit::from(DropBlock { layer, part: None })] } else { Vec::new() }
        };
        match compared(&case, drop) {
            Ok((apart, changed)) => {
                assert!(apart < 1e-5 && changed > 1e-3, "{name}: {apart:e}, the plan changes {changed:e}");
                exported.push(name.to_owned());
            }
            // Tensors of a language model within another are called otherwise.
            Err(error) => {
                let reasons = ["blocks of", "known", "no tensor is called", "a model of several parts"];
                assert!(reasons.iter().any(|reason| error.contains(reason)), "{name}: {error}");
            }
        }
    }
    for name in ["phi", "gpt_neox", "gpt_neox-in-turn", "falcon", "falcon-two-norms", "cohere", "granite"] {
        assert!(exported.iter().any(|exported| exported == name), "{name} is not among {exported:?}");
    }
}
