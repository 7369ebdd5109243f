//! `quantization_config`: which modules are stored how.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::level::Level;
use super::levels::Levels;
use super::levels::cache;
use super::names::patterns;

/// The entry of config.json. `others` are modules with a matrix that stays as it is, by their names.
pub(super) fn quantization(levels: &Levels, others: &[String]) -> Value {
    let layers = levels.family.names.layers;
    let mut alike: BTreeMap<Level, Vec<&str>> = BTreeMap::new();
    for (name, level) in &levels.matrices {
        alike.entry(*level).or_default().push(name);
    }
    let formats: Vec<&str> = alike.keys().filter_map(|level| Level::format(level.grid)).collect();
    let format = match formats.first() {
        None => "dense",
        Some(first) if formats.iter().all(|format| format == first) => first,
        Some(_) => "mixed-precision",
    };
    let group = |(number, (level, names)): (usize, (&Level, &Vec<&str>))| {
        let group = json!({
            "targets": patterns(names.iter().copied(), layers),
            "weights": level.weights(),
            "input_activations": null,
            "output_activations": null,
            "format": Level::format(level.grid),
        });
        (format!("group_{number}"), group)
    };
    let groups: Map<String, Value> = alike.iter().enumerate().map(group).collect();
    let cached = (levels.cached > 0).then(cache::scheme);
    json!({
        "quant_method": "compressed-tensors",
        "format": format,
        "quantization_status": "compressed",
        "config_groups": groups,
        "ignore": patterns(others.iter().map(String::as_str), layers),
        "kv_cache_scheme": cached,
    })
}
