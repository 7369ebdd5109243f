//! Models and edits that targets are asked about.

use attune_core::facts::Facts;
use attune_core::plan::Edit;
use attune_vocabulary::edits::{DropBlock, Half, SilenceExperts};
use attune_vocabulary::{Embedding, EmbeddingMatrix, ModelFacts, say_embeddings};

use crate::checkpoint::{facts, keep, merge, per_token, route};

pub(crate) fn model(family: &str, experts: u32) -> Facts {
    let experts_per_token = if experts > 0 { 2 } else { 0 };
    let family = family.to_owned();
    Facts::from(ModelFacts {
        family,
        experts,
        experts_per_token,
        checkpoints: 2,
        bytes_per_parameter: 4.0,
        ..ModelFacts::of(&facts())
    })
}

pub(crate) fn kv_bits() -> Edit {
    Edit::new("kv-bits")
        .int("layer", 0)
        .int("keys", 4)
        .int("values", 2)
        .int("group-size", 3)
        .int("sink", 0)
        .int("recent", 0)
}

pub(crate) fn span() -> Edit {
    Edit::new("attention-span")
        .int("layer", 0)
        .int("kv-head", 0)
        .int("sink", 4)
        .real("alpha", 32.0)
        .real("beta", 0.25)
}

/// A span of one head, without first tokens.
pub(crate) fn of_head(layer: i64, head: i64, alpha: f64, beta: f64) -> Edit {
    Edit::new("attention-span")
        .int("layer", layer)
        .int("kv-head", head)
        .int("sink", 0)
        .real("alpha", alpha)
        .real("beta", beta)
}

/// A cache on vLLM's grid, but for parts in 16 bits.
pub(crate) fn fp8(keys: i64, values: i64) -> Edit {
    let edit =
        Edit::new("kv-bits").int("layer", 0).int("keys", keys).int("values", values).int("group-size", 3);
    let edit = edit.int("sink", 0).int("recent", 0);
    edit.text("key-grid", "fp8-e4m3").text("value-grid", "fp8-e4m3")
}

/// The same without an engine's grid.
pub(crate) fn affine() -> Edit {
    let edit = Edit::new("kv-bits").int("layer", 0).int("keys", 8).int("values", 8).int("group-size", 3);
    edit.int("sink", 0).int("recent", 0)
}

pub(crate) fn silence(layer: u32, experts: &[u32]) -> Edit {
    Edit::from(SilenceExperts { layer, experts: experts.to_vec() })
}

pub(crate) fn activation_bits() -> Edit {
    Edit::new("activation-bits").int("layer", 0).int("bits", 8)
}

pub(crate) fn mix() -> Edit {
    Edit::new("combine-checkpoints").reals("coefficients", vec![0.5, 0.5])
}

pub(crate) fn bits(module: &str, bits: i64, group: i64) -> Edit {
    Edit::new("weight-bits").int("layer", 0).text("module", module).int("bits", bits).int("group-size", group)
}

/// Every linear module of both layers.
pub(crate) fn everywhere(level: i64) -> Vec<Edit> {
    let names = ["q", "k", "v", "o", "gate", "up", "down"];
    let of = |layer: i64| names.map(|name| bits(name, level, 64).int("layer", layer));
    [0, 1].into_iter().flat_map(of).collect()
}

/// The same with another edit in the place of one.
pub(crate) fn but(edit: Edit) -> Vec<Edit> {
    let same =
        |other: &Edit| ["layer", "module"].iter().all(|name| other.args.get(*name) == edit.args.get(*name));
    let rest = everywhere(4).into_iter().filter(|other| !same(other)).collect::<Vec<_>>();
    [rest, vec![edit]].concat()
}

pub(crate) fn block(layer: u32, part: Option<Half>) -> Edit {
    Edit::from(DropBlock { layer, part })
}

pub(crate) fn fp8_cache(layer: i64, values: i64) -> Edit {
    let edit =
        Edit::new("kv-bits").int("layer", layer).int("keys", 8).int("values", values).int("group-size", 3);
    let edit = edit.int("sink", 0).int("recent", 0).text("key-grid", "fp8-e4m3");
    if values < 16 { edit.text("value-grid", "fp8-e4m3") } else { edit }
}

