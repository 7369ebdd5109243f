//! GGUF files: parsed back by a reader of their own, key by key and tensor by tensor.

mod parsed;

use std::collections::BTreeMap;

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter as _};
use attune_core::facts::Facts;
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_export::{GgufExporter, read_recipe};
use attune_vocabulary::edits::{DropBlock, EmbeddingBits, KvBits, WeightBits};
use attune_vocabulary::{
    CacheGrid, Embedding, EmbeddingMatrix, Grouping, ModelEdit as _, ModelFacts, Module, NumberGrid, arrange,
    say_embeddings,
};
use safetensors::tensor::Dtype;
use serde_json::{Value, json};

use crate::checkpoint::{Files, Tensor, Tensors, facts, keep, per_token, provenance, said_before, serialise};
use parsed::{Gguf, Key};

pub(crate) const HIDDEN: usize = 256;
pub(crate) const INNER: usize = 512;
const VOCAB: usize = 300;
const LAYERS: usize = 2;
/// Query heads, heads of the cache, channels of each.
const HEADS: [usize; 3] = [4, 2, 64];
const EXPERTS: usize = 3;

/// A config of a family, with `more` keys.
fn config(family: &str, more: &Value) -> Value {
    let mut config = json!({
        "model_type": family, "vocab_size": VOCAB, "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS[0], "num_key_value_heads": HEADS[1], "head_dim": HEADS[2], "max_position_embeddings": 128,
        "rms_norm_eps": 1e-5, "rope_theta": 5000.0, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2
    });
    for (key, value) in more.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

fn mixture() -> Value {
    config("mixtral", &json!({"num_local_experts": EXPERTS, "num_experts_per_tok": 2}))
}

/// Number `at` of a tensor: no two of a tensor are alike, and all fit 16 bits.
fn number(seed: usize, at: usize) -> f32 {
    let mixed = (at * 2_654_435_761 + seed * 40_503) % 1021;
    (mixed as f32 - 510.0) / 256.0
}

fn tensor(seed: usize, dtype: Dtype, shape: &[usize]) -> Tensor {
    let mut bytes = Vec::new();
    for at in 0..shape.iter().product() {
        match dtype {
            Dtype::BF16 => bytes.extend(half::bf16::from_f32(number(seed, at)).to_le_bytes()),
            _ => bytes.extend(number(seed, at).to_le_bytes()),
        }
    }
    Tensor { dtype, shape: shape.to_vec(), bytes }
}

/// The tensors of a model with the names of Llama, and experts if it is a Mixtral.
fn tensors(dtype: Dtype, experts: bool) -> Tensors {
    let mut all = Tensors::new();
    let mut add = |name: String, shape: &[usize]| {
        let seed = all.len();
        all.insert(name, tensor(seed, dtype, shape));
    };
    add("model.embed_tokens.weight".into(), &[VOCAB, HIDDEN]);
    add("model.norm.weight".into(), &[HIDDEN]);
    for layer in 0..LAYERS {
        let place = format!("model.layers.{layer}");
        let [heads, kv_heads, channels] = HEADS;
        for (name, outputs, inputs) in [
            ("q", heads * channels, HIDDEN),
            ("k", kv_heads * channels, HIDDEN),
            ("v", kv_heads * channels, HIDDEN),
            ("o", HIDDEN, heads * channels),
        ] {
            add(format!("{place}.self_attn.{name}_proj.weight"), &[outputs, inputs]);
        }
        add(format!("{place}.input_layernorm.weight"), &[HIDDEN]);
        add(format!("{place}.post_attention_layernorm.weight"), &[HIDDEN]);
        let parts = |place: &str, names: [&str; 3], add: &mut dyn FnMut(String, &[usize])| {
            for (name, shape) in names.into_iter().zip([[INNER, HIDDEN], [INNER, HIDDEN], [HIDDEN, INNER]]) {
                add(format!("{place}.{name}.weight"), &shape);
            }
        };
        if !experts {
            parts(&format!("{place}.mlp"), ["gate_proj", "up_proj", "down_proj"], &mut add);
            continue;
        }
        add(format!("{place}.block_sparse_moe.gate.weight"), &[EXPERTS, HIDDEN]);
        for expert in 0..EXPERTS {
            let place = format!("{place}.block_sparse_moe.experts.{expert}");
            parts(&place, ["w1", "w3", "w2"], &mut add);
        }
    }
    all
}

fn model(family: &str, experts: usize) -> Facts {
    let [heads, kv_heads, head_dim] = HEADS.map(|size| size as u32);
    Facts::from(ModelFacts {
        family: family.into(),
        layers: LAYERS as u32,
        hidden: HIDDEN as u32,
        heads,
        kv_heads,
        head_dim,
        experts: experts as u32,
        experts_per_token: if experts > 0 { 2 } else { 0 },
        feed_forward: INNER as u32,
        vocab: VOCAB as u32,
        ..ModelFacts::of(&facts())
    })
}

fn files(config: &Value, tensors: &Tensors) -> Files {
    Files::default().with("config.json", config.to_string()).with("model.safetensors", serialise(tensors))
}

pub(crate) fn llama() -> (Facts, Files) {
    (model("llama", 0), files(&config("llama", &json!({})), &tensors(Dtype::F32, false)))
}

pub(crate) fn mixtral() -> (Facts, Files) {
    (model("mixtral", EXPERTS), files(&mixture(), &tensors(Dtype::BF16, true)))
}

pub(crate) fn bits(layer: u32, module: Module, grid: NumberGrid) -> Edit {
    let Grouping::Of(group) = grid.grouping() else { panic!("{} has blocks", grid.name()) };
    Edit::new(WeightBits::KIND)
        .int("layer", layer.into())
        .text("module", module.name())
        .int("bits", grid.bits()[0].into())
        .int("group-size", group.into())
        .text("grid", grid.name())
}

fn cache(layer: u32, keys: Option<CacheGrid>, values: Option<CacheGrid>) -> Edit {
    let bits = |grid: Option<CacheGrid>| grid.map_or(16, |grid| grid.bits()[0]);
    let (key_grid, value_grid, group_size) = (keys, values, 32);
    Edit::from(KvBits {
        layer,
        keys: bits(keys),
        values: bits(values),
        group_size,
        key_grid,
        value_grid,
        ..KvBits::default()
    })
}

fn export(plan: &Plan, (model, files): &(Facts, Files)) -> Result<Files, ExportError> {
    let mut out = Files::default();
    let input = ExportInput { plan, model, files, provenance: &provenance() };
    let result = GgufExporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
        Ok(())
    });
    said_before(&GgufExporter, plan, model, files, &result);
    assert!(result.is_ok() || out.0.is_empty(), "files were written before the refusal: {:?}", out.0.keys());
    result.map(|()| out)
}

