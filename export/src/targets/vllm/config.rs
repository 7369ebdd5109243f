//! What config.json says already, so that arguments would mean something else.

use attune_core::exporter::{ExportError, ModelFiles};
use attune_families::{DecoderConfig, Window};
use serde_json::{Map, Value};

use super::serving::Serving;
use crate::checkpoint::{CONFIG, bad, config_text};
use crate::one_window::model_config;

/// Refuses a model whose own windows the arguments would replace, or that brings scales for its cache.
pub(super) fn check(files: &dyn ModelFiles, serving: &Serving) -> Result<(), ExportError> {
    if serving.windows.is_some() {
        no_windows(&model_config(files)?.2)?;
    }
    let keys: Map<String, Value> = serde_json::from_str(&config_text(files)?)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    let has = |key: &str| keys.get(key).filter(|value| !value.is_null());
    if serving.rounded.is_empty() {
        return Ok(());
    }
    let scales = |key: &str| has("quantization_config")?.get(key).filter(|value| !value.is_null());
    match ["kv_cache_scheme", "kv_cache_quant_algo"].into_iter().find(|key| scales(key).is_some()) {
        None => Ok(()),
        Some(key) => Err(bad(
            CONFIG,
            format!("`quantization_config.{key}` is {}", scales(key).unwrap_or(&Value::Null)),
            "null: vLLM would round keys and values under the scales of the checkpoint, and the search scored them without; use \
             `--to plan`",
        )),
    }
}

/// Refuses a model with windows of its own, which a family may have where config.json says nothing.
fn no_windows(config: &DecoderConfig) -> Result<(), ExportError> {
    let own = |layer: usize| config.windows.of(layer).map(|window| (layer, window));
    let Some((layer, Window::Sliding(tokens) | Window::Chunk(tokens))) = (0..config.layers).find_map(own)
    else {
        return Ok(());
    };
    let expected = "a null as `sliding_window`: a model with windows of its own would have others where the plan says nothing; use `--to \
                    plan`";
    Err(bad(CONFIG, format!("layer {layer} has a window of {tokens} tokens of its own"), expected))
}
