//! What is in the files of an export.

use attune_core::exporter::{Exactness, Exporter as _};
use attune_export::CompressedTensorsExporter;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, Module, NumberGrid, arrange};
use safetensors::SafeTensors;
use serde_json::{Value, json};

use super::{cache, export, folder, llama, on};
use crate::checkpoint::keep;

const O: &str = "model.layers.0.self_attn.o_proj";

#[test]
fn the_exporter_keeps_its_promises() {
    let files = folder(&[(O.to_owned(), [4, 256])]);
    let plans = [
        arrange([on(NumberGrid::Symmetric, 3, 0, Module::Output)]),
        arrange([keep(0, &[0, 1])]),
        arrange([on(NumberGrid::Q4K, 4, 0, Module::Output)]),
    ];
    attune_testkit::exporter::check(&CompressedTensorsExporter, &llama(4.0), &files, &plans);
}

#[test]
fn files_have_the_bytes_that_were_promised() {
    for outputs in [1, 11, 130] {
        let files = folder(&[(O.to_owned(), [outputs, 256])]);
        for grid in NumberGrid::ALL.into_iter().filter(|grid| !grid.name().contains('_')) {
            for &bits in grid.bits() {
                let edit = on(grid, bits, 0, Module::Output);
                let promised = WeightBits::of(&edit).unwrap().bytes(outputs as u32, 256, 4);
                let out = export(&arrange([edit]), &llama(4.0), &files).unwrap();
                let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
                let of_matrix = written.iter().filter(|(name, _)| name.starts_with(O));
                let found: usize = of_matrix.map(|(_, view)| view.data().len()).sum();
                assert_eq!(found as u64, promised, "{} in {bits} bits, {outputs} rows", grid.name());
                let manifest = out.json("attune-export.json");
                assert_eq!(manifest["done"]["tensors"]["bytes"], promised + 4, "{}", grid.name());
            }
        }
    }
}

#[test]
fn the_config_says_how_each_module_is_stored_and_keeps_its_bytes() {
    let names = ["o_proj", "q_proj", "k_proj", "v_proj"];
    let matrices: Vec<_> =
        names.iter().map(|name| (format!("model.layers.0.self_attn.{name}"), [4, 256])).collect();
    let out =
        export(&arrange([on(NumberGrid::Symmetric, 4, 0, Module::Output)]), &llama(4.0), &folder(&matrices))
            .unwrap();
    let config = out.text("config.json");
    assert!(config.ends_with("\"model_type\": \"llama\",\n  \"vocab_size\": 5\n}\n"), "{config}");
    assert_eq!(
        out.json("config.json")["quantization_config"],
        json!({
            "quant_method": "compressed-tensors",
            "format": "pack-quantized",
            "quantization_status": "compressed",
            "config_groups": {"group_0": {
                "targets": [r"re:^model\.layers\.(0)\.(self_attn\.o_proj)$"],
                "weights": {
                    "num_bits": 4, "type": "int", "symmetric": true, "strategy": "group", "group_size": 64, "dynamic": false,
                },
                "input_activations": null,
                "output_activations": null,
                "format": "pack-quantized",
            }},
            "ignore": ["lm_head", r"re:^model\.layers\.(0)\.(self_attn\.k_proj|self_attn\.q_proj|self_attn\.v_proj)$"],
            "kv_cache_scheme": null,
        })
    );
    assert_eq!(out.0["tokenizer.json"], b"{}");
    let file = SafeTensors::read_metadata(&out.0["model.safetensors"]).unwrap().1;
    assert_eq!(file.metadata().as_ref().unwrap()["format"], "pt");
}

#[test]
fn formats_that_differ_are_mixed_and_each_group_has_its_own() {
    let matrices = [O, "model.layers.1.self_attn.o_proj"].map(|name| (name.to_owned(), [4, 256]));
    let plan = [on(NumberGrid::Fp8Block, 8, 0, Module::Output), on(NumberGrid::Nvfp4, 4, 1, Module::Output)];
    let out = export(&arrange(plan), &llama(4.0), &folder(&matrices)).unwrap();
    let entry = &out.json("config.json")["quantization_config"];
    assert_eq!(entry["format"], "mixed-precision");
    let of = |number: usize, key: &str| entry["config_groups"][format!("group_{number}")][key].clone();
    assert_eq!([of(0, "format"), of(1, "format")], ["float-quantized", "nvfp4-pack-quantized"]);
    assert_eq!(of(0, "weights")["block_structure"], json!([128, 128]));
    assert_eq!(of(1, "weights")["strategy"], "tensor_group");
}

