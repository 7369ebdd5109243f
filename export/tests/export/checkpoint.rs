//! A tiny Mixtral checkpoint of random bytes, and exports of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use attune_core::exporter::{ExportError, ExportInput, Exporter, ModelFiles, Provenance};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::{Edit, Plan};
use attune_core::rng;
use attune_core::stats::Estimate;
use attune_core::technique::Cost;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::{ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts};
use rand::Rng as _;
use safetensors::tensor::{Dtype, TensorView};

pub(crate) const LAYERS: u32 = 2;
pub(crate) const EXPERTS: u32 = 4;
const HIDDEN: usize = 6;

/// Unusual on purpose: odd spacing, unknown keys, a nested object with the same key.
pub(crate) const CONFIG: &str = "{\"model_type\" :\"mixtral\",\n  \"zeta\": 1e-05, \"alpha\": {\"num_local_experts\": 4},\n\
                      \t\"num_local_experts\":   4 , \"num_experts_per_tok\": 2, \"x_vendor\": [1.50, null]}\n";

#[derive(Clone)]
pub(crate) struct Tensor {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) type Tensors = BTreeMap<String, Tensor>;

/// Files by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl ModelFiles for Files {
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        self.0.get(name).map(|bytes| Cow::Borrowed(bytes.as_slice())).ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Files {
    pub(crate) fn with(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(name.to_owned(), bytes.into());
        self
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.0[name].clone()).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.0[name]).unwrap()
    }
}

/// All tensors; routers are float32, everything else is of type `dtype`.
pub(crate) fn tensors(dtype: Dtype) -> Tensors {
    let mut random = rng::derive(1, "checkpoint", &[]);
    let mut all = Tensors::new();
    let mut add = |name: String, dtype: Dtype, shape: &[usize]| {
        let mut bytes = vec![0; shape.iter().product::<usize>() * dtype.bitsize() / 8];
        random.fill_bytes(&mut bytes);
        all.insert(name, Tensor { dtype, shape: shape.to_vec(), bytes });
    };
    add("model.embed_tokens.weight".into(), dtype, &[12, HIDDEN]);
    add("model.norm.weight".into(), dtype, &[HIDDEN]);
    for layer in 0..LAYERS {
        let prefix = format!("model.layers.{layer}");
        add(format!("{prefix}.self_attn.q_proj.weight"), dtype, &[HIDDEN, HIDDEN]);
        add(format!("{prefix}.block_sparse_moe.gate.weight"), Dtype::F32, &[EXPERTS as usize, HIDDEN]);
        for expert in 0..EXPERTS {
            let prefix = format!("{prefix}.block_sparse_moe.experts.{expert}");
            add(format!("{prefix}.w1.weight"), dtype, &[10, HIDDEN]);
            add(format!("{prefix}.w2.weight"), dtype, &[HIDDEN, 10]);
            add(format!("{prefix}.w3.weight"), dtype, &[10, HIDDEN]);
        }
    }
    all
}

pub(crate) fn serialise<'a>(tensors: impl IntoIterator<Item = (&'a String, &'a Tensor)>) -> Vec<u8> {
    let views = tensors.into_iter().map(|(name, tensor)| {
        (name, TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

pub(crate) fn single(tensors: &Tensors) -> Files {
    Files::default().with("config.json", CONFIG).with("model.safetensors", serialise(tensors))
}

/// A folder with an index; `place` says which of `count` shards holds a tensor.
pub(crate) fn sharded(tensors: &Tensors, count: usize, place: impl Fn(&str) -> usize) -> Files {
    let mut files = Files::default().with("config.json", CONFIG);
    let name = |shard: usize| format!("model-{:05}-of-{count:05}.safetensors", shard + 1);
    for shard in 0..count {
        let part = tensors.iter().filter(|(tensor, _)| place(tensor) == shard);
        files = files.with(&name(shard), serialise(part));
    }
    let map: BTreeMap<&String, String> = tensors.keys().map(|tensor| (tensor, name(place(tensor)))).collect();
    let index = serde_json::json!({"metadata": {"total_size": 1}, "weight_map": map});
    files.with("model.safetensors.index.json", index.to_string())
}

pub(crate) fn facts() -> Facts {
    Facts::from(ModelFacts {
        name: "tiny".into(),
        fingerprint: ContentHash::of(b"tiny"),
        family: "mixtral".into(),
        layers: LAYERS,
        hidden: HIDDEN as u32,
        heads: 2,
        kv_heads: 1,
        head_dim: 3,
        experts: EXPERTS,
        experts_per_token: 2,
        context: 16,
        vocab: 12,
        checkpoints: 1,
        parameters: 1000,
        feed_forward: 10,
        expert_parameters: 180,
        bytes_per_parameter: 2.0,
    })
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        study: "half".into(),
        trial: 17,
        technique: "expert-pruning 0.1.0".into(),
        seed: u64::MAX,
        numerics: "f32 flex".into(),
        costs: vec![Cost { resource: "memory".into(), unit: "bytes".into(), value: 2.0, dense: 4.0 }],
        search: BTreeMap::from([("kl".into(), 0.1)]),
        report: BTreeMap::from([("kl".into(), Estimate { mean: 0.25, low: 0.125, high: f64::NAN })]),
    }
}

pub(crate) fn keep(layer: u32, experts: &[u32]) -> Edit {
    Edit::from(KeepExperts { layer, experts: experts.to_vec() })
}

pub(crate) fn route(layer: u32, rows: u32, matrix: &[f64]) -> Edit {
    Edit::from(RouteExperts { layer, rows, matrix: matrix.to_vec() })
}

pub(crate) fn merge(layer: u32, rows: u32, matrix: &[f64]) -> Edit {
    Edit::from(MergeExperts { layer, rows, matrix: matrix.to_vec() })
}

pub(crate) fn per_token(layer: u32, count: u32) -> Edit {
    Edit::from(ExpertsPerToken { layer, count })
}

/// Exports and returns what was written; a file that is written twice is a failure of the test.
pub(crate) fn export(exporter: &dyn Exporter, plan: &Plan, files: &Files) -> Result<Files, ExportError> {
    export_of(exporter, plan, files, &facts())
}

/// What an export said of config.json was said without the weights, in the same words.
pub(crate) fn said_before(
    exporter: &dyn Exporter,
    plan: &Plan,
    facts: &Facts,
    files: &Files,
    result: &Result<(), ExportError>,
) {
    let config = files.0.iter().filter(|(name, _)| *name == "config.json");
    let config = Files(config.map(|(name, bytes)| (name.clone(), bytes.clone())).collect());
    match (exporter.check_config(plan, facts, &config), result) {
        (Err(early), Err(late)) => assert_eq!(early.to_string(), late.to_string()),
        (Err(early), Ok(())) => panic!("exported, and refused before: {early}"),
        (Ok(()), Err(late)) => assert!(!late.to_string().starts_with("config.json: "), "{late}"),
        (Ok(()), Ok(())) => {}
    }
}

/// The same for a model of other facts.
pub(crate) fn export_of(
    exporter: &dyn Exporter,
    plan: &Plan,
    files: &Files,
    facts: &Facts,
) -> Result<Files, ExportError> {
    let mut out = Files::default();
    let input = ExportInput { plan, model: facts, files, provenance: &provenance() };
    let result = exporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
        Ok(())
    });
    said_before(exporter, plan, facts, files, &result);
    if result.is_err() {
        assert!(out.0.is_empty(), "files were written before the refusal: {:?}", out.names());
    }
    result.map(|()| out)
}
