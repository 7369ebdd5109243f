//! Arguments of vLLM: what they say, and what the model must not say already.

use std::collections::BTreeMap;

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter as _};
use attune_core::facts::Facts;
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_export::VllmExporter;
use attune_vocabulary::edits::{AttentionSpan, KvBits, SilenceExperts};
use attune_vocabulary::{CacheGrid, ModelFacts, arrange};

use safetensors::tensor::Dtype;

use crate::checkpoint::{
    CONFIG, Files, export_of, facts, keep, provenance, said_before, sharded, single, tensors,
};

/// A model of a family with `more` keys.
fn config(family: &str, more: &str) -> String {
    format!(
        "{{\"model_type\": \"{family}\", \"vocab_size\": 32, \"hidden_size\": 16, \"intermediate_size\": 8, \
         \"num_hidden_layers\": 4, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"max_position_embeddings\": 64{more}}}"
    )
}

/// Four layers of two KV heads.
pub(crate) fn model(family: &str) -> Facts {
    Facts::from(ModelFacts {
        family: family.into(),
        layers: 4,
        kv_heads: 2,
        experts: 0,
        experts_per_token: 0,
        ..ModelFacts::of(&facts())
    })
}

pub(crate) fn rounded(layer: u32) -> Edit {
    Edit::from(KvBits {
        layer,
        keys: 8,
        values: 8,
        group_size: 64,
        key_grid: Some(CacheGrid::Fp8E4m3),
        value_grid: Some(CacheGrid::Fp8E4m3),
        ..KvBits::default()
    })
}

pub(crate) fn window(layer: u32, width: f64) -> [Edit; 2] {
    [0, 1].map(|kv_head| Edit::from(AttentionSpan { layer, kv_head, sink: 0, alpha: width, beta: 0.0 }))
}

fn export(plan: &Plan, model: &Facts, config: &str) -> Result<Files, ExportError> {
    let files = Files::default().with("config.json", config).with("model.safetensors", "not read");
    let mut out = Files::default();
    let input = ExportInput { plan, model, files: &files, provenance: &provenance() };
    let result = VllmExporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
        Ok(())
    });
    said_before(&VllmExporter, plan, model, &files, &result);
    assert!(result.is_ok() || out.0.is_empty(), "files were written before the refusal: {:?}", out.0.keys());
    result.map(|()| out)
}

#[test]
fn the_exporter_keeps_its_promises() {
    let files =
        Files::default().with("config.json", config("llama", "")).with("model.safetensors", "not read");
    let plans = [arrange([rounded(1)]), arrange(window(2, 16.0)), arrange([keep(0, &[0, 1])])];
    attune_testkit::exporter::check(&VllmExporter, &model("llama"), &files, &plans);
}

fn silence(layer: u32, experts: &[u32]) -> Edit {
    Edit::from(SilenceExperts { layer, experts: experts.to_vec() })
}

