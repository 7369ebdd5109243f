//! config.json, patched in place: every byte but the numbers that change stays, whoever wrote it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_core::facts::ModelFacts;

use super::fold::Fold;
use crate::checkpoint::{CONFIG, bad, config_text};

/// The text of config.json for what `fold` leaves.
pub(super) fn patched(
    files: &dyn ModelFiles,
    model: &ModelFacts,
    fold: &Fold,
) -> Result<String, ExportError> {
    let text = config_text(files)?;
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(&text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    expect(&keys, "model_type", "\"mixtral\"")?;
    let mut changes = vec![("num_local_experts", model.experts, fold.count())];
    if fold.per_token != model.experts_per_token {
        changes.push(("num_experts_per_tok", model.experts_per_token, fold.per_token));
    }
    let mut places = Vec::with_capacity(changes.len());
    let first = text.find('{').map_or(0, |brace| brace + 1);
    for (key, before, after) in changes {
        if !keys.contains_key(key) {
            // The family's default, which was read as such, is no longer the number.
            places.push((first, 0, format!("\n  \"{key}\": {after},")));
            continue;
        }
        let old = expect(&keys, key, &before.to_string())?;
        // `RawValue` borrows from `text`, so its address says where the value stands.
        places.push((old.as_ptr().addr() - text.as_ptr().addr(), old.len(), after.to_string()));
    }
    places.sort_unstable();
    let mut patched = text.clone();
    for (start, len, after) in places.into_iter().rev() {
        patched.replace_range(start..start + len, &after);
    }
    Ok(patched)
}

fn expect<'a>(
    keys: &BTreeMap<String, &'a RawValue>,
    key: &str,
    expected: &str,
) -> Result<&'a str, ExportError> {
    let found = keys.get(key).map(|value| value.get());
    match found {
        Some(value) if value == expected => Ok(value),
        Some(value) => Err(bad(CONFIG, format!("`{key}` is {value}"), expected)),
        None => Err(bad(CONFIG, format!("`{key}` is missing"), format!("`{key}`: {expected}"))),
    }
}