#[test]
fn caches_are_one_scheme_and_a_scale_of_1_for_each_layer() {
    let files = folder(&[(O.to_owned(), [4, 256])]);
    let plan = arrange([cache(0), cache(1)]);
    let out = export(&plan, &llama(4.0), &files).unwrap();
    let entry = &out.json("config.json")["quantization_config"];
    let scheme =
        json!({"num_bits": 8, "type": "float", "strategy": "tensor", "symmetric": true, "dynamic": false});
    assert_eq!(entry["kv_cache_scheme"], scheme);
    assert_eq!(entry["config_groups"], json!({}));
    assert_eq!(entry["ignore"], json!(["lm_head", r"re:^model\.layers\.(0)\.(self_attn\.o_proj)$"]));
    let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
    for layer in [0, 1] {
        for name in ["k_scale", "v_scale"] {
            let scale = written.tensor(&format!("model.layers.{layer}.self_attn.{name}")).unwrap();
            assert_eq!((scale.shape(), scale.data()), (&[1][..], &1.0_f32.to_le_bytes()[..]));
        }
    }
    assert_eq!(written.len(), 2 + 4);
    let Exactness::Approximate { reason } = CompressedTensorsExporter.check(&plan, &llama(4.0)).unwrap()
    else {
        panic!("Transformers ignores it");
    };
    assert!(reason.contains("Transformers 5.24 ignores the scheme of caches"), "{reason}");
}

#[test]
fn what_engines_compute_otherwise_is_said() {
    let verdict = |grid: NumberGrid, bits, bytes| {
        let plan = arrange([on(grid, bits, 0, Module::Output)]);
        match CompressedTensorsExporter.check(&plan, &llama(bytes)).unwrap() {
            Exactness::Exact => String::new(),
            Exactness::Approximate { reason } => reason,
        }
    };
    assert_eq!(verdict(NumberGrid::Symmetric, 4, 4.0), "");
    assert_eq!(verdict(NumberGrid::Fp8Channel, 8, 4.0), "");
    let rounded = "scales are rounded to the 16-bit type";
    assert!(verdict(NumberGrid::Symmetric, 4, 2.0).starts_with(rounded));
    assert_eq!(verdict(NumberGrid::AffineInt, 4, 2.0), verdict(NumberGrid::Symmetric, 4, 2.0));
    for bytes in [2.0, 4.0] {
        assert!(
            verdict(NumberGrid::Mxfp4, 4, bytes)
                .starts_with("Transformers runs models with `mxfp4` weights in bfloat16")
        );
        assert!(
            verdict(NumberGrid::Nvfp4, 4, bytes)
                .starts_with("Transformers makes `nvfp4` weights in bfloat16")
        );
    }
}

#[test]
fn models_that_do_not_hold_what_the_plan_names_are_refused_before_anything_is_written() {
    let plan = arrange([on(NumberGrid::Symmetric, 4, 0, Module::Output)]);
    let files = folder(&[(O.to_owned(), [4, 256])]);
    let failure =
        |files: &crate::checkpoint::Files| export(&plan, &llama(4.0), files).unwrap_err().to_string();
    let other = folder(&[("model.layers.1.self_attn.o_proj".to_owned(), [4, 256])]);
    assert!(failure(&other).contains(&format!("tensor `{O}.weight` is missing")));
    let odd = failure(&folder(&[(O.to_owned(), [4, 96])]));
    assert!(odd.contains("groups of 64 channels do not divide the 96 inputs"), "{odd}");
    let with = |key: &str, value: Value| {
        let mut config = json!({"model_type": "llama"});
        config[key] = value;
        files.clone().with("config.json", config.to_string())
    };
    let quantised = failure(&with("quantization_config", json!({})));
    assert!(quantised.contains("config.json: `quantization_config`; expected a model"), "{quantised}");
    let parts = failure(&with("text_config", json!({})));
    assert!(parts.contains("save its language model by itself"), "{parts}");
    let none = export(&plan, &llama(4.0), &with("quantization_config", Value::Null)).unwrap();
    assert_eq!(none.json("config.json")["quantization_config"]["format"], "pack-quantized");
}

#[test]
fn what_transformers_does_not_load_is_exact_for_those_who_do_and_says_so() {
    let files = folder(&[(O.to_owned(), [4, 256])]);
    let done = |grid| {
        let plan = arrange([on(grid, 4, 0, Module::Output)]);
        assert_eq!(CompressedTensorsExporter.check(&plan, &llama(4.0)).unwrap(), Exactness::Exact);
        export(&plan, &llama(4.0), &files).unwrap().json("attune-export.json")["done"]["unread"].clone()
    };
    assert_eq!(done(NumberGrid::Symmetric), Value::Null);
    let unread = done(NumberGrid::AffineInt);
    assert!(
        unread.as_str().unwrap().contains("does not load the zero points")
            && unread.as_str().unwrap().contains("vLLM")
    );
}
