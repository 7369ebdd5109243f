//! config.json, patched in place: every byte but the one number stays, whoever wrote it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_core::facts::ModelFacts;

use super::{bad, read};

pub(super) const FILE: &str = "config.json";
const EXPERTS: &str = "num_local_experts";

/// The text of config.json with `count` experts per layer.
pub(super) fn patched(files: &dyn ModelFiles, model: &ModelFacts, count: u32) -> Result<String, ExportError> {
    let bytes = read(files, FILE)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| bad(FILE, format!("not UTF-8 at byte {}", error.valid_up_to()), "JSON in UTF-8"))?;
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(text)
        .map_err(|error| bad(FILE, error.to_string(), "a JSON object, as Transformers writes it"))?;
    expect(&keys, "model_type", "\"mixtral\"")?;
    let old = expect(&keys, EXPERTS, &model.experts.to_string())?;
    // `RawValue` borrows from `text`, so its address says where the value stands.
    let start = old.as_ptr().addr() - text.as_ptr().addr();
    Ok(format!("{}{count}{}", &text[..start], &text[start + old.len()..]))
}

fn expect<'a>(
    keys: &BTreeMap<String, &'a RawValue>,
    key: &str,
    expected: &str,
) -> Result<&'a str, ExportError> {
    let found = keys.get(key).map(|value| value.get());
    match found {
        Some(value) if value == expected => Ok(value),
        Some(value) => Err(bad(FILE, format!("`{key}` is {value}"), expected)),
        None => Err(bad(FILE, format!("`{key}` is missing"), format!("`{key}`: {expected}"))),
    }
}
