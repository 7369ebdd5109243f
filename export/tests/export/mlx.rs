//! Weights in few bits, as MLX stores them.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter as _};
use attune_core::facts::Facts;
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_export::MlxExporter;
use attune_vocabulary::edits::{EmbeddingBits, WeightBits};
use attune_vocabulary::{
    Embedding, EmbeddingMatrix, ModelEdit as _, ModelFacts, Module, NumberGrid, arrange, say_embeddings,
};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::checkpoint::{Files, facts, keep, provenance, said_before};

const CONFIG: &str = "{\"model_type\": \"llama\",\n  \"vocab_size\": 5\n}\n";
/// Where the golden matrix stands.
const NAME: &str = "model.layers.1.self_attn.k_proj";

fn golden() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/mlx-codes.safetensors")).unwrap()
}

fn llama(bytes_per_parameter: f64) -> Facts {
    Facts::from(ModelFacts {
        family: "llama".into(),
        experts: 0,
        experts_per_token: 0,
        bytes_per_parameter,
        ..ModelFacts::of(&facts())
    })
}

fn bits(layer: u32, module: Module, bits: u32, group_size: u32) -> Edit {
    Edit::from(WeightBits { layer, module, expert: None, bits, group_size, grid: None, rounding: None })
}

fn of_expert(expert: u32, bits: u32) -> Edit {
    Edit::from(WeightBits {
        layer: 0,
        module: Module::Gate,
        expert: Some(expert),
        bits,
        group_size: 32,
        grid: None,
        rounding: None,
    })
}

fn export(plan: &Plan, model: &Facts, files: &Files) -> Result<Files, ExportError> {
    let mut out = Files::default();
    let input = ExportInput { plan, model, files, provenance: &provenance() };
    let result = MlxExporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
        Ok(())
    });
    said_before(&MlxExporter, plan, model, files, &result);
    assert!(result.is_ok() || out.0.is_empty(), "files were written before the refusal: {:?}", out.0.keys());
    result.map(|()| out)
}

fn refusal(plan: &[Edit], model: &Facts) -> String {
    MlxExporter.check(&arrange(plan.to_vec()), model).unwrap_err().to_string()
}

/// A model of one matrix and one vector.
fn model(name: &str, matrix: &TensorView<'_>) -> Files {
    let norm = TensorView::new(Dtype::F32, vec![1], &[1, 2, 3, 4]).unwrap();
    let tensors = [(name.to_owned(), matrix.clone()), ("model.norm.weight".to_owned(), norm)];
    Files::default()
        .with("config.json", CONFIG)
        .with("tokenizer.json", "{}")
        .with("model.safetensors", safetensors::serialize(tensors, None).unwrap())
}

#[test]
fn the_exporter_keeps_its_promises() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let files = model(&format!("{NAME}.weight"), &golden.tensor("float32.input").unwrap());
    let plans = [arrange([bits(1, Module::Key, 3, 32)]), arrange([keep(0, &[0, 1])])];
    attune_testkit::exporter::check(&MlxExporter, &llama(4.0), &files, &plans);
}

#[test]
fn codes_scales_and_minimums_are_those_that_mlx_reads() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    for (dtype, bytes) in [("float32", 4.0), ("bfloat16", 2.0)] {
        let input = golden.tensor(&format!("{dtype}.input")).unwrap();
        let files = model(&format!("{NAME}.weight"), &input);
        for level in [2, 3, 4, 5, 6, 8] {
            for group in [32, 64, 128] {
                let plan = arrange([bits(1, Module::Key, level, group)]);
                let out = export(&plan, &llama(bytes), &files).unwrap();
                let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
                for (part, name) in [("packed", "weight"), ("scales", "scales"), ("biases", "biases")] {
                    let case = format!("{dtype}.bits{level}.group{group}.{part}");
                    let (found, expected) = (written.tensor(&format!("{NAME}.{name}")), golden.tensor(&case));
                    assert_eq!(found.unwrap(), expected.unwrap(), "{case}");
                }
                assert_eq!(written.tensor("model.norm.weight").unwrap().data(), [1, 2, 3, 4]);
                assert_eq!(written.len(), 4);
            }
        }
    }
}

