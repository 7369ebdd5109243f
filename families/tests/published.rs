//! Configs as they are published are understood, and those of which versions of transformers make different things are not.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::path::Path;

use attune_families::config::Temperature;
use attune_families::schema::Over;
use attune_families::{DecoderConfig, Scaling, Window};
use serde_json::{Value, json};

fn read(config: &Value) -> Result<DecoderConfig, String> {
    DecoderConfig::of(Path::new("config.json"), config).map_err(|error| error.to_string())
}

/// A config of this family with what most have, and `keys`; null takes a key away.
fn config(kind: &str, keys: Value) -> Value {
    let mut config = json!({
        "model_type": kind, "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
        "initializer_range": 0.02, "torch_dtype": "bfloat16", "use_cache": true, "hidden_size": 64,
        "intermediate_size": 96, "num_hidden_layers": 8, "num_attention_heads": 8, "num_key_value_heads": 4,
        "vocab_size": 500, "max_position_embeddings": 4096,
    });
    let all = config.as_object_mut().unwrap();
    all.extend(keys.as_object().unwrap().clone());
    all.retain(|_, value| !value.is_null());
    config
}

fn refused(config: &Value, key: &str) {
    let message = read(config).unwrap_err();
    assert!(message.contains(&format!("{key}`")), "expected `{key}` to be named: {message}");
}

#[test]
fn of_a_map_of_classes_the_one_that_is_loaded_counts() {
    let falcon = |map: Value| {
        config(
            "falcon",
            json!({"architectures": ["FalconForCausalLM"], "alibi": false, "bias": false, "multi_query": true,
            "new_decoder_architecture": false, "parallel_attn": true, "layer_norm_epsilon": 1e-5, "hidden_act": null,
            "intermediate_size": null, "num_key_value_heads": null, "max_position_embeddings": null, "auto_map": map}),
        )
    };
    let published = json!({
        "AutoConfig": "configuration_falcon.FalconConfig",
        "AutoModel": "modeling_falcon.FalconModel",
        "AutoModelForSequenceClassification": "modeling_falcon.FalconForSequenceClassification",
        "AutoModelForTokenClassification": "modeling_falcon.FalconForTokenClassification",
        "AutoModelForQuestionAnswering": "modeling_falcon.FalconForQuestionAnswering",
        "AutoModelForCausalLM": "modeling_falcon.FalconForCausalLM",
    });
    assert!(read(&falcon(published.clone())).is_ok(), "{:?}", read(&falcon(published.clone())));
    let mut other = published;
    other["AutoModelForCausalLM"] = json!("modeling_falcon.OtherForCausalLM");
    refused(&falcon(other), "AutoModelForCausalLM");
    refused(&falcon(json!({"AutoModel": "modeling_falcon.FalconModel"})), "AutoModel");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/families.json");
    let goldens: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let golden = goldens.iter().find(|case| case["name"] == "deepseek_v3").unwrap();
    let mut deepseek = golden["config"].clone();
    deepseek["auto_map"] = json!({
        "AutoConfig": "configuration_deepseek.DeepseekV3Config",
        "AutoModel": "modeling_deepseek.DeepseekV3Model",
        "AutoModelForCausalLM": "modeling_deepseek.DeepseekV3ForCausalLM",
    });
    assert!(read(&deepseek).is_ok(), "{:?}", read(&deepseek));
}

#[test]
fn llama4_is_read_as_it_is_published() {
    let llama = |compressor| {
        config(
            "llama4_text",
            json!({"for_llm_compressor": compressor, "head_dim": 16, "intermediate_size_mlp": 128,
            "num_local_experts": 4, "rms_norm_eps": 1e-5, "attention_chunk_size": 32, "interleave_moe_layer_step": 2}),
        )
    };
    assert!(read(&llama(false)).is_ok(), "{:?}", read(&llama(false)));
    refused(&llama(true), "for_llm_compressor");
}

