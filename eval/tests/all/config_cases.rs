//! Edited config.json and weight files: the numbers of `transformers`, or a refusal that names what was edited.
//!
//! tests/golden/config_cases.py made the cases and recorded what two versions of `transformers` compute.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use attune_core::plan::Plan;
use attune_eval::compute::Compute;
use attune_eval::model::Model;
use rayon::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::made::logits;

/// Float32 noise of two implementations, on logits of some units: the largest that was met is in the test's output. A
/// forgotten key moves them by 1e-3 and more.
const TOLERANCE: f64 = 2e-5;
/// As many cases are made, at least.
const LEAST_CASES: usize = 3000;
/// As many are computed and not refused, at least: refusing everything is no answer.
const LEAST_EQUAL: usize = 800;

#[derive(Deserialize)]
struct File {
    tokens: Vec<u32>,
    columns: Vec<usize>,
    bases: HashMap<String, Base>,
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Base {
    config: Map<String, Value>,
    tensors: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Variant {
    base: String,
    case: String,
    edits: Vec<Edit>,
    /// A refusal names one of these; none: whatever it names.
    names: Option<Vec<String>>,
    new: Said,
    old: Option<Said>,
}

/// What one version of `transformers` computes: the perplexity and some logits, the same as somebody else, or the
/// beginning of its complaint.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Said {
    Numbers(Vec<f64>),
    Text(String),
}

#[derive(Deserialize)]
#[serde(from = "Vec<Value>")]
enum Edit {
    Set(Vec<String>, Value),
    Drop(Vec<String>),
    Twice(String, Value),
    Tensor(String, Vec<usize>),
    NoTensor(String),
    Rename(String, String),
    Same(String, String),
}

impl From<Vec<Value>> for Edit {
    fn from(parts: Vec<Value>) -> Self {
        let text = |index: usize| parts[index].as_str().unwrap().to_owned();
        let of = |index: usize| parts[index].clone();
        match text(0).as_str() {
            "set" => Self::Set(serde_json::from_value(of(1)).unwrap(), of(2)),
            "drop" => Self::Drop(serde_json::from_value(of(1)).unwrap()),
            "twice" => Self::Twice(text(1), of(2)),
            "tensor" => Self::Tensor(text(1), serde_json::from_value(of(2)).unwrap()),
            "no-tensor" => Self::NoTensor(text(1)),
            "rename" => Self::Rename(text(1), text(2)),
            "same" => Self::Same(text(1), text(2)),
            other => panic!("unknown edit {other}"),
        }
    }
}

/// Stored tensors: shape, and the name whose values they have.
type Stored = BTreeMap<String, (Vec<usize>, String)>;

impl Variant {
    fn by_new<'a>(&'a self, file: &'a File) -> Option<&'a [f64]> {
        match &self.new {
            Said::Numbers(numbers) => Some(numbers),
            Said::Text(text) if text == "=" => {
                let same = |other: &&Self| other.base == self.base && other.edits.is_empty();
                file.variants.iter().find(same).and_then(|base| base.by_new(file))
            }
            Said::Text(_) => None,
        }
    }

    fn by_old<'a>(&'a self, file: &'a File) -> Option<&'a [f64]> {
        match &self.old {
            None => None,
            Some(Said::Numbers(numbers)) => Some(numbers),
            Some(Said::Text(_)) => self.by_new(file),
        }
    }

    /// The text of config.json, and the tensors.
    fn made(&self, base: &Base) -> (Value, String, Stored) {
        let mut config = Value::Object(base.config.clone());
        let mut stored: Stored =
            base.tensors.iter().map(|(name, shape)| (name.clone(), (shape.clone(), name.clone()))).collect();
        let mut twice = String::new();
        for edit in &self.edits {
            match edit {
                Edit::Set(path, value) => {
                    inside(&mut config, path).insert(path.last().unwrap().clone(), value.clone());
                }
                Edit::Drop(path) => {
                    inside(&mut config, path).remove(path.last().unwrap()).unwrap();
                }
                Edit::Twice(key, value) => twice += &format!(", {}: {value}", Value::from(key.as_str())),
                Edit::Tensor(name, shape) => {
                    stored.insert(name.clone(), (shape.clone(), name.clone()));
                }
                Edit::NoTensor(name) => {
                    stored.remove(name).unwrap();
                }
                Edit::Rename(part, other) => {
                    stored = stored.into_iter().map(|(name, of)| (name.replace(part, other), of)).collect();
                }
                Edit::Same(name, other) => {
                    let shape = stored[other].0.clone();
                    stored.insert(name.clone(), (shape, other.clone()));
                }
            }
        }
        let text = config.to_string();
        let text = format!("{}{twice}}}", &text[..text.len() - 1]);
        (config, text, stored)
    }
}

fn inside<'a>(config: &'a mut Value, path: &[String]) -> &'a mut Map<String, Value> {
    let within = path[..path.len() - 1].iter().fold(config, |value, key| &mut value[key]);
    within.as_object_mut().unwrap()
}