fn written(plan: impl IntoIterator<Item = Edit>, model: &(Facts, Files)) -> (Gguf, Files) {
    let out = export(&arrange(plan), model).unwrap();
    (Gguf::parse(&out.0["model.gguf"]), out)
}

/// The row of a stored matrix that stands at `row` of queries or keys, by the words of llama.cpp's converter: heads are seen as two
/// halves of channels, and these change places with the channels.
fn turned(row: usize) -> usize {
    let channels = HEADS[2];
    let (head, channel) = (row / channels, row % channels);
    let (pair, half) = (channel / 2, channel % 2);
    head * channels + half * (channels / 2) + pair
}

#[test]
fn the_exporter_keeps_its_promises() {
    let plans = [
        Plan::default(),
        arrange([bits(0, Module::Gate, NumberGrid::Q4K), keep(0, &[0, 2]), keep(1, &[1, 0])]),
        arrange([keep(0, &[0, 1])]),
        arrange([cache(0, Some(CacheGrid::Q8_0), None), cache(1, Some(CacheGrid::Q8_0), None)]),
    ];
    let (model, files) = mixtral();
    attune_testkit::exporter::check(&GgufExporter, &model, &files.with("LICENSE", "terms"), &plans);
}

#[test]
fn a_dense_model_is_stored_as_it_is_under_the_names_of_llama_cpp() {
    let source = tensors(Dtype::F32, false);
    let (file, out) = written([], &llama());
    let key = |name: &str| file.keys[name].clone();
    assert_eq!(key("general.architecture"), Key::Text("llama".into()));
    for (name, size) in [
        ("block_count", LAYERS),
        ("context_length", 128),
        ("embedding_length", HIDDEN),
        ("feed_forward_length", INNER),
        ("vocab_size", VOCAB),
        ("attention.head_count", HEADS[0]),
        ("attention.head_count_kv", HEADS[1]),
        ("attention.key_length", HEADS[2]),
        ("rope.dimension_count", HEADS[2]),
    ] {
        assert_eq!(key(&format!("llama.{name}")), Key::U32(size as u32), "{name}");
    }
    assert_eq!(key("llama.rope.freq_base"), Key::F32(5000.0));
    assert_eq!(key("llama.attention.layer_norm_rms_epsilon"), Key::F32(1e-5));
    assert_eq!(key("tokenizer.ggml.model"), Key::Text("none".into()), "the folder has no tokenizer");
    assert!(!file.keys.contains_key("llama.expert_count"));

    // Embedding and last norm, and nine tensors of each layer.
    assert_eq!(file.tensors.len(), 2 + 9 * LAYERS);
    let names = [
        ("token_embd", "model.embed_tokens"),
        ("output_norm", "model.norm"),
        ("blk.1.attn_v", "model.layers.1.self_attn.v_proj"),
        ("blk.1.attn_output", "model.layers.1.self_attn.o_proj"),
        ("blk.1.attn_norm", "model.layers.1.input_layernorm"),
        ("blk.1.ffn_norm", "model.layers.1.post_attention_layernorm"),
        ("blk.1.ffn_gate", "model.layers.1.mlp.gate_proj"),
        ("blk.1.ffn_up", "model.layers.1.mlp.up_proj"),
        ("blk.0.ffn_down", "model.layers.0.mlp.down_proj"),
    ];
    for (found, stored) in names {
        let (found, stored) =
            (&file.tensors[&format!("{found}.weight")], &source[&format!("{stored}.weight")]);
        assert_eq!((found.kind, &found.shape, &found.bytes), (0, &stored.shape, &stored.bytes));
    }
    for (found, stored) in [
        ("blk.0.attn_q", "model.layers.0.self_attn.q_proj"),
        ("blk.1.attn_k", "model.layers.1.self_attn.k_proj"),
    ] {
        let (found, stored) =
            (&file.tensors[&format!("{found}.weight")], &source[&format!("{stored}.weight")]);
        let row = |bytes: &[u8], row: usize| bytes[row * HIDDEN * 4..][..HIDDEN * 4].to_vec();
        for at in 0..stored.shape[0] {
            assert_eq!(row(&found.bytes, at), row(&stored.bytes, turned(at)), "row {at}");
        }
    }
    assert!(out.text("README.md").contains("llama-server -m model.gguf\n"));
    let manifest = out.json("attune-export.json");
    assert_eq!(manifest["target"], "gguf");
    assert_eq!(manifest["done"]["tensors"]["bytes"], manifest["done"]["tensors"]["bytes_before"]);
}

