//! Recipes of other quantisers, read as plans.

use std::io::Cursor;

use attune_core::facts::Facts;
use attune_export::{Recipe, RecipeError, read_recipe};
use attune_vocabulary::{
    Embedding, EmbeddingMatrix, LinearModules, Matrices, ModelFacts, NamedModule, say_embeddings,
};

use crate::checkpoint::facts;

/// A model of two layers with rows of 256 channels and, for a mixture, four experts.
pub(crate) fn model(family: &str) -> Facts {
    let experts = if family == "mixtral" { 4 } else { 0 };
    let model = ModelFacts {
        family: family.to_owned(),
        experts,
        experts_per_token: experts.min(2),
        bytes_per_parameter: 4.0,
        ..ModelFacts::of(&facts())
    };
    let mut facts = Facts::from(model);
    let module =
        |(number, name): (usize, &str)| NamedModule { name: name.to_owned(), input: number, tensor: number };
    let of = |count| Some(Matrices { outputs: 256, inputs: 256, count, rows: 1 });
    let names = ["q", "k", "v", "o", "gate", "up", "down"];
    let layer: Vec<_> = (0..7).map(|number| of(if number > 3 { experts.max(1) } else { 1 })).collect();
    let modules = names.into_iter().enumerate().map(module).collect();
    LinearModules { modules, layers: vec![layer; 2] }.say(&mut facts.values);
    facts
}

fn read(text: impl AsRef<[u8]>, family: &str) -> Result<Recipe, RecipeError> {
    read_recipe("recipes/mine", &mut Cursor::new(text.as_ref()), &model(family))
}

fn edits(recipe: &Recipe) -> Vec<String> {
    recipe.plan.edits().iter().map(ToString::to_string).collect()
}

fn refusal(text: impl AsRef<[u8]>, family: &str) -> String {
    read(text, family).unwrap_err().to_string()
}

#[test]
fn a_layer_config_of_autoround_gives_each_module_its_bits() {
    let text = r#"{
  "bits": 4, "group_size": 32, "sym": true, "quant_method": "auto-round",
  "extra_config": {
    "model.layers.0.self_attn.q_proj": {"bits": 8, "group_size": 64},
    "model.layers.1.mlp": {"bits": 16},
    ".*layers.1.*down_proj": {"bits": 2, "sym": false},
    "lm_head": {"bits": 8}
  }
}"#;
    let recipe = read(text, "llama").unwrap();
    let all = edits(&recipe);
    assert_eq!(all.len(), 12, "{all:#?}");
    let of = |layer: u32, module: &str| {
        let place = format!("layer:{layer},module:\"{module}\"");
        all.iter().find(|edit| edit.contains(&place)).cloned().unwrap_or_default()
    };
    assert!(of(0, "q").contains("bits:8") && of(0, "q").contains("group-size:64"), "{all:#?}");
    assert!(of(0, "k").contains("bits:4") && of(0, "k").contains("grid:\"symmetric\""), "{all:#?}");
    assert!(of(1, "gate").is_empty(), "left exact");
    assert!(of(1, "down").contains("bits:2") && of(1, "down").contains("affine-int"), "{all:#?}");
    assert_eq!(recipe.left_exact, ["lm_head"]);
    // A config.json that the tool has written says the same.
    let inside = format!("{{\"model_type\": \"llama\", \"quantization_config\": {text}}}");
    assert_eq!(read(inside, "llama").unwrap(), recipe);
}

/// The model with embeddings of 320 rows: two matrices, or one for both.
fn with_embeddings(tied: bool) -> Facts {
    let mut facts = model("llama");
    let matrix =
        |&embedding: &Embedding| EmbeddingMatrix { embedding, tokens: 320, channels: 256, element_bytes: 4 };
    let which = &Embedding::ALL[..if tied { 1 } else { 2 }];
    say_embeddings(&which.iter().map(matrix).collect::<Vec<_>>(), &mut facts.values);
    facts
}

fn read_on(text: impl AsRef<[u8]>, facts: &Facts) -> Recipe {
    read_recipe("recipes/mine", &mut Cursor::new(text.as_ref()), facts).unwrap()
}

