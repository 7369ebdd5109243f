//! config.json with the plan in it; every other byte stays.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::code::MODULE;
use crate::checkpoint::{CONFIG, bad, config_text, patched};
use crate::wire::EditJson;

/// The key of the plan, and the `model_type` of such folders.
const KEY: &str = "attune_attention";

/// What the module reads.
#[derive(Serialize)]
struct Said<'a> {
    /// The model's own.
    model_type: &'a Value,
    /// Heads of the cache, which edits count.
    kv_heads: u32,
    edits: Vec<EditJson>,
}

/// config.json that names the module and holds the plan.
pub(super) fn with_plan(
    files: &dyn ModelFiles,
    plan: &Plan,
    model: &ModelFacts,
) -> Result<String, ExportError> {
    let text = config_text(files)?;
    let keys: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    if keys.contains_key("text_config") {
        let expected =
            "a language model, and this is a model of several parts: save its language model by itself";
        return Err(bad(CONFIG, "`text_config`", expected));
    }
    if keys.contains_key("auto_map") {
        let expected = "a model of transformers' own, without code in its folder; use `--to plan`";
        return Err(bad(CONFIG, "`auto_map`", expected));
    }
    let Some(model_type) = keys.get("model_type").filter(|found| found.is_string()) else {
        return Err(bad(
            CONFIG,
            "no `model_type`",
            "the name of the model's family, as Transformers writes it",
        ));
    };
    let edits = plan.edits().iter().map(EditJson::from).collect();
    let said = Said { model_type, kv_heads: model.kv_heads, edits };
    let said = serde_json::to_string(&said).map_err(|error| bad(CONFIG, error.to_string(), "a plan"))?;
    let class = |name: &str| format!("{MODULE}.{name}");
    let map =
        json!({"AutoConfig": class("AttuneConfig"), "AutoModelForCausalLM": class("AttuneForCausalLM")});
    let changes =
        BTreeMap::from([(KEY, said), ("auto_map", map.to_string()), ("model_type", json!(KEY).to_string())]);
    patched(&text, &changes)
}
