//! Sliding windows in config.json: `windows` and `granite-swa`.

use attune_core::exporter::{Exactness, Exporter};
use attune_core::facts::Facts;
use attune_core::plan::Edit;
use attune_export::target;
use attune_testkit::exporter::check;
use attune_vocabulary::edits::AttentionSpan;
use attune_vocabulary::{ModelFacts, arrange};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde_json::{Value, json};

use crate::checkpoint::{Files, Tensor, Tensors, export_of, facts, keep, serialise};

pub(crate) const LAYERS: u32 = 3;
pub(crate) const HEADS: u32 = 2;

fn exporter(name: &str) -> &'static dyn Exporter {
    target(name).unwrap().exporter
}

/// A model of three layers, two KV heads and four query heads.
pub(crate) fn model(family: &str) -> Facts {
    Facts::from(ModelFacts {
        family: family.into(),
        layers: LAYERS,
        heads: 2 * HEADS,
        kv_heads: HEADS,
        head_dim: 32,
        experts: 0,
        experts_per_token: 0,
        ..ModelFacts::of(&facts())
    })
}

/// What config.json of such a model says, with spacing that is nobody's.
pub(crate) fn config(family: &str, more: &[(&str, Value)]) -> String {
    let mut keys = json!({
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": LAYERS, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 97, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "max_position_embeddings": 256,
    });
    let keys = keys.as_object_mut().unwrap();
    for (key, value) in more {
        keys.insert((*key).to_owned(), value.clone());
    }
    let keys: Vec<String> = keys.iter().map(|(key, value)| format!("\t\"{key}\" :  {value}")).collect();
    format!("{{\"model_type\":\"{family}\" ,\n{}\n}}\n", keys.join(",\n"))
}

fn tensors(dtype: Dtype) -> Tensors {
    // Four heads of 16 channels.
    let bytes = (0..64 * 2 * dtype.bitsize() / 8).map(|byte| byte as u8).collect();
    let tensor = Tensor { dtype, shape: vec![64, 2], bytes };
    let names = ["model.layers.0.self_attn.q_proj.weight", "model.layers.2.self_attn.k_proj.weight"];
    names.map(|name| (name.to_owned(), tensor.clone())).into()
}

/// A folder with that config, whose weights stand for a model's.
pub(crate) fn folder(config: String) -> Files {
    Files::default()
        .with("config.json", config)
        .with("tokenizer.json", "{}")
        .with("model.safetensors", serialise(&tensors(Dtype::BF16)))
}

pub(crate) fn span(layer: u32, kv_head: u32, sink: u32, alpha: f64, beta: f64) -> Edit {
    Edit::from(AttentionSpan { layer, kv_head, sink, alpha, beta })
}

/// All heads of these layers see so many tokens.
fn windowed(layers: &[u32], tokens: f64) -> Vec<Edit> {
    layers.iter().flat_map(|&layer| (0..HEADS).map(move |head| span(layer, head, 0, tokens, 0.0))).collect()
}

fn written(
    exporter: &dyn Exporter,
    family: &str,
    more: &[(&str, Value)],
    plan: Vec<Edit>,
) -> Result<Files, String> {
    let result = export_of(exporter, &arrange(plan), &folder(config(family, more)), &model(family));
    result.map_err(|error| error.to_string())
}

#[test]
fn exporters_of_windows_keep_their_promises() {
    let plans =
        [arrange(windowed(&[0, 2], 8.0)), arrange([span(0, 0, 0, 8.0, 0.0)]), arrange([keep(0, &[0, 1])])];
    let whole = tensors(Dtype::F16);
    let names = ["model.layers.0.self_attn.q_proj.weight", "model.layers.2.self_attn.k_proj.weight"];
    let part = |name: &str| serialise(whole.iter().filter(|(tensor, _)| tensor.as_str() == name));
    let map = json!({names[0]: "model-1.safetensors", names[1]: "model-2.safetensors"});
    let several = Files::default()
        .with("config.json", config("llama", &[]))
        .with("model-1.safetensors", part(names[0]))
        .with("model-2.safetensors", part(names[1]))
        .with(
            "model.safetensors.index.json",
            json!({"metadata": {"total_size": 32}, "weight_map": map}).to_string(),
        );
    for files in [folder(config("llama", &[])), several] {
        check(exporter("windows"), &model("llama"), &files, &plans);
        check(exporter("granite-swa"), &model("llama"), &files, &plans);
        check(exporter("mlx-windows"), &model("llama"), &files, &plans);
    }
}

