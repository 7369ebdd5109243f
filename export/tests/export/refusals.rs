//! Plans that a target cannot express: refused by the name of the edit, with what would work; and what its description says of
//! them is what its exporter does.

use attune_core::exporter::{Exactness, ExportError};
use attune_core::facts::Facts;
use attune_core::plan::Edit;
use attune_export::description::{Answer, DEFAULT_GRID, Edits, Fidelity, Takes};
use attune_export::{target, targets};
use attune_vocabulary::edits::{DropBlock, Half, SilenceExperts};
use attune_vocabulary::{
    CacheGrid, Embedding, EmbeddingMatrix, ModelFacts, NumberGrid, Rounding, arrange, say_embeddings,
};

use crate::checkpoint::{facts, keep, merge, per_token, route};
use crate::vllm;

/// A plan of a model, the kind of the edit that a target refuses in it, and what it says would work.
type Case = (&'static str, Vec<Edit>, Facts, &'static str, &'static str);

fn model(family: &str, experts: u32) -> Facts {
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

fn kv_bits() -> Edit {
    Edit::new("kv-bits")
        .int("layer", 0)
        .int("keys", 4)
        .int("values", 2)
        .int("group-size", 3)
        .int("sink", 0)
        .int("recent", 0)
}

fn span() -> Edit {
    Edit::new("attention-span")
        .int("layer", 0)
        .int("kv-head", 0)
        .int("sink", 4)
        .real("alpha", 32.0)
        .real("beta", 0.25)
}

/// A span of one head, without first tokens.
fn of_head(layer: i64, head: i64, alpha: f64, beta: f64) -> Edit {
    Edit::new("attention-span")
        .int("layer", layer)
        .int("kv-head", head)
        .int("sink", 0)
        .real("alpha", alpha)
        .real("beta", beta)
}

/// A cache on vLLM's grid, but for parts in 16 bits.
fn fp8(keys: i64, values: i64) -> Edit {
    let edit =
        Edit::new("kv-bits").int("layer", 0).int("keys", keys).int("values", values).int("group-size", 3);
    let edit = edit.int("sink", 0).int("recent", 0);
    edit.text("key-grid", "fp8-e4m3").text("value-grid", "fp8-e4m3")
}

/// The same without an engine's grid.
fn affine() -> Edit {
    let edit = Edit::new("kv-bits").int("layer", 0).int("keys", 8).int("values", 8).int("group-size", 3);
    edit.int("sink", 0).int("recent", 0)
}

fn silence(layer: u32, experts: &[u32]) -> Edit {
    Edit::from(SilenceExperts { layer, experts: experts.to_vec() })
}

fn activation_bits() -> Edit {
    Edit::new("activation-bits").int("layer", 0).int("bits", 8)
}

fn mix() -> Edit {
    Edit::new("combine-checkpoints").reals("coefficients", vec![0.5, 0.5])
}

fn bits(module: &str, bits: i64, group: i64) -> Edit {
    Edit::new("weight-bits").int("layer", 0).text("module", module).int("bits", bits).int("group-size", group)
}

/// Every linear module of both layers.
fn everywhere(level: i64) -> Vec<Edit> {
    let names = ["q", "k", "v", "o", "gate", "up", "down"];
    let of = |layer: i64| names.map(|name| bits(name, level, 64).int("layer", layer));
    [0, 1].into_iter().flat_map(of).collect()
}

/// The same with another edit in the place of one.
fn but(edit: Edit) -> Vec<Edit> {
    let same =
        |other: &Edit| ["layer", "module"].iter().all(|name| other.args.get(*name) == edit.args.get(*name));
    let rest = everywhere(4).into_iter().filter(|other| !same(other)).collect::<Vec<_>>();
    [rest, vec![edit]].concat()
}

fn block(layer: u32, part: Option<Half>) -> Edit {
    Edit::from(DropBlock { layer, part })
}

fn fp8_cache(layer: i64, values: i64) -> Edit {
    let edit =
        Edit::new("kv-bits").int("layer", layer).int("keys", 8).int("values", values).int("group-size", 3);
    let edit = edit.int("sink", 0).int("recent", 0).text("key-grid", "fp8-e4m3");
    if values < 16 { edit.text("value-grid", "fp8-e4m3") } else { edit }
}

/// Blocks of codes want long rows, and caches in blocks wide heads.
fn wide(facts: &Facts) -> Facts {
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
fn tied(facts: &Facts) -> Facts {
    let mut tied = wide(facts);
    let matrix = EmbeddingMatrix { embedding: Embedding::Input, tokens: 12, channels: 256, element_bytes: 4 };
    say_embeddings(&[matrix], &mut tied.values);
    tied
}

fn embedding(matrix: &str, grid: &str, level: i64, group: i64) -> Edit {
    let edit = Edit::new("embedding-bits").text("matrix", matrix).int("bits", level).int("group-size", group);
    if grid.is_empty() { edit } else { edit.text("grid", grid) }
}

fn grid(module: &str, grid: &str, level: i64, group: i64) -> Edit {
    bits(module, level, group).text("grid", grid)
}

fn cached(layer: i64, grid: &str) -> Edit {
    let edit = Edit::new("kv-bits").int("layer", layer).int("keys", 8).int("values", 8).int("group-size", 32);
    let edit = edit.int("sink", 0).int("recent", 0);
    edit.text("key-grid", grid).text("value-grid", grid)
}

/// The edits of one kind, in a plan of their own, as a target has them.
fn samples(target: &str, kind: &str) -> Vec<Edit> {
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
fn sample(kind: &str) -> Edit {
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

fn of_expert(expert: i64, level: i64) -> Edit {
    bits("gate", level, 32).int("expert", expert)
}

fn cases() -> Vec<Case> {
    let mixtral = || model("mixtral", 4);
    let llama = || model("llama", 0);
    let generator = || model("attune_denoiser", 0);
    let grouped = || Facts::from(ModelFacts { kv_heads: 2, ..ModelFacts::of(&llama()) });
    let uneven = [1.0, 0.0, 0.0, 0.0, 0.0, 0.75, 0.0, -0.5];
    vec![
        ("hf", vec![kv_bits()], mixtral(), "kv-bits", "`--to plan`"),
        ("hf", vec![span()], mixtral(), "attention-span", "`--to plan`"),
        ("hf", vec![bits("q", 4, 64)], mixtral(), "weight-bits", "`--to plan`"),
        ("hf", vec![activation_bits()], llama(), "activation-bits", "drop-block and combine-checkpoints"),
        ("hf", vec![mix()], llama(), "combine-checkpoints", "only checkpoints of image generators"),
        (
            "hf",
            vec![keep(0, &[0, 1]), keep(1, &[0, 1, 3])],
            mixtral(),
            "keep-experts",
            "the same number of experts in every layer",
        ),
        (
            "hf",
            vec![keep(0, &[0, 1])],
            mixtral(),
            "keep-experts",
            "the same number of experts in every layer",
        ),
        ("hf", vec![keep(0, &[3]), keep(1, &[3])], mixtral(), "keep-experts", "keep at least as many"),
        (
            "hf",
            vec![keep(0, &[0, 4]), keep(1, &[0, 1])],
            mixtral(),
            "keep-experts",
            "4 per layer, counted from 0",
        ),
        ("hf", vec![per_token(0, 1)], mixtral(), "experts-per-token", "the same number in every layer"),
        ("hf", vec![per_token(0, 5), per_token(1, 5)], mixtral(), "experts-per-token", "to 1 to 4 of them"),
        (
            "hf",
            vec![route(0, 2, &uneven), merge(0, 2, &uneven)],
            mixtral(),
            "route-experts",
            "one-hot routing",
        ),
        ("hf", vec![merge(0, 2, &[0.5; 8])], mixtral(), "merge-experts", "need the same number of rows"),
        ("hf", vec![block(0, Some(Half::Attention))], llama(), "drop-block", "`unit: \"block\"`"),
        ("hf", vec![block(0, None)], model("glm4_moe", 4), "drop-block", "`--to plan`"),
        ("hf", vec![block(0, None), keep(1, &[0, 1])], mixtral(), "keep-experts", "`--to plan`"),
        ("hf", vec![keep(0, &[0, 1]), keep(1, &[0, 1])], llama(), "keep-experts", "qwen3_moe"),
        ("hf", vec![keep(0, &[0, 1])], generator(), "keep-experts", "combine-checkpoints only"),
        ("mlx", vec![kv_bits()], llama(), "kv-bits", "`--to plan`"),
        ("mlx", vec![span()], llama(), "attention-span", "`--to plan`"),
        ("mlx", vec![activation_bits()], llama(), "activation-bits", "`--to plan`"),
        (
            "mlx",
            vec![embedding("input", "", 4, 64)],
            llama(),
            "embedding-bits",
            "nothing is said of the embeddings",
        ),
        ("mlx", vec![embedding("output", "", 4, 64)], tied(&llama()), "embedding-bits", "name it `input`"),
        (
            "mlx",
            vec![embedding("input", "q4_0", 4, 32)],
            wide(&llama()),
            "embedding-bits",
            "another number grid than q4_0",
        ),
        (
            "mlx",
            vec![embedding("input", "", 4, 16)],
            wide(&llama()),
            "embedding-bits",
            "groups of 32, 64, 128",
        ),
        ("hf", vec![embedding("input", "", 4, 64)], wide(&llama()), "embedding-bits", "`--to"),
        ("vllm", vec![embedding("output", "", 4, 64)], wide(&llama()), "embedding-bits", "`--to"),
        (
            "autoround",
            vec![embedding("output", "symmetric", 4, 64)],
            wide(&llama()),
            "embedding-bits",
            "`--to plan`",
        ),
        ("mlx", vec![keep(0, &[0, 1]), keep(1, &[0, 1])], mixtral(), "keep-experts", "`--to plan`"),
        ("mlx", vec![merge(0, 2, &[0.5; 8])], mixtral(), "merge-experts", "`--to plan`"),
        ("mlx", vec![block(0, None)], llama(), "drop-block", "`--to plan`"),
        ("mlx", vec![mix()], generator(), "combine-checkpoints", "`--to plan`"),
        (
            "mlx",
            vec![bits("q", 4, 256)],
            llama(),
            "weight-bits",
            "32, 64, 128 channels; search with one of them",
        ),
        ("mlx", vec![bits("q", 7, 64)], llama(), "weight-bits", "codes of 2, 3, 4, 5, 6, 8 bits"),
        ("mlx", vec![bits("q", 4, 64)], model("phi3", 0), "weight-bits", "smollm3"),
        ("mlx", vec![of_expert(0, 4), of_expert(1, 3)], mixtral(), "weight-bits", "`experts: \"together\"`"),
        (
            "mlx",
            vec![bits("gate", 4, 32), bits("up", 3, 32)],
            model("glm4", 0),
            "weight-bits",
            "give them the same bits",
        ),
        ("mlx", vec![bits("up", 16, 64)], llama(), "weight-bits", "loads the dense model as it is"),
        ("gguf", vec![bits("q", 4, 64)], wide(&llama()), "weight-bits", "whole blocks of q4_0"),
        (
            "gguf",
            vec![grid("q", "symmetric", 4, 64)],
            wide(&llama()),
            "weight-bits",
            "does not have the grid symmetric",
        ),
        (
            "gguf",
            vec![grid("q", "nvfp4", 4, 16)],
            wide(&llama()),
            "weight-bits",
            "does not have the grid nvfp4",
        ),
        ("gguf", vec![grid("q", "q4_k", 4, 256)], llama(), "weight-bits", "leave `q` in 16 bits"),
        (
            "gguf",
            vec![grid("gate", "q4_0", 4, 32).int("expert", 0), grid("gate", "q4_1", 4, 32).int("expert", 1)],
            wide(&mixtral()),
            "weight-bits",
            "`experts: \"together\"`",
        ),
        ("gguf", vec![grid("q", "q4_0", 4, 32)], wide(&model("phi3", 0)), "weight-bits", "gemma3_text"),
        (
            "gguf",
            vec![kv_bits().int("sink", 0).int("recent", 0)],
            wide(&llama()),
            "kv-bits",
            "search with one of them as `key-grid`",
        ),
        ("gguf", vec![cached(0, "q8_0")], wide(&llama()), "kv-bits", "one pair of them"),
        ("gguf", vec![cached(0, "q8_0"), cached(1, "q8_0")], llama(), "kv-bits", "heads have 3 channels"),
        (
            "gguf",
            vec![keep(0, &[0, 1])],
            mixtral(),
            "keep-experts",
            "the same number of experts in every layer",
        ),
        ("gguf", vec![per_token(0, 1)], mixtral(), "experts-per-token", "the same number in every layer"),
        ("gguf", vec![block(0, Some(Half::Attention))], llama(), "drop-block", "`unit: \"block\"`"),
        ("gguf", vec![merge(0, 2, &[0.5; 8])], mixtral(), "merge-experts", "llama.cpp's converter"),
        ("gguf", vec![span()], mixtral(), "attention-span", "`--to plan`"),
        ("gguf", vec![activation_bits()], llama(), "activation-bits", "`--to plan`"),
        (
            "gguf",
            vec![embedding("input", "", 4, 64)],
            wide(&llama()),
            "embedding-bits",
            "whole blocks of q4_0",
        ),
        (
            "gguf",
            vec![embedding("output", "q4_0", 4, 32)],
            tied(&llama()),
            "embedding-bits",
            "name it `input`",
        ),
        (
            "gguf",
            vec![embedding("input", "q4_0", 4, 32)],
            tied(&model("qwen2_moe", 4)),
            "embedding-bits",
            "leave it in 16 bits",
        ),
        (
            "compressed-tensors",
            vec![bits("o", 4, 64)],
            llama(),
            "weight-bits",
            "`grid` as one of affine-int, symmetric",
        ),
        (
            "compressed-tensors",
            vec![grid("o", "q4_k", 4, 256)],
            llama(),
            "weight-bits",
            "search with one of them",
        ),
        (
            "compressed-tensors",
            vec![grid("o", "symmetric", 4, 48)],
            llama(),
            "weight-bits",
            "32, 64, 128 channels, or of all inputs",
        ),
        (
            "compressed-tensors",
            vec![grid("q", "symmetric", 4, 64)],
            llama(),
            "weight-bits",
            "give them the same grid",
        ),
        (
            "compressed-tensors",
            vec![grid("gate", "symmetric", 4, 64), grid("up", "symmetric", 3, 64)],
            llama(),
            "weight-bits",
            "give them the same grid, bits and groups",
        ),
        (
            "compressed-tensors",
            vec![grid("gate", "symmetric", 4, 64).int("expert", 0)],
            mixtral(),
            "weight-bits",
            "`experts: \"together\"`",
        ),
        (
            "compressed-tensors",
            vec![grid("up", "affine-int", 4, 64)],
            mixtral(),
            "weight-bits",
            "symmetric or mxfp4",
        ),
        (
            "compressed-tensors",
            vec![grid("o", "symmetric", 4, 64)],
            model("youtu", 0),
            "weight-bits",
            "`--to plan`",
        ),
        ("compressed-tensors", vec![fp8_cache(0, 8)], llama(), "kv-bits", "give every layer `fp8-e4m3`"),
        (
            "compressed-tensors",
            vec![fp8_cache(0, 16), fp8_cache(1, 16)],
            llama(),
            "kv-bits",
            "both `fp8-e4m3`",
        ),
        ("compressed-tensors", vec![activation_bits()], llama(), "activation-bits", "`--to plan`"),
        (
            "compressed-tensors",
            vec![embedding("input", "symmetric", 4, 64)],
            wide(&llama()),
            "embedding-bits",
            "`output` alone",
        ),
        (
            "compressed-tensors",
            vec![embedding("output", "", 4, 64)],
            wide(&llama()),
            "embedding-bits",
            "`grid` as one of",
        ),
        (
            "compressed-tensors",
            vec![keep(0, &[0, 1]), keep(1, &[0, 1])],
            mixtral(),
            "keep-experts",
            "with `--to hf`",
        ),
        ("compressed-tensors", vec![block(0, None)], llama(), "drop-block", "`--to plan`"),
        ("windows", vec![kv_bits()], llama(), "kv-bits", "`--to transformers`"),
        ("windows", vec![span()], llama(), "attention-span", "search with `sink: 0`"),
        ("windows", vec![of_head(0, 0, 8.0, 0.5)], llama(), "attention-span", "search with `elastic: false`"),
        ("windows", vec![of_head(0, 0, 1.0, 0.0)], llama(), "attention-span", "a longer `alpha`"),
        ("windows", vec![of_head(1, 1, 8.0, 0.0)], llama(), "attention-span", "1 KV heads, counted from 0"),
        (
            "windows",
            vec![of_head(0, 0, 8.0, 0.0)],
            grouped(),
            "attention-span",
            "search with `unit: \"layer\"`",
        ),
        (
            "windows",
            vec![of_head(0, 0, 8.0, 0.0), of_head(1, 0, 16.0, 0.0)],
            llama(),
            "attention-span",
            "search with `target: \"windows\"`",
        ),
        ("windows", vec![of_head(0, 0, 8.0, 0.0)], model("cohere2", 0), "attention-span", "ministral"),
        ("windows", vec![bits("q", 4, 64)], llama(), "weight-bits", "`--to plan`"),
        (
            "granite-swa",
            vec![of_head(0, 0, 8.0, 0.0)],
            model("qwen3", 0),
            "attention-span",
            "granite, llama, mistral",
        ),
        ("granite-swa", vec![span()], llama(), "attention-span", "`--to transformers`"),
        ("granite-swa", vec![keep(0, &[0, 1])], mixtral(), "keep-experts", "`--to plan`"),
        ("mlx-windows", vec![of_head(0, 0, 8.0, 0.0)], model("qwen2", 0), "attention-span", "llama, mistral"),
        ("mlx-windows", vec![span()], llama(), "attention-span", "search with `sink: 0`"),
        ("transformers", vec![keep(0, &[0, 1])], mixtral(), "keep-experts", "`--to hf`"),
        (
            "transformers",
            vec![kv_bits().real("smoothing", 0.5)],
            llama(),
            "kv-bits",
            "search without `smoothing`",
        ),
        ("transformers", vec![span()], model("falcon", 0), "attention-span", "`--to plan`"),
        ("moa", vec![kv_bits()], llama(), "kv-bits", "`--to transformers`"),
        ("moa", vec![span()], model("mistral", 0), "attention-span", "`--to transformers`"),
        ("moa", vec![block(0, None)], llama(), "drop-block", "`--to plan`"),
        ("vllm", vec![keep(0, &[0, 1]), keep(1, &[0, 1])], mixtral(), "keep-experts", "`--to hf`"),
        ("vllm", vec![merge(0, 2, &[0.5; 8])], mixtral(), "merge-experts", "`--to hf`"),
        ("vllm", vec![per_token(0, 1), per_token(1, 1)], mixtral(), "experts-per-token", "`--to hf`"),
        ("vllm", vec![block(0, None)], llama(), "drop-block", "`--to hf`"),
        ("vllm", vec![mix()], generator(), "combine-checkpoints", "`--to hf`"),
        ("vllm", vec![bits("q", 4, 64)], llama(), "weight-bits", "`--to plan`"),
        ("vllm", vec![activation_bits()], llama(), "activation-bits", "`--to plan`"),
        ("vllm", vec![silence(0, &[0, 1, 2, 3])], mixtral(), "silence-experts", "keep one"),
        ("vllm", vec![silence(0, &[4])], mixtral(), "silence-experts", "layers have 4"),
        ("vllm", vec![silence(0, &[1])], llama(), "silence-experts", "mixtral, olmoe"),
        ("hf", vec![silence(0, &[1])], mixtral(), "silence-experts", "`--to"),
        ("gguf", vec![silence(0, &[1])], mixtral(), "silence-experts", "`--to plan`"),
        ("vllm", vec![affine()], llama(), "kv-bits", "on the grid fp8-e4m3; search with `target: \"vllm\"`"),
        ("vllm", vec![fp8(8, 16)], llama(), "kv-bits", "values are exact"),
        ("vllm", vec![fp8(8, 8).int("sink", 4)], llama(), "kv-bits", "search without `sink`"),
        ("vllm", vec![fp8(8, 8).int("recent", 32)], llama(), "kv-bits", "search without `recent`"),
        ("vllm", vec![fp8(8, 8).real("smoothing", 0.5)], llama(), "kv-bits", "search without `smoothing`"),
        ("vllm", vec![fp8(8, 8).int("kv-head", 0)], llama(), "kv-bits", "search with `heads: \"layer\"`"),
        ("vllm", vec![fp8(16, 16)], llama(), "kv-bits", "serves the model as it is"),
        ("vllm", vec![span()], llama(), "attention-span", "search with `sink: 0`"),
        (
            "vllm",
            vec![of_head(0, 0, 32.0, 0.25)],
            vllm::model("llama"),
            "attention-span",
            "windows of engines do not grow",
        ),
        (
            "vllm",
            vec![of_head(0, 0, 32.0, 0.0)],
            vllm::model("llama"),
            "attention-span",
            "search with `unit: \"layer\"`",
        ),
        (
            "vllm",
            vec![
                of_head(0, 0, 32.0, 0.0),
                of_head(0, 1, 32.0, 0.0),
                of_head(1, 0, 64.0, 0.0),
                of_head(1, 1, 64.0, 0.0),
            ],
            vllm::model("llama"),
            "attention-span",
            "a model has one `sliding_window`",
        ),
        (
            "vllm",
            vec![of_head(0, 0, 32.0, 0.0), of_head(0, 1, 32.0, 0.0)],
            vllm::model("gemma2"),
            "attention-span",
            "known of llama, mistral, qwen2, qwen3",
        ),
        ("mergekit", vec![mix()], llama(), "combine-checkpoints", "`--to plan`"),
        ("mergekit", vec![bits("q", 4, 64)], generator(), "weight-bits", "`--to plan`"),
        ("mergekit", vec![keep(0, &[0, 1])], generator(), "keep-experts", "`--to plan`"),
        ("autoround", vec![kv_bits()], llama(), "kv-bits", "`--to plan`"),
        ("autoround", vec![bits("q", 5, 64)], llama(), "weight-bits", "it has 2, 3, 4, 8 bits"),
        ("autoround", vec![bits("q", 4, 96)], llama(), "weight-bits", "groups of 32, 64, 128 channels"),
        ("autoround", vec![bits("q", 4, 64)], model("gpt_oss", 4), "weight-bits", "`--to plan`"),
        (
            "autoround",
            vec![bits("q", 4, 32).text("grid", "q4_0")],
            llama(),
            "weight-bits",
            "one of none, affine-int, symmetric as `grid`",
        ),
        ("llm-compressor", vec![activation_bits()], llama(), "activation-bits", "`--to plan`"),
        ("llm-compressor", but(bits("k", 8, 64)), llama(), "weight-bits", "`k` 8 bits in groups of 64"),
        ("llm-compressor", but(bits("up", 8, 64)), llama(), "weight-bits", "give them the same bits"),
        (
            "llm-compressor",
            vec![of_expert(0, 4), of_expert(1, 3)],
            mixtral(),
            "weight-bits",
            "`experts: \"together\"`",
        ),
        ("gptqmodel", vec![block(0, None)], llama(), "drop-block", "`--to plan`"),
        ("gptqmodel", but(bits("q", 3, 32)), llama(), "weight-bits", "give them the same bits"),
        ("gptqmodel", vec![bits("o", 6, 64)], llama(), "weight-bits", "it has 2, 3, 4, 8 bits"),
        ("modelopt", vec![bits("o", 2, 64)], llama(), "weight-bits", "it has 4, 8 bits"),
        ("modelopt", vec![bits("o", 4, 32).text("grid", "mxfp4")], llama(), "weight-bits", "fp8-e4m3-tensor"),
        ("exllama", vec![span()], llama(), "attention-span", "`--to plan`"),
        ("exllama", vec![bits("o", 4, 32).text("grid", "symmetric")], llama(), "weight-bits", "one of none"),
        ("mlx-recipe", vec![bits("o", 4, 256)], llama(), "weight-bits", "groups of 32, 64, 128 channels"),
        ("mlx-recipe", vec![mix()], generator(), "combine-checkpoints", "`--to plan`"),
        (
            "plan",
            vec![keep(0, &[0, 1]), keep(0, &[1, 2])],
            mixtral(),
            "keep-experts",
            "both cannot be honoured",
        ),
    ]
}

#[test]
fn what_a_target_cannot_express_is_refused_by_the_name_of_the_edit_with_what_would_work() {
    for (name, edits, model, refused, remedy) in cases() {
        let plan = arrange(edits);
        let answer = target(name).unwrap().exporter.check(&plan, &model);
        let Err(ExportError::Inexpressible { edit, reason, .. }) = answer else {
            panic!("{name} does not refuse {plan:?}: {answer:?}");
        };
        assert!(edit.starts_with(&format!("{refused}(")), "{name} blames {edit} and not {refused}: {reason}");
        assert!(reason.contains(remedy), "{name}, {edit}: {reason}; expected `{remedy}`");
    }
}

#[test]
fn an_exporter_takes_and_refuses_the_kinds_that_its_description_says() {
    for target in targets() {
        for schema in attune_vocabulary::model().schemas() {
            let (name, kind) = (target.description.name, schema.kind.as_str());
            let family = match kind {
                "combine-checkpoints" => "attune_denoiser",
                _ if kind != "silence-experts"
                    && matches!(
                        name,
                        "mlx"
                            | "compressed-tensors"
                            | "windows"
                            | "granite-swa"
                            | "mlx-windows"
                            | "transformers"
                            | "moa"
                            | "vllm"
                    ) =>
                {
                    "llama"
                }
                _ => "mixtral",
            };
            let model = wide(&model(family, if family == "mixtral" { 4 } else { 0 }));
            let answer = target.exporter.check(&arrange(samples(name, kind)), &model);
            match target.description.answer(kind) {
                Answer::Exact => assert_eq!(answer.unwrap(), Exactness::Exact, "{name}, {kind}"),
                Answer::Takes(Takes { fidelity: Fidelity::Approximate(why), .. }) => {
                    let reason = (*why).to_owned();
                    assert_eq!(answer.unwrap(), Exactness::Approximate { reason }, "{name}, {kind}");
                }
                // What is stored in float32 is exact wherever it is taken.
                Answer::Takes(_) => assert_eq!(answer.unwrap(), Exactness::Exact, "{name}, {kind}"),
                Answer::Not(why) => {
                    let Err(ExportError::Inexpressible { reason, .. }) = answer else {
                        panic!("{name} takes {kind}, and its description does not");
                    };
                    let of_generator =
                        reason == "an image generator takes combine-checkpoints only; use `--to plan`";
                    assert!(reason == why || of_generator, "{name}, {kind}: {reason}");
                }
            }
        }
    }
}

#[test]
fn what_is_rounded_in_16_bits_is_approximate_in_what_the_description_says() {
    let llama = Facts::from(ModelFacts { bytes_per_parameter: 2.0, ..ModelFacts::of(&model("llama", 0)) });
    let mlx = target("mlx").unwrap();
    let Answer::Takes(takes) = mlx.description.answer("weight-bits") else { panic!("mlx takes weight-bits") };
    let Fidelity::ExactInFloat32(why) = takes.fidelity else { panic!("{takes:?}") };
    let answer = mlx.exporter.check(&arrange([bits("q", 4, 64)]), &llama).unwrap();
    assert_eq!(answer, Exactness::Approximate { reason: why.to_owned() });
    let gguf = target("gguf").unwrap();
    let Answer::Takes(Takes { fidelity: Fidelity::ExactInFloat32(why), .. }) =
        gguf.description.answer("drop-block")
    else {
        panic!("gguf takes drop-block")
    };
    let answer = gguf.exporter.check(&arrange([block(0, None)]), &llama).unwrap();
    assert_eq!(answer, Exactness::Approximate { reason: (*why).to_owned() });
    for &group in takes.groups {
        for &level in takes.levels {
            let plan = arrange([bits("q", level.into(), group.into())]);
            assert!(mlx.exporter.check(&plan, &llama).is_ok(), "{level} bits in groups of {group}");
        }
    }
}

#[test]
fn codes_that_error_feedback_chose_are_read_of_the_evaluator_or_the_plan_is_not_exact() {
    let mut asked = 0;
    for target in targets() {
        let (name, Answer::Takes(takes)) =
            (target.description.name, target.description.answer("weight-bits"))
        else {
            continue;
        };
        for &grid in takes.grids {
            let grid = NumberGrid::from_name(grid);
            if Rounding::Gptq.check(grid).is_err() {
                continue;
            }
            let with = |edit: Edit| match grid {
                None => edit,
                Some(grid) => edit.text("grid", grid.name()),
            };
            let group = takes.groups.first().map_or(64, |&group| i64::from(group));
            let plain = with(bits("q", i64::from(takes.levels[0]), group));
            let answer = |edit: Edit| target.exporter.check(&arrange([edit]), &model("llama", 0));
            if answer(plain.clone()).is_ok() {
                let rounded = plain.clone().text("rounding", "gptq");
                let reads = |edit: Edit| target.exporter.reads_choices(&arrange([edit]));
                match (answer(rounded.clone()), reads(rounded)) {
                    (Ok(exactness), true) => assert_eq!(Ok(exactness), answer(plain.clone()).map_err(|_| ())),
                    (Ok(exactness), false) => assert_ne!(exactness, Exactness::Exact, "{name}, {grid:?}"),
                    (Err(error), _) => {
                        assert!(error.to_string().contains("rounding"), "{name}, {grid:?}: {error}");
                    }
                }
                assert!(!reads(plain), "{name} reads what nobody chose");
                asked += 1;
            }
        }
    }
    assert!(asked > 0);
}

#[test]
fn recipes_of_tools_with_error_feedback_alone_take_codes_that_it_chose() {
    let plan = arrange(everywhere(4).into_iter().map(|edit| edit.text("rounding", "gptq")));
    let mut taken = Vec::new();
    for name in ["autoround", "llm-compressor", "gptqmodel", "modelopt", "exllama", "mlx-recipe"] {
        match target(name).unwrap().exporter.check(&plan, &model("llama", 0)) {
            Ok(Exactness::Approximate { reason }) => {
                assert!(reason.contains("error feedback"), "{name}: {reason}");
                taken.push(name);
            }
            other => {
                let message = other.unwrap_err().to_string();
                assert!(message.contains("search without `rounding`"), "{name}: {message}");
            }
        }
    }
    assert_eq!(taken, ["llm-compressor", "gptqmodel"]);
}

#[test]
fn a_search_on_the_first_grid_of_a_target_finds_all_of_its_levels_taken() {
    for target in targets() {
        let Answer::Takes(takes) = target.description.answer("weight-bits") else { continue };
        let Some(&first) = takes.grids.first() else { continue };
        let grid = NumberGrid::from_name(first);
        let model = wide(&model("llama", 0));
        for &level in takes.levels.iter().filter(|level| grid.is_none_or(|grid| grid.bits().contains(level)))
        {
            let group = match grid.map(NumberGrid::grouping) {
                Some(attune_vocabulary::Grouping::Of(own)) => own,
                _ => 64,
            };
            let of = |edit: Edit| {
                let edit = edit.int("group-size", group.into());
                if let Some(grid) = grid { edit.text("grid", grid.name()) } else { edit }
            };
            let plan = arrange(everywhere(level.into()).into_iter().map(of));
            let answer = target.exporter.check(&plan, &model);
            assert!(answer.is_ok(), "{}, {level} bits: {answer:?}", target.description.name);
        }
    }
}

#[test]
fn grids_of_a_target_are_words_of_plans() {
    for target in targets() {
        let Edits::These { takes, .. } = target.description.edits else { continue };
        for takes in takes {
            for &grid in takes.grids.iter().filter(|grid| **grid != DEFAULT_GRID) {
                let known = match takes.edit {
                    "weight-bits" | "embedding-bits" => NumberGrid::from_name(grid).is_some(),
                    "kv-bits" => CacheGrid::from_name(grid).is_some(),
                    _ => false,
                };
                assert!(known, "{}: `{grid}` is no grid of {}", target.description.name, takes.edit);
            }
        }
    }
    assert!(NumberGrid::from_name(DEFAULT_GRID).is_none() && CacheGrid::from_name(DEFAULT_GRID).is_none());
}

#[test]
fn a_recipe_that_cannot_be_written_for_a_module_says_which() {
    for (name, edits, remedy) in [
        ("exllama", vec![bits("q", 4, 64)], "search without 16 among the levels"),
        ("modelopt", but(bits("o", 8, 64)), "8 bits on the grid fp8-e4m3-tensor"),
        ("autoround", vec![bits("q", 16, 64)], "nothing for a quantiser to do"),
    ] {
        let answer = target(name).unwrap().exporter.check(&arrange(edits), &model("llama", 0));
        let message = answer.unwrap_err().to_string();
        assert!(message.contains(remedy), "{name}: {message}");
    }
}