#[test]
fn olmo_clips_and_has_no_key_of_its_epsilon() {
    let olmo = |keys| config("olmo", keys);
    assert_eq!(read(&olmo(json!({"clip_qkv": 8.0}))).unwrap().clip, Some(8.0));
    let plain = read(&olmo(json!({}))).unwrap();
    assert_eq!((plain.clip, plain.norm_eps), (None, 1e-5));
    refused(&olmo(json!({"clip_qkv": 0.0})), "clip_qkv");
    refused(&olmo(json!({"rms_norm_eps": 1e-5})), "rms_norm_eps");
}

#[test]
fn layers_of_olmo3_with_a_window_turn_by_unscaled_frequencies() {
    let scaled = json!({"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 512, "attention_factor": 1.2});
    let olmo = |keys| config("olmo3", keys);
    let old = read(&olmo(json!({"rope_theta": 500000, "rope_scaling": scaled.clone()}))).unwrap();
    let of = |layer: usize| old.layer(layer).rope().unwrap().scaling.clone();
    assert_eq!((of(0), old.layer(0).window()), (Scaling::None, Some(Window::Sliding(4096))));
    assert!(matches!((of(3), old.layer(3).window()), (Scaling::Yarn { .. }, None)));
    // Versions differ in what a base on top of the file says of windows, and in where a ramp is said not to be truncated.
    refused(&olmo(json!({"rope_theta": 10000.0})), "rope_theta");
    let plain = json!({"rope_type": "default", "rope_theta": 500000.0});
    let nested =
        |full: Value| olmo(json!({"rope_parameters": {"full_attention": full, "sliding_attention": plain}}));
    let with = |key: &str, value: Value| {
        let mut full = scaled.clone();
        full[key] = value;
        full["rope_theta"] = full.get("rope_theta").cloned().unwrap_or(json!(500000.0));
        full
    };
    assert!(read(&nested(with("truncate", json!(true)))).is_ok());
    refused(&nested(with("truncate", json!(false))), "truncate");
    refused(&nested(with("rope_theta", json!(1.0))), "rope_theta");
    refused(&olmo(json!({"rope_parameters": plain})), "full_attention");
}

#[test]
fn hunyuan_grows_its_base_once_and_for_all() {
    let with = |rope: Value| {
        config(
            "hunyuan_v1_dense",
            json!({"head_dim": 8, "attention_head_dim": 8, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "use_qk_norm": true,
            "use_cla": false, "eod_token_id": 3, "rope_scaling": rope}),
        )
    };
    let rope = json!({"alpha": 1000.0, "beta_fast": 32, "beta_slow": 1, "factor": 1.0, "mscale": 1.0,
        "mscale_all_dim": 1.0, "type": "dynamic"});
    let model = read(&with(rope)).unwrap();
    assert_eq!(model.rope.scaling, Scaling::Ntk { alpha: 1000.0 });
    // θ·α^(8/6), whatever the length.
    let (frequencies, factor) = model.rope.frequencies(8, 100_000);
    let base = 10_000.0 * 1000.0_f64.powf(8.0 / 6.0);
    let expected = (0..4).map(|pair| base.powf(-f64::from(pair) / 4.0));
    let near = |(found, expected): (&f32, f64)| (f64::from(*found) / expected - 1.0).abs() < 1e-5;
    assert!(frequencies.iter().zip(expected).all(near) && factor == 1.0, "{frequencies:?}");
    assert!(matches!(
        read(&with(json!({"type": "dynamic", "factor": 2.0}))).unwrap().rope.scaling,
        Scaling::Dynamic { .. }
    ));
    refused(&config("hunyuan_v1_dense", json!({"use_qk_norm": false})), "use_qk_norm");
}

#[test]
fn numbers_of_hunyuan_that_are_listed_by_layer_are_read_where_they_are_alike() {
    let with = |experts: Value, chosen: Value| {
        config(
            "hunyuan_v1_moe",
            json!({"head_dim": 8, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "use_qk_norm": true, "use_cla": false,
            "moe_intermediate_size": [96, 96], "num_shared_expert": [1, 1], "use_mixed_mlp_moe": true,
            "num_hidden_layers": 2, "num_experts": experts, "moe_topk": chosen}),
        )
    };
    let read = |experts: Value, chosen: Value| read(&with(experts, chosen));
    let whole = read(json!(5), json!(2)).unwrap();
    assert_eq!(read(json!(5), json!([2, 2])).unwrap(), whole);
    assert_eq!(read(json!([5, 5]), json!([2, 2])).unwrap().mixture.map(|mixture| mixture.per_token), Some(2));
    for (experts, chosen, found) in [
        (json!(5), json!([2, 1]), "`moe_topk` is 1 in layer 1, expected 2, as in layer 0"),
        (
            json!(5),
            json!([2]),
            "`moe_topk` is a list of 1, expected one number, or one for each of the 2 layers",
        ),
        (json!(5), json!([0, 0]), "`moe_topk` is 0, expected a number above 0"),
        (json!(5), json!([2, "2"]), "`moe_topk`"),
        (json!([5, 4]), json!(2), "`num_experts` is 4 in layer 1"),
    ] {
        let message = read(experts, chosen).unwrap_err();
        assert!(message.contains(found), "{message}");
    }
    // Of other sizes a list is none.
    let mut other = with(json!(5), json!(2));
    other["intermediate_size"] = json!([96, 96]);
    refused(&other, "intermediate_size");
}

#[test]
fn queries_of_ministral3_are_scaled_by_the_numbers_of_the_rotation() {
    let with = |rope: Value| config("ministral3", json!({"head_dim": 16, "rope_parameters": rope}));
    let rope = json!({"type": "yarn", "rope_theta": 1e6, "factor": 16.0, "original_max_position_embeddings": 256,
        "max_position_embeddings": 4096, "beta_fast": 32.0, "beta_slow": 1.0, "mscale_all_dim": 1.0, "mscale": 1.0,
        "llama_4_scaling_beta": 0.1});
    let every_layer = Temperature { strength: 0.1, every: 256.0, first: 0, unrotated: false };
    assert_eq!(read(&with(rope.clone())).unwrap().layer(5).temperature(), Some(every_layer));
    let mut without = rope;
    without.as_object_mut().unwrap().remove("llama_4_scaling_beta");
    refused(&with(without), "llama_4_scaling_beta");
    refused(
        &with(json!({"rope_type": "default", "llama_4_scaling_beta": 0.1})),
        "original_max_position_embeddings",
    );
    // Without a word of the rotation, it is a scaled one.
    refused(&config("ministral3", json!({})), "rope_scaling");
}

#[test]
fn minimax_rotates_as_many_channels_as_it_says() {
    let with = |keys: Value| {
        let mut config =
            config("minimax_m2", json!({"head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2}));
        config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        config
    };
    assert_eq!(read(&with(json!({"rotary_dim": 8, "qk_norm_type": "per_layer"}))).unwrap().rotated, 8);
    assert_eq!(read(&with(json!({}))).unwrap().rotated, 16);
    let rope =
        |share: f64| json!({"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": share});
    assert_eq!(read(&with(json!({"rope_parameters": rope(0.25)}))).unwrap().rotated, 4);
    assert_eq!(read(&with(json!({"rotary_dim": 4, "rope_parameters": rope(0.25)}))).unwrap().rotated, 4);
    // The share has precedence in transformers, whatever the number of channels says.
    refused(&with(json!({"rotary_dim": 8, "rope_parameters": rope(1.0)})), "rotary_dim");
    for other in [0, 5, 32] {
        refused(&with(json!({"rotary_dim": other})), "rotary_dim");
    }
    refused(&with(json!({"scoring_func": "softmax"})), "scoring_func");
}

#[test]
fn phimoe_is_known_up_to_the_length_of_its_first_training() {
    let with = |keys: Value| {
        let lists = [1.0, 1.1, 1.2, 1.3];
        let mut config = config(
            "phimoe",
            json!({"architectures": ["PhiMoEForCausalLM"], "auto_map": {"AutoModelForCausalLM": "modeling_phimoe.PhiMoEForCausalLM"},
            "attention_bias": true, "lm_head_bias": true, "input_jitter_noise": 0.01, "router_jitter_noise": 0.01,
            "num_local_experts": 16, "num_experts_per_tok": 2, "rms_norm_eps": 1e-5, "sliding_window": 4096,
            "original_max_position_embeddings": 512, "rope_theta": 10000.0,
            "rope_scaling": {"type": "longrope", "original_max_position_embeddings": 512, "long_factor": lists,
                "short_factor": lists, "long_mscale": 1.4, "short_mscale": 1.2}}),
        );
        config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        config
    };
    let model = read(&with(json!({}))).unwrap();
    assert_eq!((model.context, model.logit_bias), (512, true));
    assert!(matches!(model.rope.scaling, Scaling::LongRope { attention: 1.2, .. }));
    refused(&with(json!({"num_experts_per_tok": 1})), "num_experts_per_tok");
    refused(&with(json!({"router_jitter_noise": -0.1})), "router_jitter_noise");
    refused(&with(json!({"rope_scaling": {"type": "yarn", "factor": 2.0}})), "rope_type");
}

#[test]
fn llama4_attends_within_chunks_where_it_turns_heads() {
    let with = |keys: Value| {
        let mut config = config(
            "llama4_text",
            json!({"head_dim": 16, "intermediate_size_mlp": 128, "num_local_experts": 4,
            "rms_norm_eps": 1e-5, "attention_chunk_size": 32, "interleave_moe_layer_step": 2}),
        );
        config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        config
    };
    let model = read(&with(json!({}))).unwrap();
    for number in 0..model.layers {
        let layer = model.layer(number);
        let turns = (number + 1) % 4 != 0;
        assert_eq!(layer.window(), turns.then_some(Window::Chunk(32)), "layer {number}");
        assert_eq!(layer.qk_norm(), turns.then_some(Over::Head), "layer {number}");
        assert_eq!(layer.temperature().is_some(), !turns, "layer {number}");
        assert_eq!(layer.mixture().is_some(), number % 2 == 1, "layer {number}");
    }
    let listed = read(&with(json!({"moe_layers": [0], "no_rope_layers": [0, 0, 0, 0, 0, 0, 0, 0]}))).unwrap();
    assert_eq!(listed.mixture.as_ref().unwrap().layers().collect::<Vec<_>>(), [0]);
    assert!(
        (0..8).all(|layer| listed.layer(layer).window().is_none() && listed.layer(layer).qk_norm().is_none())
    );
    let chunked = vec!["chunked_attention"; 8];
    refused(&with(json!({"attention_chunk_size": null, "layer_types": chunked})), "attention_chunk_size");
    refused(&with(json!({"layer_types": vec!["sliding_attention"; 8]})), "layer_types");
}

#[test]
fn scalings_that_versions_read_differently_are_refused() {
    let yarn = |base: f64| {
        json!({"rope_parameters": {"rope_type": "yarn", "rope_theta": base, "factor": 4.0,
            "original_max_position_embeddings": 64}})
    };
    assert!(read(&config("llama", yarn(2.0))).is_ok());
    refused(&config("llama", yarn(1.0)), "rope_theta");
    let list = [1.0, 1.1, 1.2, 1.3];
    let longrope = |keys: Value| {
        let mut rope =
            json!({"rope_type": "longrope", "rope_theta": 100.0, "long_factor": list, "short_factor": list});
        rope.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        config("phi3", json!({"original_max_position_embeddings": 512, "rope_parameters": rope}))
    };
    // 4096 by 512.
    assert!(read(&longrope(json!({}))).is_ok());
    assert!(read(&longrope(json!({"factor": 8.0}))).is_ok());
    assert!(read(&longrope(json!({"factor": 4.0, "attention_factor": 1.1}))).is_ok());
    refused(&longrope(json!({"factor": 4.0})), "factor");
}
