//! Recipes for quantisers: what each says of a plan, and that it is read back as the same bits.

use std::io::Cursor;

use attune_core::exporter::ExportInput;
use attune_core::plan::{Edit, Plan};
use attune_export::{read_recipe, target};
use attune_testkit::exporter::check;
use attune_vocabulary::arrange;

use crate::checkpoint::{Files, provenance, single, tensors};
use crate::recipes::model;

const ALL: [&str; 6] = ["autoround", "llm-compressor", "gptqmodel", "modelopt", "exllama", "mlx-recipe"];

fn bits(layer: i64, module: &str, bits: i64) -> Edit {
    Edit::new("weight-bits")
        .int("layer", layer)
        .text("module", module)
        .int("bits", bits)
        .int("group-size", 64)
}

/// 8 bits for `o` of layer 0, 4 bits for all others.
fn plan() -> Plan {
    let names = ["q", "k", "v", "o", "gate", "up", "down"];
    let of = |layer: i64| names.map(|name| bits(layer, name, if (layer, name) == (0, "o") { 8 } else { 4 }));
    arrange([0, 1].into_iter().flat_map(of))
}

fn written(name: &str, plan: &Plan, family: &str) -> Files {
    let (target, model) = (target(name).unwrap(), model(family));
    let input = ExportInput { plan, model: &model, files: &Files::default(), provenance: &provenance() };
    let mut out = Files::default();
    target
        .exporter
        .export(&input, &mut |name: &str, bytes: &[u8]| {
            assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
            Ok(())
        })
        .unwrap();
    out
}

#[test]
fn recipes_keep_the_promises_of_exporters() {
    let files = single(&tensors(safetensors::Dtype::F32));
    for name in ALL {
        let even = plan().edits().iter().cloned().map(|edit| edit.int("bits", 4)).collect::<Vec<_>>();
        let plans =
            [Plan::default(), plan(), arrange(even), arrange([bits(0, "q", 4)]), arrange([bits(2, "q", 4)])];
        for family in ["llama", "mixtral"] {
            check(target(name).unwrap().exporter, &model(family), &files, &plans);
        }
    }
}

#[test]
fn autoround_has_every_module_and_reads_back_as_the_same_bits() {
    for family in ["llama", "mixtral"] {
        let mut some = plan().edits().to_vec();
        some.retain(|edit| edit.args.get("module") != bits(0, "down", 4).args.get("module"));
        let out = written("autoround", &arrange(some.clone()), family);
        let text = out.text("layer_config.json");
        let read = read_recipe("layer_config.json", &mut Cursor::new(text), &model(family)).unwrap();
        // No grid of an edit and AutoRound's integers with zero points are two grids; those of 8 bits are symmetric.
        let grid = |edit: Edit| {
            let eight = edit.to_string().contains("bits:8");
            edit.text("grid", if eight { "symmetric" } else { "affine-int" })
        };
        assert_eq!(read.plan, arrange(some.into_iter().map(grid)), "{family}");
    }
}

#[test]
fn gptqmodel_has_a_base_and_patterns_that_fused_names_match_too() {
    let mut edits = plan().edits().to_vec();
    for name in ["q", "k", "v"] {
        edits.push(bits(1, name, 8));
    }
    let same = |one: &Edit, other: &Edit| {
        ["layer", "module"].iter().all(|key| one.args.get(*key) == other.args.get(*key))
    };
    let edits: Vec<Edit> = edits
        .iter()
        .enumerate()
        .filter(|(at, edit)| !edits[at + 1..].iter().any(|later| same(edit, later)))
        .map(|(_, edit)| edit.clone())
        .collect();
    let config = written("gptqmodel", &arrange(edits), "llama").json("quantize_config.json");
    assert_eq!(
        (&config["bits"], &config["group_size"], &config["desc_act"]),
        (&4.into(), &64.into(), &false.into())
    );
    let dynamic: Vec<(&String, &serde_json::Value)> = config["dynamic"].as_object().unwrap().iter().collect();
    let names: Vec<&str> = dynamic.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "+:^model\\.layers\\.0\\.self_attn\\.o_proj$",
            "+:^model\\.layers\\.1\\.self_attn\\.(?:q_proj|k_proj|v_proj|qkv_proj)$"
        ]
    );
    assert!(dynamic.iter().all(|(_, entry)| entry["bits"] == 8), "{dynamic:?}");
}