#[test]
fn matrices_are_the_blocks_that_were_scored_and_take_the_bytes_that_grids_promise() {
    let grids: Vec<NumberGrid> = NumberGrid::ALL
        .into_iter()
        .filter(|grid| attune_grids::blocks::encode(&[0.0; 256], *grid).is_some())
        .collect();
    assert_eq!(grids.len(), 11);
    let (model, source) = (llama(), tensors(Dtype::F32, false));
    let stored = &source["model.layers.1.self_attn.v_proj.weight"];
    let numbers: Vec<f32> =
        stored.bytes.chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect();
    for grid in grids {
        let (file, out) = written([bits(1, Module::Value, grid), bits(0, Module::Query, grid)], &model);
        let found = &file.tensors["blk.1.attn_v.weight"];
        assert_eq!(found.kind_name(), grid.name());
        let Grouping::Of(group) = grid.grouping() else { panic!() };
        let promised = grid.bytes(grid.bits()[0], group, stored.shape[0] as u32, HIDDEN as u32, 4);
        assert_eq!(found.bytes.len() as u64, promised, "{}", grid.name());
        assert_eq!(found.bytes, attune_grids::blocks::encode(&numbers, grid).unwrap(), "{}", grid.name());
        let manifest = out.json("attune-export.json");
        let all: usize = file.tensors.values().map(|tensor| tensor.bytes.len()).sum();
        assert_eq!(manifest["done"]["tensors"]["bytes"], all as u64);
        assert_eq!(manifest["done"]["tensors"]["types"][grid.name()], 2);
        assert!(
            out.text("tensor-types.txt").contains(&format!("^blk\\.1\\.attn_v\\.weight$={}\n", grid.name()))
        );
    }
}

/// Facts that say which embeddings there are.
fn with_embeddings((mut facts, files): (Facts, Files), which: &[Embedding]) -> (Facts, Files) {
    let matrix = |&embedding: &Embedding| EmbeddingMatrix {
        embedding,
        tokens: VOCAB as u32,
        channels: HIDDEN as u32,
        element_bytes: 4,
    };
    say_embeddings(&which.iter().map(matrix).collect::<Vec<_>>(), &mut facts.values);
    (facts, files)
}

fn of_embedding(matrix: Embedding, grid: NumberGrid) -> Edit {
    let Grouping::Of(group_size) = grid.grouping() else { panic!("{} has blocks", grid.name()) };
    Edit::from(EmbeddingBits { matrix, bits: grid.bits()[0], group_size, grid: Some(grid) })
}