#[test]
fn experts_that_add_nothing_are_constants_under_their_own_numbers() {
    let source = tensors(Dtype::BF16);
    let plan = arrange([silence(0, &[1, 3]), silence(1, &[0])]);
    let split = |name: &str| usize::from(name.contains("layers.1."));
    for files in [single(&source), sharded(&source, 2, split)] {
        let out = export_of(&VllmExporter, &plan, &files, &facts()).unwrap();
        assert_eq!(
            out.json("config.json")["approximate_experts"],
            serde_json::json!({"0": [1, 3], "1": [0]})
        );
        assert!(!out.0.contains_key("vllm.yaml"), "there are no arguments");
        let mut found = BTreeMap::new();
        for (file, bytes) in out.0.iter().filter(|(name, _)| name.ends_with(".safetensors")) {
            let read = safetensors::SafeTensors::deserialize(bytes).unwrap();
            for (name, tensor) in read.iter() {
                found
                    .insert(name.to_owned(), (file.clone(), tensor.shape().to_vec(), tensor.data().to_vec()));
            }
        }
        let place =
            |layer: u32, expert: u32| format!("model.layers.{layer}.block_sparse_moe.experts.{expert}.");
        let gone = [place(0, 1), place(0, 3), place(1, 0)];
        for (name, tensor) in &source {
            match gone.iter().any(|place| name.starts_with(place)) {
                true => assert!(!found.contains_key(name), "{name} is left"),
                false => assert_eq!(found[name].2, tensor.bytes, "{name}"),
            }
        }
        for place in &gone {
            // bfloat16, as wide as the residual stream.
            let (_, shape, bytes) = &found[&format!("{place}approx_value")];
            assert_eq!((shape.as_slice(), bytes.as_slice()), (&[6][..], &[0; 12][..]), "{place}");
        }
        assert_eq!(found.len(), source.len() - 2 * gone.len());
        if let Some(index) = out
            .0
            .contains_key("model.safetensors.index.json")
            .then(|| out.json("model.safetensors.index.json"))
        {
            let map = index["weight_map"].as_object().unwrap();
            assert_eq!(map.len(), found.len());
            assert!(map.iter().all(|(name, file)| found[name].0 == file.as_str().unwrap()), "{map:?}");
        }
        let manifest = out.json("attune-export.json");
        assert_eq!(manifest["done"]["serve"], "vllm serve .");
        assert!(manifest["done"]["approximation"].is_null());
    }
    for key in ["quantization_config", "approximate_experts"] {
        let files = single(&source)
            .with("config.json", CONFIG.replacen('{', &format!("{{\"{key}\": {{\"0\": [1]}}, "), 1));
        let refusal = export_of(&VllmExporter, &plan, &files, &facts()).unwrap_err().to_string();
        assert!(refusal.contains(key), "{refusal}");
    }
    let mut missing = source.clone();
    missing.remove("model.layers.0.block_sparse_moe.experts.3.w2.weight").unwrap();
    let refusal = export_of(&VllmExporter, &plan, &single(&missing), &facts()).unwrap_err().to_string();
    assert!(refusal.contains("2 matrices of expert 3 of layer 0"), "{refusal}");
}

#[test]
fn layers_that_are_not_rounded_are_those_that_vllm_skips() {
    let out = export(&arrange([rounded(1), rounded(2)]), &model("llama"), "{}").unwrap();
    assert_eq!(
        out.text("vllm.yaml"),
        "# vllm serve MODEL --config vllm.yaml\n\
         kv-cache-dtype: fp8_e4m3\n\
         kv-cache-dtype-skip-layers: [\"0\",\"3\"]\n"
    );
    assert_eq!(out.0.keys().collect::<Vec<_>>(), ["attune-export.json", "vllm.yaml"], "no weights");
    let done = &out.json("attune-export.json")["done"];
    assert_eq!(done["rounded_layers"], serde_json::json!([1, 2]));
    assert!(done["approximation"].as_str().unwrap().contains("round queries"));
    // The uniform configuration skips nothing.
    let out = export(&arrange([0, 1, 2, 3].map(rounded)), &model("qwen2"), "{}").unwrap();
    assert!(!out.text("vllm.yaml").contains("skip"));
    // Layers without a cache have nothing to skip, and no edit.
    let mut hybrid = model("lfm2");
    hybrid.values.insert("cache-layers".to_owned(), OptionValue::Ints(vec![1, 3]));
    let out = export(&arrange([rounded(1)]), &hybrid, "{}").unwrap();
    assert!(out.text("vllm.yaml").ends_with("skip-layers: [\"3\"]\n"), "{}", out.text("vllm.yaml"));
    let found = VllmExporter.check(&arrange([rounded(0)]), &hybrid).unwrap_err().to_string();
    assert!(found.contains("layer 0 of the model has no cache"), "{found}");
}

