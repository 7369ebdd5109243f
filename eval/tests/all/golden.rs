//! Logits as `transformers` and an independent torch reference recorded them (see tests/golden/make.py).

use std::path::PathBuf;

use attune_core::hash::ContentHash;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{
    AttentionSpan, ExpertsPerToken, KeepExperts, KvBits, MergeExperts, RouteExperts,
};
use safetensors::SafeTensors;
use serde::Deserialize;

use crate::made::{furthest, load, logits};

/// What the project promises; float32 noise is a hundred times smaller.
const TOLERANCE: f32 = 1e-3;

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn floats(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let bytes = file.tensor(name).unwrap().data().chunks_exact(4);
    bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

fn ids(file: &SafeTensors<'_>, name: &str) -> Vec<u32> {
    let bytes = file.tensor(name).unwrap().data().chunks_exact(8);
    bytes.map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32).collect()
}

#[test]
fn every_family_agrees_with_transformers() {
    let bytes = std::fs::read(root("tests/golden/small-models.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<&str> =
        recorded.names().into_iter().filter_map(|name| name.strip_suffix(".logits")).collect();
    names.sort_unstable();
    assert!(names.len() >= 9, "{names:?}");
    for name in names {
        let model = load(&root("tests/golden/models").join(name));
        let found = logits(&model, &Plan::empty(), &ids(&recorded, &format!("{name}.input_ids")));
        let apart = furthest(&found, &floats(&recorded, &format!("{name}.logits")));
        println!("{name}: {apart:e}");
        assert!(apart <= TOLERANCE, "{name}: logits differ by {apart}");
    }
}

#[derive(Deserialize)]
struct Record {
    model_sha256: String,
    column_stride: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    edits: Vec<RecordedEdit>,
}

#[derive(Deserialize)]
#[serde(tag = "edit", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
enum RecordedEdit {
    KeepExperts {
        layer: u32,
        experts: Vec<u32>,
    },
    KvBits {
        layer: u32,
        kv_head: Option<u32>,
        keys: u32,
        values: u32,
        group_size: u32,
        sink: u32,
        recent: u32,
        smoothing: Option<f64>,
        shrink_from: Option<u32>,
    },
    AttentionSpan {
        layer: u32,
        kv_head: u32,
        sink: u32,
        alpha: f64,
        beta: f64,
    },
    MergeExperts {
        layer: u32,
        rows: u32,
        matrix: Vec<f64>,
    },
    RouteExperts {
        layer: u32,
        rows: u32,
        matrix: Vec<f64>,
    },
    ExpertsPerToken {
        layer: u32,
        count: u32,
    },
}

impl RecordedEdit {
    fn edit(self) -> Edit {
        match self {
            Self::KeepExperts { layer, experts } => Edit::from(KeepExperts { layer, experts }),
            Self::KvBits {
                layer,
                kv_head,
                keys,
                values,
                group_size,
                sink,
                recent,
                smoothing,
                shrink_from,
            } => Edit::from(KvBits {
                layer,
                kv_head,
                keys,
                values,
                group_size,
                sink,
                recent,
                smoothing,
                shrink_from,
                ..KvBits::default()
            }),
            Self::AttentionSpan { layer, kv_head, sink, alpha, beta } => {
                Edit::from(AttentionSpan { layer, kv_head, sink, alpha, beta })
            }
            Self::MergeExperts { layer, rows, matrix } => Edit::from(MergeExperts { layer, rows, matrix }),
            Self::RouteExperts { layer, rows, matrix } => Edit::from(RouteExperts { layer, rows, matrix }),
            Self::ExpertsPerToken { layer, count } => Edit::from(ExpertsPerToken { layer, count }),
        }
    }
}

#[test]
fn every_edit_agrees_with_the_reference() {
    agrees("tiny-moe");
}

#[test]
fn heads_smoothing_and_shrinking_agree_with_the_reference() {
    agrees("tiny-moe-kv");
}

fn agrees(file: &str) {
    let bytes = std::fs::read(root(&format!("tests/golden/{file}.safetensors"))).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let record = std::fs::read(root(&format!("tests/golden/{file}.json"))).unwrap();
    let record: Record = serde_json::from_slice(&record).unwrap();
    let weights = std::fs::read(root("models/tiny-moe/model.safetensors")).unwrap();
    let sha = ContentHash::of(&weights).to_string();
    assert_eq!(sha, record.model_sha256, "tiny-moe was trained anew; run tests/golden/make.py");
    let model = load(&root("models/tiny-moe"));
    let vocab = model.config().vocab;
    let stride = record.column_stride;
    for case in record.cases {
        let name = case.name;
        let plan = arrange(case.edits.into_iter().map(RecordedEdit::edit));
        let shape = recorded.tensor(&format!("{name}.input_ids")).unwrap().shape().to_vec();
        let found: Vec<f32> = ids(&recorded, &format!("{name}.input_ids"))
            .chunks_exact(shape[1])
            .flat_map(|ids| logits(&model, &plan, ids))
            .collect();
        let apart = if plan == Plan::empty() {
            furthest(&found, &floats(&recorded, &format!("{name}.logits")))
        } else {
            let some: Vec<f32> =
                found.chunks_exact(vocab).flat_map(|row| row.iter().step_by(stride).copied()).collect();
            let sums: Vec<f32> = found.chunks_exact(vocab).map(log_sum_exp).collect();
            furthest(&some, &floats(&recorded, &format!("{name}.logits_every_{stride}")))
                .max(furthest(&sums, &floats(&recorded, &format!("{name}.logsumexp"))))
        };
        assert!(apart <= TOLERANCE, "{name}: logits differ by {apart}");
    }
}

#[derive(Deserialize)]
struct MergedRecord {
    model: String,
    model_sha256: String,
    cases: Vec<Case>,
}

#[test]
fn merged_experts_and_mapped_routers_agree_with_the_reference() {
    let bytes = std::fs::read(root("tests/golden/merged-experts.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let record: MergedRecord =
        serde_json::from_slice(&std::fs::read(root("tests/golden/merged-experts.json")).unwrap()).unwrap();
    let folder = root("tests/golden/models").join(&record.model);
    let sha = ContentHash::of(&std::fs::read(folder.join("model.safetensors")).unwrap()).to_string();
    assert_eq!(sha, record.model_sha256, "the small models were made anew; run tests/golden/make.py");
    let model = load(&folder);
    assert_eq!(record.cases.len(), 8);
    for Case { name, edits } in record.cases {
        let plan = arrange(edits.into_iter().map(RecordedEdit::edit));
        let found = logits(&model, &plan, &ids(&recorded, &format!("{name}.input_ids")));
        let apart = furthest(&found, &floats(&recorded, &format!("{name}.logits")));
        println!("{name}: {apart:e}");
        assert!(apart <= TOLERANCE, "{name}: logits differ by {apart}");
    }
}

#[test]
fn smollm2_agrees_with_transformers() {
    let folder = root("models/smollm2");
    if !folder.join("model.safetensors").is_file() {
        println!("skipped: no models/smollm2; `cargo xtask fetch smollm2` gets it");
        return;
    }
    let bytes = std::fs::read(root("tests/golden/smollm2.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let model = load(&folder);
    let found = logits(&model, &Plan::empty(), &ids(&recorded, "input_ids"));
    let rows = || found.chunks_exact(model.config().vocab);
    let some: Vec<f32> = rows().flat_map(|row| row.iter().step_by(96).copied()).collect();
    let sums: Vec<f32> = rows().map(log_sum_exp).collect();
    let apart = furthest(&some, &floats(&recorded, "logits_every_96"))
        .max(furthest(&sums, &floats(&recorded, "logsumexp")));
    println!("smollm2: {apart:e}");
    assert!(apart <= TOLERANCE, "logits differ by {apart}");
}

fn log_sum_exp(row: &[f32]) -> f32 {
    row.iter().map(|&logit| f64::from(logit).exp()).sum::<f64>().ln() as f32
}