#[test]
fn embeddings_are_blocks_where_the_plan_says_so() {
    let encoded = |tensor: &Tensor, grid| {
        let floats = tensor.bytes.chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap()));
        attune_grids::blocks::encode(&floats.collect::<Vec<f32>>(), grid).unwrap()
    };
    let tied = with_embeddings(llama(), &[Embedding::Input]);
    let source = tensors(Dtype::F32, false);
    let table = &source["model.embed_tokens.weight"];
    let (file, out) = written([of_embedding(Embedding::Input, NumberGrid::Q6K)], &tied);
    assert_eq!(file.tensors["token_embd.weight"].bytes, encoded(table, NumberGrid::Q6K));
    assert!(!file.tensors.contains_key("output.weight"), "llama.cpp takes the embedding");
    // What was written reads back as the plan.
    let read = |out: &Files, model: &Facts| {
        read_recipe("model.gguf", &mut std::io::Cursor::new(out.0["model.gguf"].clone()), model).unwrap()
    };
    let back = read(&out, &tied.0);
    assert_eq!(back.plan, arrange([of_embedding(Embedding::Input, NumberGrid::Q6K)]));
    assert!(back.left_exact.is_empty(), "{:?}", back.left_exact);

    let mut source = source;
    source.insert("lm_head.weight".to_owned(), tensor(77, Dtype::F32, &[VOCAB, HIDDEN]));
    let own = (model("llama", 0), files(&config("llama", &json!({"tie_word_embeddings": false})), &source));
    let own = with_embeddings(own, &Embedding::ALL);
    let plan =
        [of_embedding(Embedding::Input, NumberGrid::Q4_0), of_embedding(Embedding::Output, NumberGrid::Q8_0)];
    let (file, out) = written(plan.clone(), &own);
    assert_eq!(
        file.tensors["token_embd.weight"].bytes,
        encoded(&source["model.embed_tokens.weight"], NumberGrid::Q4_0)
    );
    assert_eq!(file.tensors["output.weight"].bytes, encoded(&source["lm_head.weight"], NumberGrid::Q8_0));
    assert_eq!(read(&out, &own.0).plan, arrange(plan));
    let (plain, _) = written([], &own);
    assert_eq!(plain.tensors["output.weight"].kind_name(), "f32", "nothing is in few bits without an edit");
}

#[test]
fn experts_that_stay_are_one_tensor_and_keep_the_rows_of_the_router() {
    let source = tensors(Dtype::BF16, true);
    let plan = [
        keep(0, &[2, 0]),
        keep(1, &[1, 2]),
        per_token(0, 1),
        per_token(1, 1),
        bits(0, Module::Down, NumberGrid::Q5_0),
    ];
    let (file, _) = written(plan, &mixtral());
    assert_eq!(file.keys["llama.expert_count"], Key::U32(2));
    assert_eq!(file.keys["llama.expert_used_count"], Key::U32(1));
    let of = |layer: usize, expert: usize, name: &str| {
        &source[&format!("model.layers.{layer}.block_sparse_moe.experts.{expert}.{name}.weight")]
    };
    let gates = &file.tensors["blk.0.ffn_gate_exps.weight"];
    // The order of the plan is the new order: canonical plans list experts ascending.
    assert_eq!((gates.kind_name(), &gates.shape[..]), ("bf16", &[2, INNER, HIDDEN][..]));
    assert_eq!(gates.bytes, [of(0, 0, "w1").bytes.clone(), of(0, 2, "w1").bytes.clone()].concat());
    let ups = &file.tensors["blk.1.ffn_up_exps.weight"];
    assert_eq!(ups.bytes, [of(1, 1, "w3").bytes.clone(), of(1, 2, "w3").bytes.clone()].concat());
    let downs = &file.tensors["blk.0.ffn_down_exps.weight"];
    assert_eq!((downs.kind_name(), &downs.shape[..]), ("q5_0", &[2, HIDDEN, INNER][..]));
    let router = &file.tensors["blk.1.ffn_gate_inp.weight"];
    assert_eq!((router.kind_name(), &router.shape[..]), ("f32", &[2, HIDDEN][..]));
    let stored = &source["model.layers.1.block_sparse_moe.gate.weight"].bytes;
    let row = |row: usize| {
        stored[row * HIDDEN * 2..][..HIDDEN * 2]
            .chunks_exact(2)
            .map(|one| half::bf16::from_le_bytes([one[0], one[1]]).to_f32())
    };
    let expected: Vec<u8> = row(1).chain(row(2)).flat_map(f32::to_le_bytes).collect();
    assert_eq!(router.bytes, expected);
}

#[test]
fn blocks_that_are_skipped_are_left_out_and_the_rest_is_counted_anew() {
    let drop = Edit::from(DropBlock { layer: 0, part: None });
    let (file, _) = written(
        [drop, bits(0, Module::Up, NumberGrid::Q8_0), bits(1, Module::Up, NumberGrid::Q4K)],
        &llama(),
    );
    assert_eq!(file.keys["llama.block_count"], Key::U32(1));
    assert_eq!(file.tensors.len(), 2 + 9);
    let source = tensors(Dtype::F32, false);
    assert_eq!(
        file.tensors["blk.0.ffn_down.weight"].bytes,
        source["model.layers.1.mlp.down_proj.weight"].bytes
    );
    assert_eq!(file.tensors["blk.0.ffn_up.weight"].kind_name(), "q4_k", "that of the layer that stays");
}