#[test]
fn embeddings_are_edits_where_the_model_says_which_it_has() {
    let of_ends = |recipe: &Recipe| -> Vec<String> {
        edits(recipe).into_iter().filter(|edit| edit.starts_with("embedding-bits")).collect()
    };
    let autoround =
        r#"{"bits": 4, "group_size": 32, "extra_config": {"lm_head": {"bits": 8, "group_size": 64}}}"#;
    let found = read_on(autoround, &with_embeddings(false));
    let expected = r#"embedding-bits(bits:8,grid:"symmetric",group-size:64,matrix:"output")"#;
    assert_eq!((of_ends(&found), found.left_exact.len()), (vec![expected.to_owned()], 0));
    // One matrix for both has no head of its own.
    assert_eq!(read_on(autoround, &with_embeddings(true)).left_exact, ["lm_head"]);

    let modelopt = r#"{"quantized_layers": {"lm_head": {"quant_algo": "W4A16_AWQ", "group_size": 128}}}"#;
    let found = read_on(modelopt, &with_embeddings(false));
    let expected = r#"embedding-bits(bits:4,grid:"symmetric",group-size:128,matrix:"output")"#;
    assert_eq!((edits(&found), found.left_exact.len()), (vec![expected.to_owned()], 0));

    let types = "output\\.=q6_k token_embd=q8_0 .=q4_0";
    let found = read_on(types, &with_embeddings(false));
    let ends = of_ends(&found);
    assert!(ends.len() == 2 && found.left_exact.is_empty(), "{ends:?} {:?}", found.left_exact);
    assert!(ends.iter().any(|edit| edit.contains("q6_k") && edit.contains("\"output\"")), "{ends:?}");
    assert!(ends.iter().any(|edit| edit.contains("q8_0") && edit.contains("\"input\"")), "{ends:?}");

    let header = gguf_of(&tensors());
    let found = read_on(&header, &with_embeddings(true));
    assert!(found.left_exact.is_empty() && of_ends(&found).len() == 1, "{:?}", found.left_exact);
    assert!(of_ends(&found)[0].contains("q6_k"), "{:?}", of_ends(&found));
    // A type that no grid is known of stays exact, and is said to.
    let mut unknown = tensors();
    unknown[14].2 = 23;
    assert_eq!(read_on(gguf_of(&unknown), &with_embeddings(true)).left_exact, ["token_embd.weight"]);
}

#[test]
fn experts_that_agree_are_one_edit_and_others_have_their_own() {
    let text = r#"{"bits": 4, "extra_config": {"experts.3.w2": {"bits": 8}, "model.layers.1.block_sparse_moe.gate": {"bits": 8}}}"#;
    let recipe = read(text, "mixtral").unwrap();
    let all = edits(&recipe);
    let down: Vec<&String> = all.iter().filter(|edit| edit.contains("\"down\"")).collect();
    assert_eq!(down.len(), 8, "{all:#?}");
    assert!(down.iter().all(|edit| edit.contains("bits:8") == edit.contains("expert:3")), "{down:#?}");
    let gate: Vec<&String> = all.iter().filter(|edit| edit.contains("module:\"gate\"")).collect();
    assert!(gate.len() == 2 && gate.iter().all(|edit| !edit.contains("expert:")), "{gate:#?}");
    assert_eq!(recipe.left_exact, ["model.layers.1.block_sparse_moe.gate"]);
}

#[test]
fn matrices_that_autoround_passes_over_stay_exact() {
    let mut model = model("llama");
    let mut modules = LinearModules::of(&model).unwrap();
    // o has 40 rows, and down 48 inputs; both names are in the file.
    modules.layers[0][3] = Some(Matrices { outputs: 40, inputs: 256, count: 1, rows: 1 });
    modules.layers[1][6] = Some(Matrices { outputs: 256, inputs: 48, count: 1, rows: 1 });
    modules.say(&mut model.values);
    let text =
        r#"{"bits": 4, "group_size": 32, "extra_config": {"o_proj": {"bits": 8}, "down_proj": {"bits": 2}}}"#;
    let recipe = read_recipe("recipes/mine", &mut Cursor::new(text), &model).unwrap();
    let all = edits(&recipe);
    let has = |layer: u32, name: &str| {
        all.iter().any(|edit| edit.contains(&format!("layer:{layer},module:\"{name}\"")))
    };
    assert_eq!(all.len(), 12, "{all:#?}");
    assert!(!has(0, "o") && !has(1, "down") && has(1, "o") && has(0, "down"), "{all:#?}");
}

#[test]
fn a_later_entry_takes_back_what_was_said_of_a_weight_beside() {
    let text = |last: &str| {
        format!(r#"{{"bits": 4, "extra_config": {{"lm_head": {{"bits": 8}}, "head": {{"bits": {last}}}}}}}"#)
    };
    assert!(read(text("16"), "llama").unwrap().left_exact.is_empty());
    assert_eq!(read(text("4"), "llama").unwrap().left_exact, ["lm_head"]);
}

#[test]
fn inputs_that_modelopt_rounds_are_said_to_stay_exact() {
    let left = |algorithm: &str| {
        let text = format!(r#"{{"quantization": {{"quant_algo": "{algorithm}"}}}}"#);
        read(text, "llama").unwrap().left_exact
    };
    assert_eq!(left("FP8"), ["what enters modules in FP8"]);
    assert!(left("W4A16_AWQ").is_empty() && left("W8A16").is_empty() && left("W4A16_NVFP4").is_empty());
    let mixed = r#"{"quantized_layers": {"model.layers.0.self_attn.q_proj": {"quant_algo": "NVFP4"},
                    "model.layers.0.self_attn.k_proj": {"quant_algo": "W4A8_AWQ", "group_size": 64}}}"#;
    let expected = ["what enters modules in NVFP4", "what enters modules in W4A8_AWQ"];
    assert_eq!(read(mixed, "llama").unwrap().left_exact, expected);
}

