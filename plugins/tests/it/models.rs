//! Example models and hosts.

use std::path::PathBuf;
use std::sync::LazyLock;

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::{OptionValue, Settings};
use attune_core::space::{Axis, Config, Value};
use attune_core::technique::Signal;
use attune_plugins::{Host, WasmTechnique};
use attune_vocabulary::{LinearModules, Matrices, ModelFacts, NamedModule};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new().unwrap());

pub(crate) fn host() -> &'static Host {
    &HOST
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub(crate) static ACTIVATION_BITS: LazyLock<WasmTechnique> =
    LazyLock::new(|| host().builtin("activation-bits").unwrap());

pub(crate) static ATTENTION_SPANS: LazyLock<WasmTechnique> =
    LazyLock::new(|| host().builtin("attention-spans").unwrap());

pub(crate) static BLOCK_DROPPING: LazyLock<WasmTechnique> =
    LazyLock::new(|| host().builtin("block-dropping").unwrap());

pub(crate) static CHECKPOINT_MIX: LazyLock<WasmTechnique> =
    LazyLock::new(|| host().builtin("checkpoint-mix").unwrap());

pub(crate) static EXPERT_PRUNING: LazyLock<WasmTechnique> =
    LazyLock::new(|| host().builtin("expert-pruning").unwrap());

pub(crate) static KV_BITS: LazyLock<WasmTechnique> = LazyLock::new(|| host().builtin("kv-bits").unwrap());

pub(crate) static WEIGHT_BITS: LazyLock<WasmTechnique> =
    LazyLock::new(|| host().builtin("weight-bits").unwrap());

/// 4 layers, 2 KV heads of 64 channels; dense.
pub(crate) fn dense() -> Facts {
    Facts::from(ModelFacts {
        name: "dense".into(),
        fingerprint: ContentHash::of(b"dense"),
        family: "llama".into(),
        layers: 4,
        hidden: 256,
        heads: 4,
        kv_heads: 2,
        head_dim: 64,
        experts: 0,
        experts_per_token: 0,
        context: 2048,
        vocab: 1000,
        checkpoints: 1,
        parameters: 4_000_000,
        feed_forward: 512,
        expert_parameters: 0,
        bytes_per_parameter: 2.0,
    })
}

/// The same with 8 experts of 100 000 parameters per layer, of which each token uses 2.
pub(crate) fn mixture() -> Facts {
    Facts::from(ModelFacts {
        name: "mixture".into(),
        family: "mixtral".into(),
        experts: 8,
        experts_per_token: 2,
        expert_parameters: 100_000,
        ..ModelFacts::of(&dense())
    })
}

/// The mixture without experts in its first layer, which is 768 channels wide inside, as an evaluator tells of it.
pub(crate) fn some_layers() -> Facts {
    let mut facts = mixture();
    let names = ["q", "k", "v", "o", "gate", "up", "down"];
    let module = |(name, input): (&&str, usize)| NamedModule {
        name: (*name).to_owned(),
        input,
        tensor: names.iter().position(|other| other == name).unwrap(),
    };
    let layer = |inner: u32, experts: u32, rows: u32| {
        let of = |outputs, inputs, count, rows| Some(Matrices { outputs, inputs, count, rows });
        vec![
            of(256, 256, 1, 1),
            of(128, 256, 1, 1),
            of(128, 256, 1, 1),
            of(256, 256, 1, 1),
            of(inner, 256, experts, 1),
            of(inner, 256, experts, 1),
            of(256, inner, experts, rows),
        ]
    };
    let mixed = layer(512, 8, 2);
    let modules = LinearModules {
        modules: names.iter().zip([0, 0, 0, 3, 4, 4, 6]).map(module).collect(),
        layers: vec![layer(768, 1, 1), mixed.clone(), mixed.clone(), mixed],
    };
    modules.say(&mut facts.values);
    let blocks = [[196_608, 589_824], [196_608, 3_300_000], [196_608, 3_300_000], [196_608, 3_300_000]];
    for (name, value) in [
        ("expert-layers", OptionValue::Ints(vec![1, 2, 3])),
        ("block-parameters", OptionValue::Ints(blocks.concat())),
        ("router-parameters", OptionValue::Int(257)),
    ] {
        facts.values.insert(name.to_owned(), value);
    }
    facts
}

pub(crate) fn options(given: &[(&str, OptionValue)]) -> Settings {
    given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub(crate) fn subsets(cells: &[&[u32]]) -> Config {
    Config::new(vec![cells.iter().map(|cell| Value::Indices(cell.to_vec())).collect()])
}

pub(crate) fn indices(cells: &[u32]) -> Config {
    Config::new(vec![cells.iter().copied().map(Value::Index).collect()])
}

pub(crate) fn expert_signal(name: &str, layers: u32, rows: &[f64]) -> Signal {
    let experts = rows.len() as u32 / layers;
    let axes = vec![Axis::new("layer", layers), Axis::new("expert", experts)];
    Signal { name: name.into(), axes, values: rows.to_vec() }
}