#[test]
fn a_cache_in_few_bits_is_a_command_line() {
    let both = |layer| cache(layer, Some(CacheGrid::Q8_0), Some(CacheGrid::Q4_0));
    let (_, out) = written([both(0), both(1)], &llama());
    // Heads of 64 channels would be turned.
    let line = "LLAMA_ATTN_ROT_DISABLE=1 llama-server -m model.gguf -ctk q8_0 -ctv q4_0 -fa on\n";
    assert!(out.text("README.md").contains(line), "{}", out.text("README.md"));
    let done = &out.json("attune-export.json")["done"];
    assert_eq!(done["arguments"], json!(["-ctk", "q8_0", "-ctv", "q4_0", "-fa", "on"]));
    assert_eq!(done["environment"], "LLAMA_ATTN_ROT_DISABLE=1");
    let keys = |layer| cache(layer, Some(CacheGrid::Q5_1), None);
    let narrow = Facts::from(ModelFacts { head_dim: 32, ..ModelFacts::of(&model("llama", 0)) });
    let reason = |plan: Plan, facts: &Facts| match GgufExporter.check(&plan, facts).unwrap() {
        Exactness::Approximate { reason } => reason,
        Exactness::Exact => panic!("queries are rounded"),
    };
    let said = reason(arrange([keys(0), keys(1)]), &narrow);
    const OTHERWISE: &str = "with other channels of a head together";
    assert!(said.contains("rounds queries") && !said.contains(OTHERWISE), "{said}");
    // Blocks of wide heads are of other channels where llama.cpp has them in another order; of values nothing is turned.
    let values = |layer| cache(layer, None, Some(CacheGrid::Q5_1));
    let ordered = |layer| keys(layer).text("key-order", "interleaved");
    assert!(reason(arrange([keys(0), keys(1)]), &model("llama", 0)).contains(OTHERWISE));
    assert!(!reason(arrange([ordered(0), ordered(1)]), &model("llama", 0)).contains(OTHERWISE));
    assert!(!reason(arrange([keys(0), keys(1)]), &model("qwen2", 0)).contains(OTHERWISE));
    assert!(reason(arrange([ordered(0), ordered(1)]), &model("qwen2", 0)).contains(OTHERWISE));
    assert!(!reason(arrange([values(0), values(1)]), &model("llama", 0)).contains(OTHERWISE));
    // A technique hears of it.
    let heard = |family: &str, head_dim: u32| {
        let model = Facts::from(ModelFacts { head_dim, ..ModelFacts::of(&model(family, 0)) });
        GgufExporter.facts(&model).into_iter().collect::<Vec<_>>()
    };
    let order = ("target-kv-bits-key-order".to_owned(), OptionValue::Text("interleaved".to_owned()));
    for family in ["llama", "mistral", "mixtral"] {
        assert_eq!(heard(family, 64), std::slice::from_ref(&order), "{family}");
    }
    assert_eq!((heard("llama", 32), heard("qwen3", 64), heard("gemma2", 256)), (vec![], vec![], vec![]));
    for (plan, why) in [
        (vec![keys(0)], "layer 1 are stored otherwise"),
        (vec![both(0), keys(1)], "one type of keys and one of values"),
        (vec![keys(0), ordered(1)], "one type of keys and one of values"),
        (vec![Edit::from(KvBits { recent: 8, ..KvBits::of(&keys(0)).unwrap() }), keys(1)], "`recent: 0`"),
        (vec![cache(0, Some(CacheGrid::Fp8E4m3), None)], "q4_0, q4_1, q5_0, q5_1, q8_0"),
    ] {
        let refusal = GgufExporter.check(&arrange(plan), &model("llama", 0)).unwrap_err().to_string();
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn shards_are_one_file() {
    let source = tensors(Dtype::BF16, true);
    let plan = arrange([bits(0, Module::Up, NumberGrid::Q6K)]);
    let (model, single) = mixtral();
    let shards = crate::checkpoint::sharded(&source, 3, |name| name.len() % 3);
    let shards = shards.with("config.json", mixture().to_string());
    let [one, other] = [single, shards].map(|files| export(&plan, &(model.clone(), files)).unwrap());
    assert!(one.0["model.gguf"] == other.0["model.gguf"]);
}

#[test]
fn a_trained_mixture_with_its_tokenizer_is_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/tiny-moe");
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
    let files = names.into_iter().fold(Files::default(), |files, name| files.with(name, read(name)));
    let facts = Facts::from(ModelFacts {
        layers: 6,
        hidden: 128,
        heads: 4,
        kv_heads: 2,
        head_dim: 32,
        experts: 8,
        feed_forward: 192,
        ..ModelFacts::of(&model("mixtral", 8))
    });
    let pruned = (0..6).map(|layer| keep(layer, &[0, 2, 5, 7]));
    let plan = pruned.chain([bits(3, Module::Down, NumberGrid::Q5_1)]);
    let (file, out) = written(plan, &(facts.clone(), files));
    // Embedding and last norm; in each layer two norms, four matrices of attention, the router and three of experts.
    assert_eq!(file.tensors.len(), 2 + 6 * 10);
    assert_eq!(file.tensors["blk.3.ffn_down_exps.weight"].shape, [4, 128, 192]);
    assert_eq!(
        file.keys["tokenizer.ggml.pre"],
        Key::Text("smollm".into()),
        "digits by themselves, then GPT-2's words"
    );
    assert_eq!(file.keys["tokenizer.ggml.bos_token_id"], Key::U32(0));
    assert!(out.json("attune-export.json")["done"]["tokenizer"]["notes"].as_array().unwrap().is_empty());

    // Its rows of 128 and 192 channels are no blocks of 256.
    let refusal = GgufExporter
        .check(&arrange([bits(0, Module::Query, NumberGrid::Q4K)]), &facts)
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("whole blocks of q4_0, q4_1, q5_0, q5_1, q8_0, mxfp4"), "{refusal}");
}