#[test]
fn embeddings_are_codes_under_the_names_of_their_modules() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let input = golden.tensor("float32.input").unwrap();
    let mut facts = llama(4.0);
    let [tokens, channels] = [0, 1].map(|axis| input.shape()[axis] as u32);
    let matrix = |embedding| EmbeddingMatrix { embedding, tokens, channels, element_bytes: 4 };
    say_embeddings(&Embedding::ALL.map(matrix), &mut facts.values);
    let of = |matrix, bits| Edit::from(EmbeddingBits { matrix, bits, group_size: 64, grid: None });
    for (matrix, name) in [(Embedding::Input, "model.embed_tokens"), (Embedding::Output, "lm_head")] {
        let out =
            export(&arrange([of(matrix, 4)]), &facts, &model(&format!("{name}.weight"), &input)).unwrap();
        let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
        for (part, stored) in [("packed", "weight"), ("scales", "scales"), ("biases", "biases")] {
            let expected = golden.tensor(&format!("float32.bits4.group64.{part}")).unwrap();
            assert_eq!(written.tensor(&format!("{name}.{stored}")).unwrap(), expected, "{name}.{stored}");
        }
        let quantization = &out.json("config.json")["quantization"];
        assert_eq!(quantization[name], serde_json::json!({"bits": 4, "group_size": 64}));
    }
}

#[test]
fn the_config_names_every_module_and_keeps_its_bytes() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let input = golden.tensor("float32.input").unwrap();
    let plan = arrange([bits(1, Module::Key, 3, 64), bits(0, Module::Up, 16, 64)]);
    let out = export(&plan, &llama(4.0), &model(&format!("{NAME}.weight"), &input)).unwrap();
    assert!(out.text("config.json").starts_with("{\"model_type\": \"llama\",\n  \"vocab_size\": 5,\n"));
    assert_eq!(
        out.json("config.json")["quantization"],
        serde_json::json!({"bits": 3, "group_size": 64, "mode": "affine", NAME: {"bits": 3, "group_size": 64}})
    );
    assert_eq!(out.0["tokenizer.json"], b"{}");
    let manifest = out.json("attune-export.json");
    assert_eq!(manifest["target"], "mlx");
    assert_eq!(manifest["done"]["approximation"], serde_json::Value::Null);
    // 3 rows of 128 codes of 3 bits with 2 groups of two float32 each, and the vector.
    assert_eq!(manifest["done"]["tensors"]["bytes"], 3 * (48 + 2 * 8) + 4);
    assert_eq!(manifest["done"]["tensors"]["quantised"], 1);
}

#[test]
fn experts_of_a_layer_are_one_module() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let input = golden.tensor("float32.input").unwrap();
    let mixture =
        Facts::from(ModelFacts { family: "mixtral".into(), experts: 2, ..ModelFacts::of(&facts()) });
    let name = |expert| format!("model.layers.0.block_sparse_moe.experts.{expert}.w1.weight");
    let tensors = [0, 1].map(|expert| (name(expert), input.clone()));
    let files = Files::default()
        .with("config.json", CONFIG)
        .with("model.safetensors", safetensors::serialize(tensors, None).unwrap());
    for plan in [vec![bits(0, Module::Gate, 4, 32)], vec![of_expert(0, 4), of_expert(1, 4)]] {
        let out = export(&arrange(plan), &mixture, &files).unwrap();
        let quantization = &out.json("config.json")["quantization"];
        let module = &quantization["model.layers.0.block_sparse_moe.switch_mlp.gate_proj"];
        assert_eq!(module, &serde_json::json!({"bits": 4, "group_size": 32}));
        let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
        for expert in [0, 1] {
            let name = name(expert);
            assert_eq!(written.tensor(&name).unwrap().dtype(), Dtype::U32);
            assert!(written.tensor(&name.replace(".weight", ".scales")).is_ok());
        }
    }
    let apart = "and MLX stores all experts of a layer in one matrix; search with `experts: \"together\"`";
    let found = refusal(&[of_expert(0, 4), of_expert(1, 3)], &mixture);
    assert!(found.contains("expert 0 has 4 bits and expert 1 3 bits") && found.contains(apart), "{found}");
    let found = refusal(&[of_expert(1, 3)], &mixture);
    assert!(found.contains("expert 0 has 16 bits and expert 1 3 bits"), "{found}");
}

