//! Spans of heads and caches in few bits, computed by code in the folder; and the same spans as MoA reads them.

use attune_core::exporter::{Exactness, Exporter as _};
use attune_core::facts::Facts;
use attune_core::options::OptionValue;
use attune_core::plan::Edit;
use attune_export::{MoaExporter, TransformersExporter};
use attune_testkit::exporter::check;
use attune_vocabulary::edits::KvBits;
use attune_vocabulary::{CacheGrid, ModelFacts, arrange};
use serde_json::json;

use crate::checkpoint::{export_of, keep};
use crate::windows::{config, folder, model, span};

fn bits(layer: u32, keys: u32, values: u32) -> Edit {
    Edit::from(KvBits { layer, keys, values, group_size: 32, sink: 2, recent: 4, ..KvBits::default() })
}

fn refusal(plan: Vec<Edit>, facts: &Facts) -> String {
    TransformersExporter.check(&arrange(plan), facts).unwrap_err().to_string()
}

#[test]
fn exporters_keep_their_promises() {
    let plans = [
        arrange([span(0, 0, 4, 8.0, 0.0), bits(1, 4, 2)]),
        arrange([span(0, 1, 4, 8.0, 0.25)]),
        arrange([keep(0, &[0, 1])]),
    ];
    let files = folder(config("llama", &[]));
    check(&TransformersExporter, &model("llama"), &files, &plans);
    check(&MoaExporter, &model("llama"), &files, &plans);
}

#[test]
fn config_json_names_the_code_and_holds_the_plan() {
    let plan = arrange([span(0, 1, 4, 8.5, 0.0), bits(2, 4, 16)]);
    let files = folder(config("llama", &[]));
    let out = export_of(&TransformersExporter, &plan, &files, &model("llama")).unwrap();
    let text = out.text("config.json");
    assert!(text.contains("\t\"hidden_size\" :  64"), "every byte that is not a changed value stays: {text}");
    let config = out.json("config.json");
    assert_eq!(
        config["model_type"], "attune_attention",
        "a loader that does not run the code refuses the folder"
    );
    let said = &config["attune_attention"];
    assert_eq!([&said["model_type"], &said["kv_heads"]], [&json!("llama"), &json!(2)]);
    assert_eq!(said["edits"], out.json("attune-export.json")["plan"]["edits"]);
    for class in config["auto_map"].as_object().unwrap().values() {
        let (module, name) = class.as_str().unwrap().split_once('.').unwrap();
        assert!(out.text(&format!("{module}.py")).contains(&format!("class {name}:")), "{class}");
    }
    assert_eq!(out.0["model.safetensors"], files.0["model.safetensors"]);
}

#[test]
fn spans_that_grow_are_approximate_and_what_the_code_does_not_compute_is_refused() {
    let llama = model("llama");
    let verdict = |plan: Vec<Edit>| TransformersExporter.check(&arrange(plan), &llama).unwrap();
    assert_eq!(verdict(vec![span(0, 0, 4, 8.0, 0.0), bits(0, 2, 3)]), Exactness::Exact);
    let Exactness::Approximate { reason } = verdict(vec![span(0, 0, 4, 8.0, 0.5)]) else {
        panic!("β is not 0")
    };
    assert!(reason.contains("`elastic: false`"), "{reason}");
    let grid = KvBits {
        layer: 0,
        keys: 8,
        values: 16,
        group_size: 32,
        key_grid: Some(CacheGrid::Q8_0),
        ..KvBits::default()
    };
    assert_eq!(verdict(vec![Edit::from(grid.clone())]), Exactness::Exact);
    let smooth = Edit::from(KvBits { smoothing: Some(0.5), key_grid: None, ..grid.clone() });
    assert!(refusal(vec![smooth], &llama).contains("search without `smoothing`"));
    let group = Edit::from(KvBits { group_size: 24, key_grid: None, ..grid });
    assert!(refusal(vec![group], &llama).contains("24 channels does not divide the head of 32"));
    assert!(refusal(vec![bits(3, 4, 4)], &llama).contains("the model has 3 layers, counted from 0"));
    assert!(
        refusal(vec![span(0, 2, 0, 8.0, 0.0)], &llama).contains("the model has 2 KV heads, counted from 0")
    );
    assert!(refusal(vec![], &llama).contains("(the plan has none)"));
    assert!(refusal(vec![span(0, 0, 0, 8.0, 0.0)], &model("falcon")).contains("past its AttentionInterface"));
    let mut latent = model("deepseek_v3");
    latent.values.insert("cache-elements".to_owned(), OptionValue::Int(40));
    assert!(refusal(vec![bits(0, 4, 4)], &latent).contains("one latent per token for all heads"));
    let remote = folder(config("llama", &[("auto_map", json!({"AutoModel": "x.Y"}))]));
    let plan = arrange([span(0, 0, 4, 8.0, 0.0)]);
    let message = export_of(&TransformersExporter, &plan, &remote, &llama).unwrap_err().to_string();
    assert!(message.contains("config.json: `auto_map`; expected a model of transformers' own"), "{message}");
}

#[test]
fn moa_counts_first_tokens_in_and_has_rules_of_query_heads() {
    let files = folder(config("llama", &[]));
    let plan = arrange([span(0, 1, 64, 448.0, 0.0), span(2, 0, 4, -128.0, 0.375)]);
    let out = export_of(&MoaExporter, &plan, &files, &model("llama")).unwrap();
    assert_eq!(
        out.json("moa_alpha_beta.json"),
        json!({
            "alphas": [[0.0, 0.0, 512.0, 512.0], [0.0, 0.0, 0.0, 0.0], [-64.0, -64.0, 0.0, 0.0]],
            "betas": [[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [0.375, 0.375, 1.0, 1.0]],
        })
    );
    let Exactness::Approximate { reason } = MoaExporter.check(&plan, &model("llama")).unwrap() else {
        panic!("MoA works in blocks")
    };
    assert!(reason.contains("blocks of 64 tokens"), "{reason}");
    let refused = |plan: Vec<Edit>, family: &str| {
        MoaExporter.check(&arrange(plan), &model(family)).unwrap_err().to_string()
    };
    assert!(refused(vec![span(0, 0, 65, 8.0, 0.0)], "llama").contains("search with `sink: 64`"));
    assert!(refused(vec![span(0, 0, 0, 8.0, 0.0)], "qwen3").contains("models of the family llama"));
    let many = Facts::from(ModelFacts { kv_heads: 1, ..ModelFacts::of(&model("llama")) });
    assert!(MoaExporter.check(&arrange([span(0, 1, 0, 8.0, 0.0)]), &many).is_err());
}