#[test]
fn families_are_what_llama_cpp_calls_them() {
    // Norms of Gemma multiply by 1 + w, and llama.cpp by what is stored.
    let gemma = config("gemma", &json!({"hidden_act": "gelu_pytorch_tanh"}));
    let source = tensors(Dtype::F32, false);
    let (file, _) = written([], &(model("gemma", 0), files(&gemma, &source)));
    assert_eq!(file.keys["general.architecture"], Key::Text("gemma".into()));
    let norm = &file.tensors["blk.0.attn_norm.weight"].bytes;
    let plus: Vec<u8> = source["model.layers.0.input_layernorm.weight"]
        .bytes
        .chunks_exact(4)
        .flat_map(|one| (1.0 + f32::from_le_bytes(one.try_into().unwrap())).to_le_bytes())
        .collect();
    assert_eq!(*norm, plus);
    let check = |family| GgufExporter.check(&Plan::default(), &model(family, 0));
    let Ok(Exactness::Approximate { reason }) = check("gemma") else { panic!("{:?}", check("gemma")) };
    assert!(reason.contains("the activation of a Gemma up in a table of half precision"), "{reason}");
    let Ok(Exactness::Approximate { reason }) = check("qwen3") else { panic!("{:?}", check("qwen3")) };
    assert!(!reason.contains("Gemma"), "{reason}");
    // Queries of others than Llama stay in their order.
    assert_eq!(
        file.tensors["blk.0.attn_q.weight"].bytes,
        source["model.layers.0.self_attn.q_proj.weight"].bytes
    );

    // Llama 3.1's rotation is a tensor of divisors: 1 for high frequencies, `factor` for low ones.
    let scaling = json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 64});
    let (model, _) = llama();
    let (file, _) =
        written([], &(model, files(&config("llama", &json!({"rope_scaling": scaling})), &source)));
    let divisors = &file.tensors["rope_freqs.weight"];
    let numbers: Vec<f32> =
        divisors.bytes.chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect();
    assert_eq!((numbers.len(), numbers[0], numbers[31]), (HEADS[2] / 2, 1.0, 8.0));
    assert!(numbers.is_sorted());
}

#[test]
fn what_llama_cpp_computes_otherwise_is_refused_by_its_key() {
    let source = tensors(Dtype::F32, false);
    let refusal = |family: &str, more: &Value| {
        let model = model(family, if family == "mixtral" || family.ends_with("moe") { EXPERTS } else { 0 });
        export(&Plan::default(), &(model, files(&config(family, more), &source))).unwrap_err().to_string()
    };
    for (family, more, why) in [
        ("mistral", json!({"sliding_window": 32}), "`sliding_window` is 32"),
        ("llama", json!({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}), "linear, llama3 or yarn"),
        (
            "qwen2_moe",
            json!({"num_experts": EXPERTS, "num_experts_per_tok": 2, "norm_topk_prob": true}),
            "`norm_topk_prob` is true",
        ),
        (
            "qwen2_moe",
            json!({"num_experts": EXPERTS, "num_experts_per_tok": 2, "decoder_sparse_step": 2}),
            "experts in every layer",
        ),
        (
            "qwen2",
            json!({"head_dim": 32}),
            "4 heads have 32 channels each; expected 256, the channels of the residual",
        ),
        ("llama", json!({"num_hidden_layers": 3}), "a llama of 2 layers"),
        ("llama", json!({"quantization_config": {"bits": 4}}), "`quantization_config`"),
    ] {
        let found = refusal(family, &more);
        assert!(found.starts_with("config.json: ") && found.contains(why), "{family} {more}: {found}");
    }
    let missing = Tensors::from_iter(source.into_iter().filter(|(name, _)| name != "model.norm.weight"));
    let (model, _) = llama();
    let found = export(&Plan::default(), &(model, files(&config("llama", &json!({})), &missing)))
        .unwrap_err()
        .to_string();
    assert!(found.contains("`model.norm.weight` is missing"), "{found}");
}

/// tokenizer.json of bytes: `pre` cuts, `more` are keys of the model.
fn tokenizer(pre: &Value, more: &Value) -> Value {
    let letters = ["<|end|>", "a", "b", "ab"];
    let vocab: BTreeMap<&str, usize> = letters.into_iter().zip(0..).collect();
    let mut model = json!({"type": "BPE", "vocab": vocab, "merges": ["a b"]});
    for (key, value) in more.as_object().unwrap() {
        model[key] = value.clone();
    }
    let end = json!({"id": 0, "content": "<|end|>", "special": true});
    json!({"added_tokens": [end], "normalizer": null, "pre_tokenizer": pre, "post_processor": null, "model": model})
}