#[test]
fn only_a_model_stored_in_float32_is_exact() {
    let plan = arrange([bits(0, Module::Query, 4, 64)]);
    assert_eq!(MlxExporter.check(&plan, &llama(4.0)).unwrap(), Exactness::Exact);
    let Exactness::Approximate { reason } = MlxExporter.check(&plan, &llama(2.0)).unwrap() else {
        panic!("scales in 16 bits are not what was scored");
    };
    assert!(reason.contains("scales and minimums are rounded to the 16-bit type"), "{reason}");
}

#[test]
fn what_mlx_cannot_say_is_refused_by_name() {
    let llama = llama(4.0);
    assert_eq!(
        refusal(&[bits(0, Module::Query, 4, 48)], &llama),
        "`--to mlx` cannot express the edit weight-bits(bits:4,group-size:48,layer:0,module:\"q\"): MLX has groups of \
         32, 64, 128 channels; search with one of them as `group-size`"
    );
    let symmetric = WeightBits {
        grid: Some(NumberGrid::Symmetric),
        ..WeightBits::of(&bits(0, Module::Query, 4, 64)).unwrap()
    };
    let found = refusal(&[Edit::from(symmetric)], &llama);
    assert!(found.contains("another number grid than symmetric"), "{found}");
    assert!(refusal(&[keep(0, &[0])], &llama).contains("it stores weights in few bits and nothing else"));
    assert!(
        refusal(&[bits(9, Module::Query, 4, 64)], &llama).contains("the model has 2 layers, counted from 0")
    );
    assert!(
        refusal(&[of_expert(0, 4)], &llama).contains("only the feed-forward part of a mixture has experts")
    );
    assert!(refusal(&[bits(0, Module::Up, 16, 64)], &llama).contains("no weight is in few bits"));
    assert!(refusal(&[], &llama).contains("(the plan has none)"));
    let other = Facts::from(ModelFacts { family: "gpt2".into(), ..ModelFacts::of(&llama) });
    assert!(refusal(&[bits(0, Module::Up, 4, 64)], &other).contains("and this model is of gpt2"));
    let mixture = Facts::from(ModelFacts { family: "mixtral".into(), ..ModelFacts::of(&facts()) });
    assert!(refusal(&[of_expert(4, 4)], &mixture).contains("layers have 4 experts, counted from 0"));
}

#[test]
fn models_that_do_not_hold_what_the_plan_names_are_refused_before_anything_is_written() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let input = golden.tensor("float32.input").unwrap();
    let files = model(&format!("{NAME}.weight"), &input);
    let failure =
        |plan: Edit, files: &Files| export(&arrange([plan]), &llama(4.0), files).unwrap_err().to_string();

    let missing = failure(bits(0, Module::Up, 4, 64), &files);
    assert!(missing.contains("tensor `model.layers.0.mlp.up_proj.weight` is missing"), "{missing}");
    let text = CONFIG.replace("\"vocab_size\"", "\"quantization_config\": {}, \"vocab_size\"");
    let quantised = failure(bits(1, Module::Key, 4, 64), &files.clone().with("config.json", text));
    assert!(quantised.contains("config.json: `quantization_config`; expected a model"), "{quantised}");
    let with = |keys: &str| files.clone().with("config.json", format!("{{{keys}}}"));
    let windowed = r#""model_type": "mistral", "sliding_window": 4096"#;
    let window = failure(bits(1, Module::Key, 4, 64), &with(windowed));
    assert!(window.contains("config.json: `sliding_window` is 4096; expected null: mlx-lm lets"), "{window}");
    for kept in [
        r#""model_type": "mixtral", "sliding_window": null"#,
        r#""model_type": "qwen2", "rope_theta": 1e6, "sliding_window": 4096, "use_sliding_window": false"#,
    ] {
        let plan = arrange([bits(1, Module::Key, 4, 64)]);
        assert!(export(&plan, &llama(4.0), &with(kept)).is_ok(), "{kept}");
    }
    let narrow = TensorView::new(Dtype::F32, vec![1, 48], &input.data()[..192]).unwrap();
    let odd = failure(bits(1, Module::Key, 4, 32), &model(&format!("{NAME}.weight"), &narrow));
    assert!(odd.contains("[1, 48]; expected a matrix with inputs in groups of 32"), "{odd}");
    let bytes = TensorView::new(Dtype::F8_E4M3, vec![1, 64], &input.data()[..64]).unwrap();
    let typed = failure(bits(1, Module::Key, 4, 32), &model(&format!("{NAME}.weight"), &bytes));
    assert!(typed.contains("F8_E4M3 [1, 64]; expected F32, F16 or BF16"), "{typed}");
}