#[test]
fn a_llama_becomes_a_ministral_whose_weights_are_its_own() {
    let plan = windowed(&[1, 2], 8.9);
    assert_eq!(exporter("windows").check(&arrange(plan.clone()), &model("llama")).unwrap(), Exactness::Exact);
    let out = written(exporter("windows"), "llama", &[], plan).unwrap();
    let text = out.text("config.json");
    // Every byte that is not a changed value stays.
    assert!(text.contains("\t\"hidden_size\" :  64"), "{text}");
    let config = out.json("config.json");
    assert_eq!(config["model_type"], "ministral");
    assert_eq!(config["architectures"], json!(["MinistralForCausalLM"]));
    assert_eq!(config["layer_types"], json!(["full_attention", "sliding_attention", "sliding_attention"]));
    assert_eq!(config["sliding_window"], 8, "⌊α⌋ tokens, the query's own included");
    // A Ministral takes other numbers than a Llama where these are absent.
    assert_eq!([&config["num_key_value_heads"], &config["head_dim"]], [2, 16]);
    assert_eq!(out.0["model.safetensors"], serialise(&tensors(Dtype::BF16)));
    let done = &out.json("attune-export.json")["done"];
    assert_eq!([&done["window"], &done["layers"]], [&json!(8), &json!([1, 2])]);
}

#[test]
fn families_say_windows_in_their_own_words() {
    let layers = json!(["sliding_attention", "full_attention", "full_attention"]);
    for (family, more) in [
        ("qwen2", vec![("use_sliding_window", json!(false)), ("max_window_layers", json!(28))]),
        ("qwen3", vec![("sliding_window", Value::Null)]),
        ("mistral", vec![("sliding_window", Value::Null)]),
    ] {
        let config =
            written(exporter("windows"), family, &more, windowed(&[0], 16.0)).unwrap().json("config.json");
        let name = if family == "mistral" { "ministral" } else { family };
        assert_eq!(
            [&config["model_type"], &config["layer_types"], &config["sliding_window"]],
            [&json!(name), &layers, &json!(16)]
        );
        if family != "mistral" {
            // vLLM's own Qwen refuses what it would pass over.
            assert_eq!(
                [&config["use_sliding_window"], &config["max_window_layers"]],
                [&json!(true), &json!(0)]
            );
        }
    }
}

#[test]
fn windows_of_the_model_itself_stand_where_they_are_shorter() {
    let everywhere = [("sliding_window", json!(16))];
    let config = written(exporter("windows"), "mistral", &everywhere, windowed(&[1], 32.0))
        .unwrap()
        .json("config.json");
    assert_eq!(config["layer_types"], json!(vec!["sliding_attention"; 3]));
    assert_eq!(config["sliding_window"], 16);
    let message = written(exporter("windows"), "mistral", &everywhere, windowed(&[1], 8.0)).unwrap_err();
    assert!(
        message
            .contains("config.json: layer 1 has a window of 8 tokens beside one of 16; expected one window"),
        "{message}"
    );
    // A Gemma 2 has them in every other layer.
    let gemma = [("sliding_window", json!(16)), ("head_dim", json!(16))];
    let config =
        written(exporter("windows"), "gemma2", &gemma, windowed(&[1], 16.0)).unwrap().json("config.json");
    assert_eq!(config["layer_types"], json!(vec!["sliding_attention"; 3]));
}