#[test]
fn quantized_layers_of_modelopt_have_their_grids_and_the_rest_is_exact() {
    let text = r#"{"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "MIXED_PRECISION", "quantized_layers": {
        "model.layers.0.self_attn.q_proj": {"quant_algo": "FP8"},
        "model.layers.0.self_attn.k_proj": {"quant_algo": "NVFP4", "group_size": 16},
        "model.layers.1.mlp.down_proj": {"quant_algo": "W4A16_AWQ", "group_size": 64}}}}"#;
    let all = edits(&read(text, "llama").unwrap());
    assert_eq!(all.len(), 3, "{all:#?}");
    for (edit, parts) in all.iter().zip([
        ["bits:8", "group-size:256", "fp8-e4m3-tensor"],
        ["bits:4", "group-size:16", "nvfp4"],
        ["bits:4", "group-size:64", "symmetric"],
    ]) {
        assert!(parts.iter().all(|part| edit.contains(part)), "{edit}: {parts:?}");
    }
    let one = r#"{"quantization": {"quant_algo": "NVFP4", "group_size": 16,
        "exclude_modules": ["lm_head", "model.layers.0.*", "model.layers.1.mlp"]}}"#;
    assert_eq!(edits(&read(one, "llama").unwrap()).len(), 4, "attention of layer 1");
}

#[test]
fn the_first_pattern_of_a_tensor_type_file_counts() {
    let text = "^blk\\.0\\.attn_q\\.weight$=q8_0\nattn_[QK]=f16 ffn_down=q6_k\n\ntoken_embd=q8_0\n.=q4_0\n";
    let recipe = read(text, "llama").unwrap();
    let all = edits(&recipe);
    let count = |part: &str| all.iter().filter(|edit| edit.contains(part)).count();
    // Each of two layers: v, o, gate and up.
    assert_eq!([count("q8_0"), count("q6_k"), count("q4_0"), all.len()], [1, 2, 8, 11], "{all:#?}");
    assert_eq!(recipe.left_exact, ["output.weight", "token_embd.weight"]);
    let mixture = edits(&read("_exps=q5_1 .=f16", "mixtral").unwrap());
    assert_eq!(mixture.len(), 6, "{mixture:#?}");
    assert!(mixture.iter().all(|edit| !edit.contains("expert:")));
}

/// The header of a GGUF file with a list of texts among its keys.
fn gguf(tensors: &[(&str, u64, u32)]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend(2_u64.to_le_bytes());
    text(&mut bytes, "general.architecture");
    bytes.extend(8_u32.to_le_bytes());
    text(&mut bytes, "llama");
    text(&mut bytes, "tokenizer.ggml.tokens");
    bytes.extend([9_u32.to_le_bytes(), 8_u32.to_le_bytes()].concat());
    bytes.extend(2_u64.to_le_bytes());
    text(&mut bytes, "<s>");
    text(&mut bytes, "a");
    for (name, row, kind) in tensors {
        text(&mut bytes, name);
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend([*row, 256].map(u64::to_le_bytes).concat());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
    }
    bytes
}

/// Name, channels of a row, and type.
type Tensors = Vec<(String, u64, u32)>;

fn tensors() -> Tensors {
    let stems = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
    let of = |layer: u32| stems.map(|stem| (format!("blk.{layer}.{stem}.weight"), 256, 12));
    let beside = [("token_embd.weight", 14), ("output_norm.weight", 0)];
    let beside = beside.map(|(name, kind)| (name.to_owned(), 256, kind));
    (0..2).flat_map(of).chain(beside).collect()
}

fn gguf_of(tensors: &[(String, u64, u32)]) -> Vec<u8> {
    gguf(&tensors.iter().map(|(name, row, kind)| (name.as_str(), *row, *kind)).collect::<Vec<_>>())
}

#[test]
fn types_of_a_gguf_file_are_read_from_its_header() {
    let mut found = tensors();
    found[0].2 = 8;
    found[1].2 = 30;
    let recipe = read(gguf_of(&found), "llama").unwrap();
    let all = edits(&recipe);
    assert_eq!(all.len(), 13, "k of layer 0 is bfloat16");
    assert!(all[0].contains("\"q\"") && all[0].contains("q8_0"), "{all:#?}");
    assert!(all[1..].iter().all(|edit| edit.contains("q4_k") && edit.contains("group-size:256")), "{all:#?}");
    assert_eq!(recipe.left_exact, ["token_embd.weight"]);
}

