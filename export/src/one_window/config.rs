//! What config.json says of windows.

use std::path::Path;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_families::{ConfigError, DecoderConfig, Window, Windows};
use serde_json::{Value, json};

use super::OneWindow;
use crate::checkpoint::{CONFIG, bad, config_text};

/// What config.json says of windows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Whether a layer has the window.
    pub(crate) layers: Vec<bool>,
    /// Tokens in it.
    pub(crate) tokens: u64,
}

impl Listed {
    /// `layer_types`, as JSON.
    pub(crate) fn types(&self) -> String {
        let kind = |has: &bool| if *has { "sliding_attention" } else { "full_attention" };
        json!(self.layers.iter().map(kind).collect::<Vec<_>>()).to_string()
    }

    /// The layers with the window.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        (0..self.layers.len()).filter(|&layer| self.layers[layer]).collect()
    }
}

impl OneWindow {
    /// The same where layers have windows of their own already: the shorter of the two stands, and there is one number of tokens.
    ///
    /// # Errors
    /// [`ExportError::BadModel`].
    pub(crate) fn within(&self, own: &Windows, layers: usize) -> Result<Listed, ExportError> {
        let mut listed = Listed { layers: Vec::with_capacity(layers), tokens: self.tokens };
        let mut shortest = None;
        if let Some(layer) = self.layers.iter().find(|layer| **layer as usize >= layers) {
            return Err(bad(
                CONFIG,
                format!("{layers} layers"),
                format!("layer {layer} of the plan, counted from 0"),
            ));
        }
        for layer in 0..layers {
            let asked =
                u32::try_from(layer).ok().filter(|layer| self.layers.contains(layer)).map(|_| self.tokens);
            let has = match own.of(layer) {
                None => asked,
                Some(Window::Sliding(own)) => Some(asked.unwrap_or(u64::MAX).min(own as u64)),
                Some(Window::Chunk(_)) => {
                    return Err(bad(
                        CONFIG,
                        format!("layer {layer} attends within chunks"),
                        "layers with windows, or without",
                    ));
                }
            };
            if let (Some(has), Some(shortest)) = (has, shortest)
                && has != shortest
            {
                return Err(bad(
                    CONFIG,
                    format!("layer {layer} has a window of {has} tokens beside one of {shortest}"),
                    "one window for all layers that have one: the model's own windows, and those of the plan where they are \
                     shorter, differ; search with a span as long as the model's own, or use `--to transformers`",
                ));
            }
            shortest = shortest.or(has);
            listed.layers.push(has.is_some());
        }
        listed.tokens = shortest.unwrap_or(self.tokens);
        Ok(listed)
    }
}

/// A config.json that says windows, and which layers have them.
pub(crate) struct Windowed {
    pub(crate) text: String,
    pub(crate) listed: Listed,
}

/// The text of config.json, its keys, and the model that it says: a language model by itself.
///
/// # Errors
/// [`ExportError::BadModel`] and [`ExportError::Io`].
pub(crate) fn model_config(files: &dyn ModelFiles) -> Result<(String, Value, DecoderConfig), ExportError> {
    let text = config_text(files)?;
    let keys: Value = serde_json::from_str(&text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    let config = read_config(&keys)?;
    if config.wrapper.is_some() {
        let expected =
            "a language model, and this is a model of several parts: save its language model by itself";
        return Err(bad(CONFIG, "`text_config`", expected));
    }
    Ok((text, keys, config))
}

/// The model that config.json says.
///
/// # Errors
/// [`ExportError::BadModel`].
pub(crate) fn read_config(keys: &Value) -> Result<DecoderConfig, ExportError> {
    DecoderConfig::of(Path::new(CONFIG), keys).map_err(|error| match error {
        ConfigError::BadConfig { key, found, expected, .. } => {
            bad(CONFIG, format!("`{key}` is {found}"), expected)
        }
        other => bad(CONFIG, other.to_string(), "config.json of a model that is known"),
    })
}
