//! config.json of a fold: the numbers of experts, in all layers and per token.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_vocabulary::ModelFacts;

use super::fold::Fold;
use super::patch;
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
    for (key, before, _) in &changes {
        // Where it is absent, the family's default was read.
        if keys.contains_key(*key) {
            expect(&keys, key, &before.to_string())?;
        }
    }
    patch::patched(&text, &changes.into_iter().map(|(key, _, after)| (key, after.to_string())).collect())
}

fn expect(keys: &BTreeMap<String, &RawValue>, key: &str, expected: &str) -> Result<(), ExportError> {
    let found = keys.get(key).map(|value| value.get());
    match found {
        Some(value) if value == expected => Ok(()),
        Some(value) => Err(bad(CONFIG, format!("`{key}` is {value}"), expected)),
        None => Err(bad(CONFIG, format!("`{key}` is missing"), format!("`{key}`: {expected}"))),
    }
}
