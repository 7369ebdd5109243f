//! What config.json asks for and mlx-lm 0.32 computes otherwise, so that the search's scores would not be those of the export.

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use attune_families::schema::WindowRule;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::checkpoint::{CONFIG, bad};

/// Entries of config.json.
type Keys<'a> = BTreeMap<String, &'a RawValue>;

/// The key where newer files say both the base of rotation and how it is scaled.
const ROTATION: &str = "rope_parameters";
/// Families whose rotation mlx-lm never scales.
const UNSCALED: [&str; 7] = ["ernie4_5", "glm4", "glm4_moe", "helium", "mixtral", "qwen2_moe", "stablelm"];
/// Families whose base of rotation has another default in mlx-lm, or none.
const OTHER_BASE: [&str; 4] = ["qwen2", "qwen2_moe", "qwen3", "smollm3"];

/// Refuses a config of which mlx-lm would make another model than the evaluator did.
pub(in crate::targets) fn check(keys: &Keys<'_>) -> Result<(), ExportError> {
    let refuse = |key: &str, found: &str, expected: &str| {
        Err(bad(CONFIG, format!("`{key}` is {found}"), format!("{expected}; use `--to plan`")))
    };
    let value = |key: &str| keys.get(key).map(|value| value.get()).filter(|value| *value != "null");
    let model = value("model_type").unwrap_or_default().trim_matches('"');
    if let Some(window) = window(keys, model) {
        let expected = "null: mlx-lm lets every token attend to all before it, and what was scored did not";
        return refuse("sliding_window", window, expected);
    }
    let rotation = value(ROTATION).and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    let rotation = rotation.filter(|rotation| !rotation.is_empty());
    if rotation.is_some() && model != "qwen3" {
        let expected = "`rope_theta` and `rope_scaling` in its place, which are all that mlx-lm reads";
        return refuse(ROTATION, value(ROTATION).unwrap_or_default(), expected);
    }
    if OTHER_BASE.contains(&model) && value("rope_theta").is_none() && rotation.is_none() {
        return refuse("rope_theta", "absent", "a number: mlx-lm does not take the same where there is none");
    }
    if let Some(scaling) = value("rope_scaling").filter(|_| UNSCALED.contains(&model)) {
        let expected = format!("null: mlx-lm does not scale the rotation of a {model}");
        return refuse("rope_scaling", scaling, &expected);
    }
    let scaling =
        value("rope_scaling").and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    for (name, scaling) in [("rope_scaling", scaling), (ROTATION, rotation)] {
        let Some(scaling) = scaling else { continue };
        let part = |key: &str| scaling.get(key).filter(|value| !value.is_null());
        if let Some(factor) = part("attention_factor") {
            let expected = "null: mlx-lm computes it of the other keys";
            return refuse(&format!("{name}.attention_factor"), &factor.to_string(), expected);
        }
        if let Some(whole) = part("truncate").filter(|whole| **whole != Value::Bool(true)) {
            let expected = "true: mlx-lm rounds the ends of YaRN's ramp to whole channels";
            return refuse(&format!("{name}.truncate"), &whole.to_string(), expected);
        }
    }
    if let Some(clip) = value("clip_qkv") {
        return refuse("clip_qkv", clip, "null: mlx-lm does not clip queries, keys and values");
    }
    if model != "qwen2_moe" {
        return Ok(());
    }
    let others = [
        ("norm_topk_prob", "false", "false: mlx-lm does not rescale the weights of a token's experts"),
        ("mlp_only_layers", "[]", "[]: mlx-lm has experts in every layer of a qwen2_moe"),
        ("decoder_sparse_step", "1", "1: mlx-lm has experts in every layer of a qwen2_moe"),
    ];
    for (key, same, expected) in others {
        let plain = |text: &str| text.split_whitespace().collect::<String>() == same;
        if let Some(found) = value(key).filter(|found| !plain(found)) {
            return refuse(key, found, expected);
        }
    }
    Ok(())
}

/// The window that the evaluator applies and mlx-lm does not, in every family that has one: always, or where the config
/// switches it on.
fn window<'a>(keys: &Keys<'a>, model: &str) -> Option<&'a str> {
    let value = |key: &str| keys.get(key).map(|value| value.get());
    let family = attune_families::find(model)?;
    let applies = match family.attention.windows {
        WindowRule::None => false,
        WindowRule::Switched { .. } => value("use_sliding_window") == Some("true"),
        _ => true,
    };
    value("sliding_window").filter(|window| applies && *window != "null")
}