/// Blocks of codes want long rows, and caches in blocks wide heads.
pub(crate) fn wide(facts: &Facts) -> Facts {
    let (hidden, feed_forward) = (256, 512);
    let mut wide = Facts::from(ModelFacts {
        hidden,
        feed_forward,
        heads: 4,
        kv_heads: 2,
        head_dim: 64,
        ..ModelFacts::of(facts)
    });
    let matrix = |embedding| EmbeddingMatrix { embedding, tokens: 12, channels: hidden, element_bytes: 4 };
    say_embeddings(&Embedding::ALL.map(matrix), &mut wide.values);
    wide
}

/// The same with one matrix for both embeddings.
pub(crate) fn tied(facts: &Facts) -> Facts {
    let mut tied = wide(facts);
    let matrix = EmbeddingMatrix { embedding: Embedding::Input, tokens: 12, channels: 256, element_bytes: 4 };
    say_embeddings(&[matrix], &mut tied.values);
    tied
}

pub(crate) fn embedding(matrix: &str, grid: &str, level: i64, group: i64) -> Edit {
    let edit = Edit::new("embedding-bits").text("matrix", matrix).int("bits", level).int("group-size", group);
    if grid.is_empty() { edit } else { edit.text("grid", grid) }
}

pub(crate) fn grid(module: &str, grid: &str, level: i64, group: i64) -> Edit {
    bits(module, level, group).text("grid", grid)
}

pub(crate) fn cached(layer: i64, grid: &str) -> Edit {
    let edit = Edit::new("kv-bits").int("layer", layer).int("keys", 8).int("values", 8).int("group-size", 32);
    let edit = edit.int("sink", 0).int("recent", 0);
    edit.text("key-grid", grid).text("value-grid", grid)
}

/// The edits of one kind, in a plan of their own, as a target has them.
pub(crate) fn samples(target: &str, kind: &str) -> Vec<Edit> {
    match (target, kind) {
        ("gguf", "embedding-bits") => vec![embedding("input", "q4_k", 4, 256)],
        ("compressed-tensors", "embedding-bits") => vec![embedding("output", "symmetric", 4, 64)],
        ("gguf", "weight-bits") => vec![grid("q", "q4_k", 4, 256)],
        // As a search for the target has them, in wide heads.
        ("gguf", "kv-bits") => {
            [0, 1].map(|layer| cached(layer, "q8_0").text("key-order", "interleaved")).to_vec()
        }
        ("compressed-tensors", "weight-bits") => vec![grid("o", "symmetric", 4, 64)],
        // Groups divide the wide heads.
        ("transformers", "kv-bits") => vec![kv_bits().int("group-size", 32)],
        ("compressed-tensors", "kv-bits") => vec![fp8_cache(0, 8), fp8_cache(1, 8)],
        ("vllm", "kv-bits") => vec![fp8(8, 8)],
        ("windows" | "granite-swa" | "mlx-windows" | "transformers" | "vllm", "attention-span") => {
            vec![of_head(0, 0, 32.0, 0.0), of_head(0, 1, 32.0, 0.0)]
        }
        ("mlx", "weight-bits") => vec![sample(kind)],
        (_, "weight-bits") => everywhere(4),
        _ => vec![sample(kind)],
    }
}

/// The edits of one kind, in a plan of their own.
pub(crate) fn sample(kind: &str) -> Edit {
    match kind {
        "keep-experts" => keep(0, &[0, 1, 2, 3]),
        "merge-experts" => {
            merge(0, 4, &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0])
        }
        "route-experts" => {
            route(0, 4, &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0])
        }
        "experts-per-token" => per_token(0, 2),
        "kv-bits" => kv_bits(),
        "attention-span" => span(),
        "activation-bits" => activation_bits(),
        "combine-checkpoints" => mix(),
        "weight-bits" => bits("q", 4, 64),
        "drop-block" => block(0, None),
        "silence-experts" => silence(0, &[1, 3]),
        "embedding-bits" => embedding("input", "", 4, 64),
        other => panic!("no plan of `{other}` is known here"),
    }
}

pub(crate) fn of_expert(expert: i64, level: i64) -> Edit {
    bits("gate", level, 32).int("expert", expert)
}