/// `values` of config_cases.py: FNV-1a of the name seeds SplitMix64, 24 bits of each number make a float.
fn values(name: &str, count: usize) -> Vec<f32> {
    let seed = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let number = |index: usize| {
        let mut state = seed.wrapping_add((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
        let unit = (state >> 40) as f64 / f64::from(1 << 23) - 1.0;
        let value = match name {
            name if name.contains("norm") => 1.0 + unit / 4.0,
            name if name.contains("embed") => unit,
            _ => unit / 2.0,
        };
        value as f32
    };
    (0..count).map(number).collect()
}

fn write(folder: &Path, config: &str, stored: &Stored) {
    std::fs::write(folder.join("config.json"), config).unwrap();
    let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = stored
        .iter()
        .map(|(name, (shape, of))| {
            let values = values(of, shape.iter().product());
            (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, (*shape).clone(), bytes).unwrap()));
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).unwrap();
}

/// The perplexity of the tokens, and the logits of some columns of the last one.
fn computed(model: &Model, file: &File) -> Vec<f64> {
    let vocab = model.config().vocab;
    let all: Vec<f64> = logits(model, &Plan::empty(), &file.tokens).into_iter().map(f64::from).collect();
    let rows: Vec<&[f64]> = all.chunks_exact(vocab).collect();
    let loss =
        |row: &[f64], token: u32| row.iter().map(|logit| logit.exp()).sum::<f64>().ln() - row[token as usize];
    let losses: Vec<f64> = rows.iter().zip(&file.tokens[1..]).map(|(row, &token)| loss(row, token)).collect();
    let perplexity = (losses.iter().sum::<f64>() / losses.len() as f64).exp();
    let last = rows.last().unwrap();
    std::iter::once(perplexity).chain(file.columns.iter().map(|&column| last[column])).collect()
}

/// The largest difference, of the perplexity as a share of it.
fn apart(one: &[f64], other: &[f64]) -> f64 {
    let parts = one.iter().zip(other).enumerate().map(|(index, (one, other))| {
        let scale = if index == 0 { other.abs().max(1.0) } else { 1.0 };
        (one - other).abs() / scale
    });
    parts.fold(0.0, f64::max)
}

enum Verdict {
    Equal(f64),
    Refused,
    /// Refused, and the message leads somewhere else.
    Misled(String),
    /// Computed, and not as transformers does.
    Wrong(String),
}

fn judge(variant: &Variant, file: &File) -> Verdict {
    let (config, text, stored) = variant.made(&file.bases[&variant.base]);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &text, &stored);
    let model = match Model::load(folder.path(), &Compute::cpu()) {
        Ok(model) => model,
        Err(error) => {
            let message = error.to_string();
            let names = |name: &String| message.contains(name.as_str());
            return match &variant.names {
                Some(all) if !all.iter().any(names) => {
                    Verdict::Misled(format!("refused without one of {all:?}: {message}"))
                }
                _ => Verdict::Refused,
            };
        }
    };
    let found = computed(&model, file);
    let (new, old) = (variant.by_new(file), variant.by_old(file));
    // `rope_parameters` is of version 5: what 4 makes of a file with it means nothing.
    let old = old.filter(|_| config["rope_parameters"].is_null());
    let expected = match (new, old) {
        (Some(new), Some(old)) if apart(new, old) > TOLERANCE => {
            return Verdict::Wrong(format!("accepted, and versions differ: {new:?} and {old:?}"));
        }
        (Some(numbers), _) | (None, Some(numbers)) => numbers,
        (None, None) => return Verdict::Wrong("accepted, and transformers refuses".to_owned()),
    };
    match apart(&found, expected) {
        apart if apart <= TOLERANCE => Verdict::Equal(apart),
        apart => Verdict::Wrong(format!("apart by {apart:e}: {found:?}, transformers {expected:?}")),
    }
}

#[test]
fn configs_are_read_as_transformers_reads_them_or_refused_by_name() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/config-cases.json");
    let file: File = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(file.variants.len() >= LEAST_CASES);
    let verdicts: Vec<Verdict> = file.variants.par_iter().map(|variant| judge(variant, &file)).collect();
    let (mut equal, mut refused, mut furthest) = (0, 0, 0.0_f64);
    let (mut misled, mut wrong) = (Vec::new(), Vec::new());
    for (variant, verdict) in file.variants.iter().zip(verdicts) {
        let told = |why: String| format!("{}: {}: {why}", variant.base, variant.case);
        match verdict {
            Verdict::Equal(apart) => {
                equal += 1;
                furthest = furthest.max(apart);
            }
            Verdict::Refused => {
                refused += 1;
                assert!(!variant.edits.is_empty(), "{} is refused as it is", variant.base);
            }
            Verdict::Misled(why) => misled.push(told(why)),
            Verdict::Wrong(why) => wrong.push(told(why)),
        }
    }
    // `cargo xtask cases` prints this line.
    println!(
        "{} variants: {equal} equal (within {furthest:e}), {refused} refused by name, {} refused otherwise, {} silent differences",
        file.variants.len(),
        misled.len(),
        wrong.len()
    );
    wrong.append(&mut misled);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(equal >= LEAST_EQUAL, "only {equal} of {} are computed", file.variants.len());
}
