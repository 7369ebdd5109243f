//! config.json with an entry `quantization`, and the keys that mlx-lm does not go without; every byte that was there stays.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, ModelFiles};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::levels::{Level, Levels};
use super::unlike;
use crate::checkpoint::{CONFIG, bad, config_text};

/// A key that mlx-lm wants in files of a family even where it says nothing. Transformers leaves it out since version 5; null means what
/// its absence means.
const NEEDED: [(&str, &str); 1] = [("glm4_moe", "rope_scaling")];

/// The text of config.json, which names the level of every module.
pub(super) fn patched(files: &dyn ModelFiles, levels: &Levels) -> Result<String, ExportError> {
    let text = config_text(files)?;
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(&text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    if let Some(key) = ["quantization", "quantization_config"].into_iter().find(|key| keys.contains_key(*key))
    {
        return Err(bad(CONFIG, format!("`{key}`"), "a model whose weights are not quantised yet"));
    }
    unlike::check(&keys)?;
    // An object ends in its brace, and has entries before it: a model has a `model_type`.
    let end = text.trim_end().len().saturating_sub(1);
    let (before, after) = text.split_at(end);
    let nulls: String = missing(&keys).map(|key| format!(",\n  \"{key}\": null")).collect();
    Ok(format!("{}{nulls},\n  \"quantization\": {}\n{after}", before.trim_end(), quantization(levels)))
}

/// The keys that mlx-lm wants and a config lacks.
fn missing(keys: &BTreeMap<String, &RawValue>) -> impl Iterator<Item = &'static str> {
    let model = keys.get("model_type").map_or("", |value| value.get().trim_matches('"')).to_owned();
    let absent = move |(family, key): &(&str, &str)| *family == model && !keys.contains_key(*key);
    NEEDED.into_iter().filter(absent).map(|(_, key)| key)
}

fn quantization(levels: &Levels) -> Value {
    let entry = |level: Level| {
        Map::from_iter([
            ("bits".to_owned(), json!(level.bits)),
            ("group_size".to_owned(), json!(level.group)),
        ])
    };
    // The level of modules that are not named: there is none, but mlx-lm wants one.
    let mut counts: BTreeMap<Level, usize> = BTreeMap::new();
    levels.modules.values().for_each(|level| *counts.entry(*level).or_default() += 1);
    let commonest = counts.iter().max_by_key(|(_, count)| **count).map(|(level, _)| *level);
    let mut all = commonest.map(entry).unwrap_or_default();
    all.insert("mode".to_owned(), json!("affine"));
    all.extend(levels.modules.iter().map(|(module, level)| (module.clone(), Value::Object(entry(*level)))));
    Value::Object(all)
}
