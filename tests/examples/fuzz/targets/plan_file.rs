//! Plan files.

use attune_core::plan::Edit;
use attune_export::read_plan;
use attune_vocabulary::{arrange, model};

use crate::{Target, scratch};

const PLAN: &str = r#"{"format": "attune-plan", "version": 1, "plan": {"hash": "", "edits": [
  {"kind": "keep-experts", "layer": 0, "experts": [0, 1, 5]},
  {"kind": "kv-quant", "layer": 1, "kv-head": 0, "key": 4, "value": 2, "group": 64},
  {"kind": "attention-span", "layer": 0, "kv-head": 1, "sink": 4, "alpha": 16.0, "beta": 0.5},
  {"kind": "weight-bits", "layer": 3, "module": "q", "bits": 4, "group": 32},
  {"kind": "combine-checkpoints", "layer": 0, "coefficients": [0.25, 0.75]}
]}, "model": {"name": "m", "fingerprint": "00"}}"#;

pub(crate) const TARGET: Target = Target {
    name: "plan-file",
    seeds: |root| {
        let mut seeds = scratch::all(root, &["export/fixtures", "export/tests/fixtures"], "json");
        seeds.push(PLAN.as_bytes().to_vec());
        seeds
    },
    run: |input| {
        let text = String::from_utf8_lossy(input);
        let _ = read_plan("plan.json", &text);
        // The edits by themselves: a plan file has a hash over them, which no mutation meets.
        let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else { return };
        for edit in json["plan"]["edits"].as_array().into_iter().flatten() {
            let mut open = Edit::new(edit["kind"].as_str().unwrap_or_default());
            for (name, value) in edit.as_object().into_iter().flatten().filter(|(name, _)| *name != "kind") {
                let list = value.as_array();
                let all = |is: fn(&serde_json::Value) -> bool| list.is_some_and(|list| list.iter().all(is));
                let numbers = || list.into_iter().flatten();
                open = match value {
                    value if value.is_i64() => open.int(name, value.as_i64().unwrap_or(0)),
                    value if value.is_number() => open.real(name, value.as_f64().unwrap_or(f64::NAN)),
                    value if value.is_string() => open.text(name, value.as_str().unwrap_or_default()),
                    _ if all(serde_json::Value::is_i64) => {
                        open.ints(name, numbers().filter_map(serde_json::Value::as_i64).collect())
                    }
                    _ => open.reals(name, numbers().filter_map(serde_json::Value::as_f64).collect()),
                };
            }
            if let Ok(edit) = model().accept(&open) {
                assert_eq!(model().accept(&edit).as_ref(), Ok(&edit), "{open}");
                let plan = arrange([edit]);
                let _ = (model().conflict(&plan), model().describe(&plan));
            }
        }
    },
};
