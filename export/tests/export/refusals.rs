//! Plans that a target cannot express: refused by the name of the edit, with what would work.

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::Edit;
use attune_export::target;
use attune_vocabulary::edits::Half;
use attune_vocabulary::{ModelFacts, arrange};

use crate::checkpoint::{keep, merge, per_token, route};
use crate::edits::{
    activation_bits, affine, bits, block, but, cached, embedding, fp8, fp8_cache, grid, kv_bits, mix, model,
    of_expert, of_head, silence, span, tied, wide,
};
use crate::vllm;

/// A plan of a model, the kind of the edit that a target refuses in it, and what it says would work.
type Case = (&'static str, Vec<Edit>, Facts, &'static str, &'static str);

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