#[test]
fn windows_are_types_of_layers_and_one_width() {
    // A part of a position is none.
    let plan = arrange([window(1, 48.0), window(3, 48.9)].concat());
    assert_eq!(VllmExporter.check(&plan, &model("llama")).unwrap(), Exactness::Exact);
    let out = export(&plan, &model("mistral"), &config("mistral", ", \"sliding_window\": null")).unwrap();
    assert_eq!(
        out.text("vllm.yaml"),
        "# vllm serve MODEL --config vllm.yaml\n\
         hf-overrides: {\"layer_types\":[\"full_attention\",\"sliding_attention\",\"full_attention\",\
         \"sliding_attention\"],\"sliding_window\":48}\n"
    );
    // vLLM's own Qwen passes over `layer_types`.
    let out = export(&plan, &model("qwen3"), &config("qwen3", "")).unwrap();
    let text = out.text("vllm.yaml");
    assert!(
        text.contains("\nmodel-impl: transformers\n") && text.contains("\"use_sliding_window\":true"),
        "{text}"
    );
    // Both in one plan.
    let both = arrange([window(1, 48.0).to_vec(), vec![rounded(0)]].concat());
    let text = export(&both, &model("llama"), &config("llama", "")).unwrap().text("vllm.yaml").to_owned();
    assert!(text.contains("[\"1\",\"2\",\"3\"]") && text.contains("\"sliding_window\":48"), "{text}");
}

#[test]
fn models_that_say_otherwise_are_refused_by_the_key() {
    let refused = |plan: &Plan, config: &str| match export(plan, &model("llama"), config) {
        Err(ExportError::BadModel { found, .. }) => found,
        other => panic!("{config}: {other:?}"),
    };
    let windows = arrange(window(1, 48.0));
    for (said, tokens) in [(", \"sliding_window\": 64", 64), ("", 4096)] {
        // A Mistral that says nothing has one, too.
        let found = refused(&windows, &config("mistral", said));
        assert_eq!(found, format!("layer 0 has a window of {tokens} tokens of its own"));
    }
    let switched_off = config("qwen2", ", \"sliding_window\": 64, \"use_sliding_window\": false");
    assert!(export(&windows, &model("qwen2"), &switched_off).is_ok());
    assert!(
        refused(
            &windows,
            &config(
                "qwen2",
                ", \"sliding_window\": 64, \"use_sliding_window\": true, \"max_window_layers\": 2"
            )
        )
        .starts_with("layer 2 has")
    );
    let scaled = "{\"quantization_config\": {\"kv_cache_scheme\": {\"num_bits\": 8}}}";
    let rounds = arrange([rounded(1)]);
    assert!(refused(&rounds, scaled).contains("quantization_config.kv_cache_scheme"));
    let both = config("llama", ", \"quantization_config\": {\"kv_cache_scheme\": {\"num_bits\": 8}}");
    assert!(export(&windows, &model("llama"), &both).is_ok(), "windows do not touch the cache's numbers");
    assert!(export(&rounds, &model("llama"), "{\"sliding_window\": 4096}").is_ok());
    assert!(refused(&rounds, "[]").contains("expected"));
}

#[test]
fn heads_that_see_everything_have_no_window_and_heads_that_the_model_lacks_are_refused() {
    let all = |layer: u32, kv_head: u32| {
        Edit::from(AttentionSpan { layer, kv_head, sink: 0, alpha: 0.0, beta: 1.0 })
    };
    let plan = arrange([window(1, 16.0).to_vec(), vec![all(0, 0), all(0, 1)]].concat());
    let out = export(&plan, &model("llama"), &config("llama", "")).unwrap();
    let done = &out.json("attune-export.json")["done"];
    assert_eq!((&done["window"], &done["windowed_layers"]), (&16.into(), &serde_json::json!([1])));
    let of_head = |kv_head: u32| {
        let span = AttentionSpan { layer: 0, kv_head, sink: 0, alpha: 16.0, beta: 0.0 };
        let plan = arrange([window(1, 16.0).to_vec(), vec![Edit::from(span)]].concat());
        VllmExporter.check(&plan, &model("llama")).unwrap_err().to_string()
    };
    assert!(of_head(7).contains("2 KV heads, counted from 0"), "{}", of_head(7));
    assert!(of_head(0).contains("KV head 1 everything"), "{}", of_head(0));
}
