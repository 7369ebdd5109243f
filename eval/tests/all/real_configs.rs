//! Configs as they are published and as `transformers` writes them: all of their keys are understood.

use std::path::Path;

use attune_eval::model::{DecoderConfig, Scaling};
use serde_json::{Map, Value, json};

fn read(config: &Value) -> Result<DecoderConfig, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config.to_string()).unwrap();
    DecoderConfig::read(file.path()).map_err(|error| error.to_string())
}

fn accepted(name: &str, config: &Value) -> DecoderConfig {
    read(config).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What most files have in common.
fn published(kind: &str, class: &str, other: Value) -> Value {
    let mut keys: Map<String, Value> = json!({
        "architectures": [class], "model_type": kind, "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
        "hidden_act": "silu", "initializer_range": 0.02, "rms_norm_eps": 1e-5, "torch_dtype": "bfloat16",
        "transformers_version": "4.40.0", "use_cache": true, "hidden_size": 2048, "intermediate_size": 5632,
        "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 32000,
        "max_position_embeddings": 2048,
    })
    .as_object()
    .unwrap()
    .clone();
    keys.extend(other.as_object().unwrap().clone());
    keys.into()
}

/// Models whose blocks have both parts side by side.
fn side_by_side() -> [Value; 6] {
    let plain = |kind: &str, class: &str, other: Value| {
        let mut keys = published(kind, class, other);
        let unknown = [
            "rms_norm_eps",
            "num_key_value_heads",
            "hidden_act",
            "intermediate_size",
            "max_position_embeddings",
        ];
        unknown.iter().for_each(|key| {
            keys.as_object_mut().unwrap().remove(*key);
        });
        keys
    };
    let mut pythia = plain(
        "gpt_neox",
        "GPTNeoXForCausalLM",
        json!({"layer_norm_eps": 1e-5, "rotary_emb_base": 10000,
        "rotary_pct": 0.25, "use_parallel_residual": true, "tie_word_embeddings": false}),
    );
    for (key, value) in [
        ("hidden_act", json!("gelu")),
        ("intermediate_size", json!(8192)),
        ("max_position_embeddings", json!(2048)),
    ] {
        pythia[key] = value;
    }
    let falcon = json!({"alibi": false, "apply_residual_connection_post_layernorm": false, "bias": false,
        "hidden_dropout": 0.0, "layer_norm_epsilon": 1e-5, "multi_query": true, "new_decoder_architecture": false,
        "parallel_attn": true, "auto_map": {"AutoConfig": "configuration_falcon.FalconConfig",
        "AutoModel": "modeling_falcon.FalconModel",
        "AutoModelForSequenceClassification": "modeling_falcon.FalconForSequenceClassification",
        "AutoModelForTokenClassification": "modeling_falcon.FalconForTokenClassification",
        "AutoModelForQuestionAnswering": "modeling_falcon.FalconForQuestionAnswering",
        "AutoModelForCausalLM": "modeling_falcon.FalconForCausalLM"}});
    let mut larger = falcon.clone();
    larger["new_decoder_architecture"] = json!(true);
    larger["num_kv_heads"] = json!(8);
    let mut phi = published(
        "phi",
        "PhiForCausalLM",
        json!({"embd_pdrop": 0.0, "hidden_act": "gelu_new",
        "layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "qk_layernorm": false, "resid_pdrop": 0.1,
        "rope_scaling": null, "rope_theta": 10000.0, "tie_word_embeddings": false}),
    );
    let mut cohere = published(
        "cohere",
        "CohereForCausalLM",
        json!({"attention_bias": false, "layer_norm_eps": 1e-5,
        "logit_scale": 0.0625, "model_max_length": 131072, "pad_token_id": 0, "pretraining_tp": 1,
        "rope_theta": 8000000.0, "tie_word_embeddings": true, "use_qk_norm": false}),
    );
    let mut cohere2 = published(
        "cohere2",
        "Cohere2ForCausalLM",
        json!({"attention_bias": false, "head_dim": 64,
        "cache_implementation": "hybrid", "layer_norm_eps": 1e-5, "layer_switch": 4, "logit_scale": 0.25,
        "order_of_interleaved_layers": "local_attn_first", "pad_token_id": 0, "position_embedding_type": "rope_gptj",
        "rope_scaling": null, "rope_theta": 50000, "rotary_pct": 1.0, "sliding_window": 4096,
        "sliding_window_pattern": 4, "use_embedding_sharing": true, "use_gated_activation": true,
        "use_parallel_block": true, "use_parallel_embedding": false, "use_qk_norm": false}),
    );
    for config in [&mut phi, &mut cohere, &mut cohere2] {
        config.as_object_mut().unwrap().remove("rms_norm_eps");
    }
    [
        pythia,
        plain("falcon", "FalconForCausalLM", falcon),
        plain("falcon", "FalconForCausalLM", larger),
        phi,
        cohere,
        cohere2,
    ]
}

#[test]
fn configs_of_published_models_are_read() {
    let llama = |other| published("llama", "LlamaForCausalLM", other);
    let llama3 = json!({
        "factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
        "rope_type": "llama3"
    });
    let models = [
        // Llama 2, with a token that is none.
        llama(
            json!({"pretraining_tp": 1, "rope_scaling": null, "tie_word_embeddings": false, "pad_token_id": -1,
            "_name_or_path": "meta-llama/Llama-2-7b-hf"}),
        ),
        // TinyLlama
        llama(
            json!({"attention_bias": false, "pretraining_tp": 1, "rope_scaling": null, "rope_theta": 10000.0,
            "tie_word_embeddings": false}),
        ),
        // Llama 3 and 3.1
        llama(
            json!({"rope_theta": 500000.0, "attention_bias": false, "mlp_bias": false, "pretraining_tp": 1,
            "rope_scaling": llama3, "eos_token_id": [128001, 128008, 128009], "tie_word_embeddings": false}),
        ),
        // Llama 3.2
        llama(json!({"rope_theta": 500000.0, "head_dim": 64, "attention_bias": false, "mlp_bias": false,
            "rope_scaling": llama3, "tie_word_embeddings": true})),
        // SmolLM2
        llama(
            json!({"num_attention_heads": 9, "num_key_value_heads": 3, "hidden_size": 576, "is_llama_config": true,
            "rope_interleaved": false, "rope_theta": 100000, "tie_word_embeddings": true, "pad_token_id": 2,
            "transformers.js_config": {"kv_cache_dtype": {"q4f16": "float16"}}}),
        ),
        published(
            "mistral",
            "MistralForCausalLM",
            json!({"sliding_window": 4096, "rope_theta": 10000.0,
            "tie_word_embeddings": false}),
        ),
        // Mistral Nemo
        published(
            "mistral",
            "MistralForCausalLM",
            json!({"sliding_window": null, "rope_theta": 1000000.0,
            "head_dim": 128, "tie_word_embeddings": false}),
        ),
        published(
            "mixtral",
            "MixtralForCausalLM",
            json!({"num_experts_per_tok": 2, "num_local_experts": 8,
            "output_router_logits": false, "rope_theta": 1e6, "router_aux_loss_coef": 0.02, "sliding_window": null,
            "tie_word_embeddings": false}),
        ),
        published(
            "qwen2",
            "Qwen2ForCausalLM",
            json!({"max_window_layers": 28, "rope_theta": 1000000.0,
            "sliding_window": 131072, "tie_word_embeddings": true, "use_sliding_window": false, "use_mrope": false}),
        ),
        published(
            "qwen3",
            "Qwen3ForCausalLM",
            json!({"attention_bias": false, "head_dim": 128, "max_window_layers": 36,
            "rope_scaling": null, "rope_theta": 1000000, "sliding_window": null, "tie_word_embeddings": false,
            "use_sliding_window": false}),
        ),
    ];
    for config in models.iter().chain(&side_by_side()) {
        accepted(&config.to_string(), config);
    }
    // What the model cards of Qwen tell people to add.
    let mut long = models[8].clone();
    long["rope_scaling"] = json!({"factor": 4.0, "original_max_position_embeddings": 32768, "type": "yarn"});
    assert!(matches!(accepted("with YaRN", &long).rope.scaling, Scaling::Yarn { .. }));
    let mut codes = models[0].clone();
    codes["quantization"] = json!({"bits": 4, "group_size": 64});
    let refused = read(&codes).unwrap_err();
    assert!(refused.contains("`quantization`") && refused.contains("dequantise"), "{refused}");
}

#[test]
fn whatever_transformers_writes_is_understood() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/written-configs.json");
    let written: Map<String, Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(written.len(), 2);
    for (version, families) in &written {
        for (family, config) in families.as_object().unwrap() {
            let read = accepted(&format!("{family} of {version}"), config);
            assert_eq!(read.family.name, family);
            // A key that is absent means what the class writes when nobody says otherwise.
            let base = config["rope_theta"].as_f64().or(config["rope_parameters"]["rope_theta"].as_f64());
            assert_eq!(Some(read.rope.base), base, "{family} of {version}");
        }
    }
}
