//! config.json with windows; every other byte stays.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_families::schema::WindowRule;
use attune_families::{DecoderConfig, Window};
use serde_json::{Value, json};

use super::families::carrier;
use crate::checkpoint::{CONFIG, bad, patched};
use crate::one_window::{Listed, OneWindow, Windowed, model_config, read_config};

/// config.json of the model with the windows of a plan.
///
/// What was written is read again: but for its windows, it has to say the same model.
pub(super) fn windowed(files: &dyn ModelFiles, windows: &OneWindow) -> Result<Windowed, ExportError> {
    let (text, _, before) = model_config(files)?;
    let listed = windows.within(&before.windows, before.layers)?;
    let changes = changes(&before, &listed)?;
    let text = patched(&text, &changes)?;
    agrees(&before, &text, &listed)?;
    Ok(Windowed { text, listed })
}

/// Keys that change, with their JSON.
fn changes(before: &DecoderConfig, listed: &Listed) -> Result<BTreeMap<&'static str, String>, ExportError> {
    let name = before.family.name;
    let family = carrier(name).and_then(attune_families::find).ok_or_else(|| {
        bad(CONFIG, format!("`model_type` is {name}"), "a family whose windows can be said")
    })?;
    let mut changes =
        BTreeMap::from([("layer_types", listed.types()), ("sliding_window", listed.tokens.to_string())]);
    if let WindowRule::Switched { .. } = family.attention.windows {
        changes.insert("use_sliding_window", "true".to_owned());
        // transformers goes by `layer_types`. vLLM's own Qwen2 and Qwen3 go by neither: where this is less than the number of
        // layers they refuse the model, and else they pass over its windows in silence.
        changes.insert("max_window_layers", "0".to_owned());
    }
    if family.name != name {
        changes.insert("model_type", json!(family.name).to_string());
        changes.insert("architectures", json!([family.architecture]).to_string());
        // What the two families take for absent, or null, differs.
        changes.insert("num_key_value_heads", before.kv_heads.to_string());
        changes.insert("head_dim", before.head_dim.to_string());
    }
    Ok(changes)
}

/// Whether `text` says the model of `before` with these windows.
fn agrees(before: &DecoderConfig, text: &str, listed: &Listed) -> Result<(), ExportError> {
    let keys: Value = serde_json::from_str(text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    let after = read_config(&keys)?;
    let family = after.family.name;
    if let Some(layer) = (0..before.layers).find(|&layer| {
        let asked = listed
            .layers
            .get(layer)
            .is_some_and(|has| *has)
            .then_some(Window::Sliding(listed.tokens as usize));
        after.windows.of(layer) != asked
    }) {
        return Err(bad(
            CONFIG,
            format!("a {family} has no such window in layer {layer}"),
            "keys that say it; use `--to transformers`",
        ));
    }
    let same = DecoderConfig { family: after.family, windows: after.windows.clone(), ..before.clone() };
    if same != after {
        let expected = format!(
            "a model that a {family} computes: without biases where it has none, with its rotation; use `--to transformers`"
        );
        return Err(bad(CONFIG, format!("not all that this {} has", before.family.name), expected));
    }
    Ok(())
}
