//! config.json with an entry `quantization_config`; every byte that was there stays.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, ModelFiles};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::checkpoint::{self, CONFIG, bad, config_text};

const ENTRY: &str = "quantization_config";
/// What models of several parts have; names of modules begin otherwise there.
const PARTS: &str = "text_config";

/// The text of config.json, if nothing in it stands in the way.
pub(super) fn text(files: &dyn ModelFiles) -> Result<String, ExportError> {
    let text = config_text(files)?;
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(&text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    if keys.get(ENTRY).is_some_and(|value| value.get() != "null") {
        return Err(bad(CONFIG, format!("`{ENTRY}`"), "a model whose weights are not quantised yet"));
    }
    if keys.contains_key(PARTS) {
        let expected =
            "a language model, and this is a model of several parts: save its language model by itself";
        return Err(bad(CONFIG, format!("`{PARTS}`"), expected));
    }
    Ok(text)
}

/// The text with the entry.
pub(super) fn patched(text: &str, quantization: &Value) -> Result<String, ExportError> {
    let entry = format!("{quantization:#}").replace('\n', "\n  ");
    checkpoint::patched(text, &BTreeMap::from([(ENTRY, entry)]))
}