#[test]
fn configs_that_another_family_cannot_say_are_refused() {
    let llama3 = json!({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64});
    for (exporter, more, found) in [
        (exporter("windows"), ("attention_bias", json!(true)), "expected"),
        (exporter("windows"), ("mlp_bias", json!(true)), "expected"),
        (exporter("windows"), ("auto_map", json!({"AutoModel": "x.Y"})), "expected no model code of its own"),
        (exporter("granite-swa"), ("attention_bias", json!(true)), "biases; expected none"),
        (exporter("granite-swa"), ("rope_scaling", llama3), "this scaling of the rotation; expected none"),
        (exporter("granite-swa"), ("quantization_config", json!({"quant_method": "awq"})), "config.json: "),
    ] {
        let message =
            written(exporter, "llama", std::slice::from_ref(&more), windowed(&[0], 8.0)).unwrap_err();
        assert!(message.starts_with("config.json: ") && message.contains(found), "{}: {message}", more.0);
    }
}

#[test]
fn a_granite_with_windows_has_multipliers_of_one_and_sinks_that_take_no_weight() {
    let out = written(exporter("granite-swa"), "llama", &[], windowed(&[0], 8.0)).unwrap();
    let config = out.json("config.json");
    assert_eq!(config["model_type"], "granite_swa");
    assert_eq!(config["attention_multiplier"], 0.25, "one divided by the root of 16 channels");
    for key in ["embedding_multiplier", "logits_scaling", "residual_multiplier"] {
        assert_eq!(config[key], 1.0, "{key}");
    }
    assert_eq!(config["layer_rope_theta"], json!(vec![10000.0; 3]));
    assert_eq!(config["tie_word_embeddings"], false);
    let weights = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
    assert_eq!(weights.len(), 2 + LAYERS as usize);
    let sinks = weights.tensor("model.layers.1.self_attn.sinks").unwrap();
    assert_eq!((sinks.dtype(), sinks.shape()), (Dtype::BF16, &[4][..]));
    // −1e30 in bfloat16, the lower byte first.
    assert_eq!(sinks.data()[..2], [0x4a, 0xf1]);
    let kept = weights.tensor("model.layers.0.self_attn.q_proj.weight").unwrap();
    assert_eq!(kept.data(), tensors(Dtype::BF16)["model.layers.0.self_attn.q_proj.weight"].bytes);
    let facts = Facts::from(ModelFacts { heads: 8, ..ModelFacts::of(&model("llama")) });
    let wide = [("num_attention_heads", json!(8)), ("head_dim", json!(16))];
    let wide = folder(self::config("llama", &wide));
    let result = export_of(exporter("granite-swa"), &arrange(windowed(&[0], 8.0)), &wide, &facts);
    let message = result.unwrap_err().to_string();
    assert!(message.contains("has the shape [64, 2]; expected 8 heads of 16 channels"), "{message}");
    // Granite's own multipliers stay.
    let own = [("attention_multiplier", json!(0.5)), ("embedding_multiplier", json!(12.0))];
    let config =
        written(exporter("granite-swa"), "granite", &own, windowed(&[0], 8.0)).unwrap().json("config.json");
    assert_eq!([&config["attention_multiplier"], &config["embedding_multiplier"]], [0.5, 12.0]);
}

#[test]
fn mlx_reads_windows_of_a_llama_that_stays_one() {
    let out = written(exporter("mlx-windows"), "llama", &[], windowed(&[0, 2], 8.0)).unwrap();
    let config = out.json("config.json");
    assert_eq!(config["model_type"], "llama");
    assert_eq!(config["layer_types"], json!(["sliding_attention", "full_attention", "sliding_attention"]));
    assert_eq!(config["sliding_window"], 8);
    let refused = |family, more: &[(&str, Value)], layers: &[u32]| {
        written(exporter("mlx-windows"), family, more, windowed(layers, 8.0)).unwrap_err()
    };
    let message = refused("llama", &[], &[0, 1, 2]);
    assert!(message.contains("all 3 layers have a window; expected one without"), "{message}");
    let message = refused("mistral", &[("sliding_window", json!(8))], &[0]);
    assert!(message.contains("`sliding_window` is 8; expected null: mlx-lm lets every token"), "{message}");
    let turned = json!({"rope_type": "default", "rope_theta": 10000.0});
    let message = refused("llama", &[("rope_parameters", turned)], &[0]);
    assert!(message.contains("`rope_parameters` is "), "{message}");
}