fn with_tokenizer(tokenizer: &Value) -> (Facts, Files) {
    let (model, files) = llama();
    let said = json!({"eos_token": "<|end|>", "chat_template": "{{ messages }}"});
    (
        model,
        files.with("tokenizer.json", tokenizer.to_string()).with("tokenizer_config.json", said.to_string()),
    )
}

#[test]
fn a_tokenizer_is_named_by_how_it_cuts_and_one_without_a_name_is_refused() {
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "use_regex": true});
    let digits = json!({"type": "Digits", "individual_digits": true});
    let sequence = json!({"type": "Sequence", "pretokenizers": [digits, bytes]});
    for (pre, name) in [(&bytes, "gpt-2"), (&sequence, "smollm")] {
        let (file, _) = written([], &with_tokenizer(&tokenizer(pre, &json!({}))));
        let key = |name: &str| file.keys[&format!("tokenizer.{name}")].clone();
        assert_eq!(key("ggml.model"), Key::Text("gpt2".into()));
        assert_eq!(key("ggml.pre"), Key::Text(name.into()));
        assert_eq!(key("ggml.eos_token_id"), Key::U32(0));
        assert_eq!(key("ggml.add_bos_token"), Key::Bool(false));
        assert_eq!(key("chat_template"), Key::Text("{{ messages }}".into()));
        assert_eq!(key("ggml.merges"), Key::List(vec![Key::Text("a b".into())]));
        let (Key::List(texts), Key::List(kinds)) = (key("ggml.tokens"), key("ggml.token_type")) else {
            panic!("lists")
        };
        assert_eq!((texts.len(), kinds.len()), (VOCAB, VOCAB));
        assert_eq!((&texts[3], &texts[4]), (&Key::Text("ab".into()), &Key::Text("[PAD4]".into())));
        assert_eq!(kinds[..5], [3, 1, 1, 1, 5].map(Key::I32));
    }
    for (pre, more, why) in [
        (bytes.clone(), json!({"ignore_merges": true}), "a way of cutting words that is known"),
        (
            json!({"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, bytes]}),
            json!({}),
            "Whitespace",
        ),
        (bytes.clone(), json!({"type": "Unigram"}), "BPE, which llama.cpp has"),
        (json!(null), json!({}), "without `byte_fallback`"),
        (bytes, json!({"vocab": {"a": VOCAB}}), "below the 300"),
    ] {
        let refusal =
            export(&Plan::default(), &with_tokenizer(&tokenizer(&pre, &more))).unwrap_err().to_string();
        assert!(refusal.starts_with("tokenizer.json: ") && refusal.contains(why), "{refusal}");
    }
}

#[test]
fn a_vocabulary_that_the_tokenizer_does_not_nearly_fill_is_refused() {
    let (model, files) = with_tokenizer(&tokenizer(&json!({"type": "ByteLevel"}), &json!({})));
    let files = files.with("config.json", config("llama", &json!({"vocab_size": 1 << 30})).to_string());
    let refusal = export(&Plan::default(), &(model, files)).unwrap_err().to_string();
    assert!(refusal.starts_with("tokenizer.json: 4 tokens"), "{refusal}");
}

#[test]
fn pieces_are_scored_by_the_order_of_merges() {
    let vocab = ["<unk>", "<s>", "<0x0A>", "\u{2581}", "a", "b", "ab", "\u{2581}a", "\u{2581}ab"];
    let vocab: BTreeMap<&str, usize> = vocab.into_iter().zip(0..).collect();
    let space = "\u{2581}";
    let merges = json!([["a", "b"], [space, "a"], ["\u{2581}a", "b"], [space, "ab"]]);
    let file = |merges: &Value| {
        json!({
            "added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true}],
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": space},
                           {"type": "Replace", "pattern": {"String": " "}, "content": space}]},
            "pre_tokenizer": null,
            "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                               {"Sequence": {"id": "A", "type_id": 0}}]},
            "model": {"type": "BPE", "vocab": vocab, "merges": merges, "byte_fallback": true, "unk_token": "<unk>"}
        })
    };
    let (model, files) = llama();
    let with = |merges: &Value| {
        let said = json!({"bos_token": "<s>"});
        let files = files.clone().with("tokenizer.json", file(merges).to_string());
        (model.clone(), files.with("tokenizer_config.json", said.to_string()))
    };
    let (found, _) = written([], &with(&merges));
    let key = |name: &str| found.keys[&format!("tokenizer.ggml.{name}")].clone();
    assert_eq!(key("model"), Key::Text("llama".into()));
    assert_eq!((key("add_bos_token"), key("add_space_prefix")), (Key::Bool(true), Key::Bool(true)));
    let (Key::List(scores), Key::List(kinds)) = (key("scores"), key("token_type")) else { panic!("lists") };
    assert_eq!(scores[6..9], [-0.0, -1.0, -2.0].map(Key::F32));
    assert_eq!(kinds[..5], [2, 3, 6, 1, 1].map(Key::I32));
    // llama.cpp would merge a pair that the model does not: ▁ and ab.
    let fewer = json!([["a", "b"], [space, "a"], ["\u{2581}a", "b"]]);
    let refusal = export(&Plan::default(), &with(&fewer)).unwrap_err().to_string();
    assert!(refusal.contains("`\u{2581}` and `ab` do not make the token `\u{2581}ab`"), "{refusal}");
}