#[test]
fn configs_that_mlx_lm_computes_otherwise_are_refused_by_key() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let files = model(&format!("{NAME}.weight"), &golden.tensor("float32.input").unwrap());
    let plan = arrange([bits(1, Module::Key, 4, 64)]);
    let exported = |family: &str, keys: serde_json::Value| {
        let mut config = serde_json::json!({"model_type": family, "rope_theta": 10000.0});
        config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        export(&plan, &llama(4.0), &files.clone().with("config.json", config.to_string()))
    };
    let linear = serde_json::json!({"rope_type": "linear", "factor": 2.0});
    let yarn = |key: &str, value: serde_json::Value| {
        let mut scaling = serde_json::json!({"rope_type": "yarn", "factor": 4.0});
        scaling[key] = value;
        scaling
    };
    for (family, name, keys) in [
        ("llama", "rope_parameters", serde_json::json!({"rope_parameters": linear})),
        ("qwen2", "rope_theta", serde_json::json!({"rope_theta": null})),
        ("smollm3", "rope_theta", serde_json::json!({"rope_theta": null})),
        ("ernie4_5", "rope_scaling", serde_json::json!({"rope_scaling": linear})),
        ("glm4", "rope_scaling", serde_json::json!({"rope_scaling": linear})),
        ("glm4_moe", "rope_scaling", serde_json::json!({"rope_scaling": linear})),
        ("helium", "rope_scaling", serde_json::json!({"rope_scaling": linear})),
        ("mixtral", "rope_scaling", serde_json::json!({"rope_scaling": linear})),
        ("qwen2_moe", "rope_scaling", serde_json::json!({"rope_scaling": linear})),
        ("stablelm", "rope_scaling", serde_json::json!({"rope_scaling": linear})),
        (
            "llama",
            "rope_scaling.attention_factor",
            serde_json::json!({"rope_scaling": yarn("attention_factor", 1.2.into())}),
        ),
        (
            "qwen3",
            "rope_parameters.truncate",
            serde_json::json!({"rope_parameters": yarn("truncate", false.into())}),
        ),
        ("olmoe", "clip_qkv", serde_json::json!({"clip_qkv": 8.0})),
        ("qwen2_moe", "norm_topk_prob", serde_json::json!({"norm_topk_prob": true})),
        ("qwen2_moe", "mlp_only_layers", serde_json::json!({"mlp_only_layers": [0]})),
        ("qwen2_moe", "decoder_sparse_step", serde_json::json!({"decoder_sparse_step": 2})),
    ] {
        let message = exported(family, keys).unwrap_err().to_string();
        assert!(message.contains(&format!("config.json: `{name}` is ")), "{family}: {message}");
        assert!(message.contains("use `--to plan`"), "{family}: {message}");
    }
    for (family, keys) in [
        ("llama", serde_json::json!({"rope_scaling": yarn("truncate", true.into()), "rope_parameters": {}})),
        ("qwen3", serde_json::json!({"rope_theta": null, "rope_parameters": linear})),
        ("olmoe", serde_json::json!({"clip_qkv": null})),
        (
            "qwen2_moe",
            serde_json::json!({"norm_topk_prob": false, "mlp_only_layers": [], "decoder_sparse_step": 1}),
        ),
    ] {
        assert!(exported(family, keys).is_ok(), "{family}");
    }
}