#[test]
fn llm_compressor_has_disjoint_groups_of_names() {
    let recipe = written("llm-compressor", &plan(), "llama").text("recipe.yaml");
    let modifier = "quant_stage:\n  quant_modifiers:\n    GPTQModifier:\n      config_groups:\n        group_0:\n          targets:\n";
    assert!(recipe.starts_with(modifier), "{recipe}");
    for name in ["q_proj", "o_proj"] {
        assert_eq!(recipe.matches(&format!("\"model.layers.0.self_attn.{name}\"")).count(), 1, "{recipe}");
    }
    assert!(recipe.contains("group_1:") && !recipe.contains("group_2:"), "{recipe}");
    assert_eq!(recipe.matches("num_bits: 8").count(), 1, "{recipe}");
}

#[test]
fn exl3_has_one_key_for_each_tensor_and_one_source_for_each_number_of_bits() {
    let text = written("exllama", &plan(), "llama").text("override.yaml");
    assert_eq!(text.matches("- key: ").count(), 14, "{text}");
    assert!(
        text.contains("  - key: \"model.layers.0.self_attn.o_proj.*\"\n    source: \"exl3-8\"\n"),
        "{text}"
    );
    assert_eq!(text.matches("model_dir: ").count(), 2, "{text}");
}

#[test]
fn modelopt_quantises_what_is_named_and_reads_back() {
    let mut edits: Vec<Edit> = plan().edits().to_vec();
    edits.retain(|edit| !edit.to_string().contains("\"o\""));
    let fp8 =
        Edit::new("weight-bits").int("layer", 0).text("module", "o").int("bits", 8).int("group-size", 256);
    edits.push(fp8.text("grid", "fp8-e4m3-tensor"));
    let out = written("modelopt", &arrange(edits), "llama");
    let config = out.json("quant_cfg.json");
    let quantisers = config["quant_cfg"].as_array().unwrap();
    assert_eq!(
        (quantisers.len(), &quantisers[0]["enable"]),
        (14, &false.into()),
        "13 matrices behind the one that is off"
    );
    let done = &out.json("attune-export.json")["done"];
    assert!(done["given"].as_str().unwrap().contains("tuples"), "{done}");
    let text = out.text("hf_quant_config.json");
    let read = read_recipe("hf_quant_config.json", &mut Cursor::new(text), &model("llama")).unwrap();
    let all: Vec<String> = read.plan.edits().iter().map(ToString::to_string).collect();
    assert_eq!(all.len(), 13, "{all:#?}");
    assert_eq!(all.iter().filter(|edit| edit.contains("fp8-e4m3-tensor")).count(), 1, "{all:#?}");
}

#[test]
fn mlx_has_one_entry_for_the_experts_of_a_layer() {
    let modules = written("mlx-recipe", &plan(), "mixtral").json("quantization.json");
    let modules = modules.as_object().unwrap();
    assert_eq!(modules.len(), 14, "{modules:?}");
    let stacked = &modules["model.layers.1.block_sparse_moe.switch_mlp.gate_proj"];
    assert_eq!((&stacked["bits"], &stacked["group_size"]), (&4.into(), &64.into()));
    let partly = written("mlx-recipe", &arrange([bits(0, "q", 4)]), "llama").json("quantization.json");
    assert_eq!(
        (&partly["model.layers.0.self_attn.k_proj"], partly.as_object().unwrap().len()),
        (&false.into(), 14)
    );
}