/// A tied Qwen2-MoE, whose every token has an expert beside those that are chosen.
fn qwen2_moe() -> (Facts, Files) {
    let mut all = tensors(Dtype::F32, false);
    all.retain(|name, _| !name.contains(".mlp."));
    let mut add = |name: String, shape: &[usize]| {
        let seed = all.len();
        all.insert(name, tensor(seed, Dtype::F32, shape));
    };
    for layer in 0..LAYERS {
        let place = format!("model.layers.{layer}");
        for (name, rows) in [("q", HEADS[0]), ("k", HEADS[1]), ("v", HEADS[1])] {
            add(format!("{place}.self_attn.{name}_proj.bias"), &[rows * HEADS[2]]);
        }
        let experts = (0..EXPERTS).map(|expert| format!("experts.{expert}"));
        for part in experts.chain(["shared_expert".to_owned()]) {
            for (name, shape) in
                [("gate", [INNER, HIDDEN]), ("up", [INNER, HIDDEN]), ("down", [HIDDEN, INNER])]
            {
                add(format!("{place}.mlp.{part}.{name}_proj.weight"), &shape);
            }
        }
        add(format!("{place}.mlp.gate.weight"), &[EXPERTS, HIDDEN]);
        add(format!("{place}.mlp.shared_expert_gate.weight"), &[1, HIDDEN]);
    }
    let more = json!({"num_experts": EXPERTS, "num_experts_per_tok": 2, "moe_intermediate_size": INNER,
                      "shared_expert_intermediate_size": INNER, "decoder_sparse_step": 1, "norm_topk_prob": false});
    (model("qwen2_moe", EXPERTS), files(&config("qwen2_moe", &more), &all))
}

#[test]
fn what_llama_cpp_does_not_make_of_the_embedding_is_written_and_types_are_read_back() {
    let model = qwen2_moe();
    let plan = arrange([bits(0, Module::Down, NumberGrid::Q5_0), bits(1, Module::Query, NumberGrid::Q4K)]);
    let (file, out) = written(plan.edits().to_vec(), &model);
    // llama.cpp has no fallback for this family.
    let [embedding, output] = ["token_embd.weight", "output.weight"]
        .map(|name| (&file.tensors[name].shape, &file.tensors[name].bytes));
    assert_eq!(embedding, output);
    let types = out.text("tensor-types.txt");
    assert!(types.contains("^blk\\.1\\.ffn_up_shexp\\.weight$=f32\n"), "{types}");
    let read = |types: &str| {
        read_recipe("tensor-types.txt", &mut std::io::Cursor::new(types.to_owned()), &model.0).unwrap()
    };
    assert_eq!(read(&types).plan, plan);
    // The first that matches counts, of what stands beside as well.
    let few = read("ffn_down_shexp=f16 _shexp=q8_0 output\\.=q6_k output\\.=f16 token_embd=f16 .=q4_0");
    let beside = ["output.weight", "blk.0.ffn_gate_shexp.weight", "blk.0.ffn_up_shexp.weight"];
    assert!(
        beside.iter().all(|name| few.left_exact.iter().any(|found| found == name)),
        "{:?}",
        few.left_exact
    );
    assert_eq!(few.left_exact.len(), 1 + 2 * LAYERS, "{:?}", few.left_exact);
}

/// Files of every part that the exporter has, by hashes of what it wrote when it still made them in memory.
#[test]
fn files_keep_their_bytes() {
    let mixture = [bits(0, Module::Gate, NumberGrid::Q4K), bits(1, Module::Down, NumberGrid::Q6K)];
    let turned = [bits(0, Module::Query, NumberGrid::Q5_0), bits(1, Module::Output, NumberGrid::Q8_0)];
    let found = [
        hash([], &llama()),
        hash(turned, &llama()),
        hash(mixture.into_iter().chain([keep(0, &[0, 2]), keep(1, &[1, 0])]), &mixtral()),
    ];
    let expected = [
        "68f888dba5bb7c361d0f8094e12e94c4e9bbcd22011adae3f699610e282f71f6",
        "c1c3ed35fec238563a6edee932127d4db0159952ab859278c158f1265b44f644",
        "ba8f27ac021696f1fc41af07fff6c6ed5f179da2c81e62fb39841352c193f3dc",
    ];
    assert_eq!(found, expected);
}

fn hash(plan: impl IntoIterator<Item = Edit>, model: &(Facts, Files)) -> String {
    let out = export(&arrange(plan), model).unwrap();
    attune_core::hash::ContentHash::of(&out.0["model.gguf"]).to_string()
}