#[test]
fn a_key_that_mlx_lm_does_not_go_without_is_null_where_the_config_lacks_it() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let files = model(&format!("{NAME}.weight"), &golden.tensor("float32.input").unwrap());
    let plan = arrange([bits(1, Module::Key, 4, 64)]);
    let keys = |config: &str| {
        let out = export(&plan, &llama(4.0), &files.clone().with("config.json", config)).unwrap();
        out.text("config.json").matches("\"rope_scaling\": null").count()
    };
    // GLM-4.5 has it, and what Transformers 5 saves of it has not.
    assert_eq!(keys("{\"model_type\": \"glm4_moe\", \"rope_theta\": 1e4}"), 1);
    assert_eq!(keys("{\"model_type\": \"glm4_moe\", \"rope_theta\": 1e4, \"rope_scaling\": null}"), 1);
    assert_eq!(keys("{\"model_type\": \"llama\", \"rope_theta\": 1e4}"), 0);
}

#[test]
fn modules_are_called_as_their_family_calls_them() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let input = golden.tensor("float32.input").unwrap();
    let of = |family: &str| Facts::from(ModelFacts { family: family.into(), ..ModelFacts::of(&llama(4.0)) });
    let named = |plan: &[Edit], facts: &Facts, names: &[&str]| {
        let tensors: Vec<_> = names.iter().map(|name| (format!("{name}.weight"), input.clone())).collect();
        let files = Files::default()
            .with("config.json", CONFIG)
            .with("model.safetensors", safetensors::serialize(tensors, None).unwrap());
        let out = export(&arrange(plan.to_vec()), facts, &files).unwrap();
        let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
        assert!(names.iter().all(|name| written.tensor(&format!("{name}.scales")).is_ok()), "{names:?}");
        let quantization = out.json("config.json")["quantization"].as_object().unwrap().clone();
        quantization.keys().filter(|key| key.starts_with("model.")).cloned().collect::<Vec<String>>()
    };
    // No gate.
    let up = "model.layers.1.mlp.up_proj";
    assert_eq!(named(&[bits(1, Module::Up, 4, 32)], &of("nemotron"), &[up]), [up]);
    let message = refusal(&[bits(1, Module::Gate, 4, 32)], &of("nemotron"));
    assert!(message.contains("modules of a nemotron are not called `gate`"), "{message}");
    // Two modules in one matrix.
    let both = "model.layers.1.mlp.gate_up_proj";
    let plan = [bits(1, Module::Gate, 4, 32), bits(1, Module::Up, 4, 32)];
    assert_eq!(named(&plan, &of("glm4"), &[both]), [both]);
    for other in [bits(1, Module::Up, 3, 32), bits(1, Module::Up, 16, 32), bits(1, Module::Down, 4, 32)] {
        let message = refusal(&[bits(1, Module::Gate, 4, 32), other], &of("glm4"));
        assert!(message.contains("both are stored in one matrix, which has one level"), "{message}");
    }
}

#[test]
fn a_layer_without_experts_has_modules_of_its_own() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let input = golden.tensor("float32.input").unwrap();
    let mut some =
        Facts::from(ModelFacts { family: "glm4_moe".into(), experts: 2, ..ModelFacts::of(&facts()) });
    some.values.insert("expert-layers".to_owned(), OptionValue::Ints(vec![1]));
    let names = ["layers.0.mlp", "layers.1.mlp.experts.0", "layers.1.mlp.experts.1"];
    let tensors = names.map(|place| (format!("model.{place}.gate_proj.weight"), input.clone()));
    let files = Files::default()
        .with("config.json", CONFIG)
        .with("model.safetensors", safetensors::serialize(tensors, None).unwrap());
    let plan = arrange([bits(0, Module::Gate, 3, 32), bits(1, Module::Gate, 4, 32)]);
    let out = export(&plan, &some, &files).unwrap();
    let quantization = &out.json("config.json")["quantization"];
    let level = |bits: u32| serde_json::json!({"bits": bits, "group_size": 32});
    assert_eq!(quantization["model.layers.0.mlp.gate_proj"], level(3));
    assert_eq!(quantization["model.layers.1.mlp.switch_mlp.gate_proj"], level(4));
    let message = refusal(&[of_expert(0, 4)], &some);
    assert!(message.contains("only the feed-forward part of a mixture has experts"), "{message}");
}