#[test]
fn what_cannot_be_scored_is_refused_with_its_place_and_what_would_work() {
    let autoround = |entries: &str| format!("{{\"bits\": 4,\n \"extra_config\": {{\n  {entries}}}}}");
    let cases: [(Vec<u8>, &[&str]); 17] = [
        (
            autoround("\"model.layers.2.self_attn.q_proj\": {\"bits\": 8}").into(),
            &["mine:3:", "matches no module"],
        ),
        (autoround("\"lm_head\": {},\n\"q_proj\": {\"bits\": 7}").into(), &["mine:4:", "integers of 7 bits"]),
        (autoround("\"q_proj\": {\"group_size\": 48}").into(), &["mine:3:", "48", "256 inputs"]),
        (autoround("\"q_proj\": {\"act_bits\": 8}").into(), &["mine:3:", "activations of 8 bits"]),
        (
            autoround("\"q_proj\": {\"data_type\": \"fp8\", \"bits\": 8}").into(),
            &["mine:3:", "8 bits of `fp8`"],
        ),
        (autoround("\"(q_proj\": {}").into(), &["mine:3:", "no regular expression"]),
        (autoround("\"q_proj\": 4").into(), &["mine:3:", "`q_proj` is 4; expected an object"]),
        (
            "{\"model.layers.0.self_attn.q_proj\": {\"bits\": 8}}".into(),
            &["nothing is said of `model.layers.0.self_attn.k_proj`", "extra_config"],
        ),
        (
            "{\"quant_method\": \"gptq\", \"bits\": 4}".into(),
            &["`quant_method` is \"gptq\"", "AutoRound or ModelOpt"],
        ),
        (
            "{\"quantization\":\n{\"group_size\": 64, \"bits\": 4}, \"quantization_config\": {\"group_size\": 64, \"bits\": 4}}"
                .into(),
            &["mine:2:", "as mlx-lm writes it", "AutoRound or ModelOpt"],
        ),
        ("{\n\"bits\": }".into(), &["mine:2:", "expected JSON"]),
        (
            "{\"quantized_layers\":\n{\"model.layers.0.self_attn.q_proj\": {\"quant_algo\": \"MXFP8\"}}}"
                .into(),
            &["mine:2:", "MXFP8", "NVFP4"],
        ),
        (
            "{\"quantized_layers\":\n{\"model.layers.0.qkv\": {\"quant_algo\": \"FP8\"}}}".into(),
            &["mine:2:", "no module `model.layers.0.qkv`"],
        ),
        ("blk.0.attn_q=iq4_xs".into(), &["mine:1:", "type `iq4_xs`", "q4_k"]),
        ("attn=q8_0\nblk.7.=q4_0\n.=q4_0".into(), &["mine:2:", "`blk.7.` matches no tensor"]),
        ("attn=q8_0".into(), &["nothing is said of `model.layers.0.mlp.gate_proj`", "`.=q4_k`"]),
        (" \n".into(), &["nothing; expected lines"]),
    ];
    for (text, parts) in cases {
        let message = refusal(&text, "llama");
        let all = parts.iter().all(|part| message.contains(part)) && message.contains("recipes/mine");
        assert!(all, "{}: {message}", String::from_utf8_lossy(&text));
    }
    let with = |change: &dyn Fn(&mut Tensors)| {
        let mut found = tensors();
        change(&mut found);
        refusal(gguf_of(&found), "llama")
    };
    assert!(with(&|found| found[3].2 = 23).contains("`blk.0.attn_output.weight` has type 23"));
    assert!(with(&|found| drop(found.remove(2))).contains("no tensor of `model.layers.0.self_attn.v_proj`"));
    assert!(with(&|found| found[2].1 = 128).contains("rows of 128 channels; expected 256"));
    assert!(
        with(&|found| found[2].0 = "blk.2.attn_v.weight".into()).contains("is of block 2; expected 2 blocks")
    );
    let whole = gguf_of(&tensors());
    for end in [6, 20, 60, whole.len() - 1] {
        assert!(refusal(&whole[..end], "llama").contains("ends in its middle"), "{end}");
    }
    let mut long = whole.clone();
    long[24..32].fill(0xff);
    assert!(refusal(&long, "llama").contains("a text of"), "{}", refusal(&long, "llama"));
    let unknown = refusal("attn=q8_0", "attune_denoiser");
    assert!(unknown.contains("of a `attune_denoiser` are not known by name"), "{unknown}");
}
