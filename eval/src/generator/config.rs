//! What config.json says about an image generator, checked.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::FAMILY;
use crate::error::LoadError;
use crate::model::Keys;

/// The shape of a denoiser: a residual network on pixels that predicts `v` (Salimans & Ho, arXiv 2202.00512).
#[derive(Clone, Debug, PartialEq)]
pub struct DenoiserConfig {
    /// Rows and columns of an image.
    pub image: usize,
    /// Channels of an image.
    pub channels: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Inner width of a block.
    pub inner: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Added to the variance before the root in every norm.
    pub norm_eps: f64,
    /// Frequencies of the time embedding; it has twice as many features.
    pub frequencies: usize,
    /// The highest of them; the lowest is 1.
    pub highest: f64,
    /// Steps of the sampler.
    pub steps: usize,
    /// Weight files in the order in which they were saved; the last one is the model as it is.
    pub checkpoints: Vec<String>,
}

#[derive(Deserialize)]
struct RawConfig {
    model_type: Option<String>,
    image_size: Option<usize>,
    channels: Option<usize>,
    hidden_size: Option<usize>,
    intermediate_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    layer_norm_eps: Option<f64>,
    time_frequencies: Option<usize>,
    time_highest: Option<f64>,
    prediction_type: Option<String>,
    schedule: Option<String>,
    sampling_steps: Option<usize>,
    checkpoints: Option<Vec<String>>,
}

/// The file of a model without `checkpoints`.
const SINGLE: &str = "model.safetensors";

impl DenoiserConfig {
    /// Reads and checks `config.json` of a folder.
    ///
    /// # Errors
    /// [`LoadError::Io`], [`LoadError::BadJson`] or [`LoadError::BadConfig`].
    pub fn read(folder: &Path) -> Result<Self, LoadError> {
        let file = folder.join("config.json");
        let raw: RawConfig = json(&file)?;
        let keys = Keys { file: &file };
        let kind = raw.model_type.as_deref().unwrap_or("absent");
        if kind != FAMILY {
            let expected = format!("{FAMILY}: a task of kind \"images\" needs an image generator");
            return Err(keys.bad("model_type", kind, expected));
        }
        for (key, found, expected) in
            [("prediction_type", &raw.prediction_type, "v_prediction"), ("schedule", &raw.schedule, "cosine")]
        {
            let found = found.as_deref().unwrap_or("absent");
            if found != expected {
                return Err(keys.bad(key, found, expected));
            }
        }
        let positive = |key: &str, value: Option<f64>| match value {
            Some(value) if value > 0.0 && value.is_finite() => Ok(value),
            Some(value) => Err(keys.bad(key, value, "a positive number")),
            None => Err(keys.bad(key, "absent", "a positive number")),
        };
        let frequencies = keys.positive("time_frequencies", raw.time_frequencies)?;
        if frequencies < 2 {
            return Err(keys.bad("time_frequencies", frequencies, "at least 2"));
        }
        let checkpoints = raw.checkpoints.unwrap_or_else(|| vec![SINGLE.to_owned()]);
        if checkpoints.is_empty() {
            return Err(keys.bad("checkpoints", "[]", "at least one weight file"));
        }
        // A name is a file of this folder, whoever wrote the list.
        if let Some(name) = checkpoints.iter().find(|name| name.contains(['/', '\\'])) {
            return Err(keys.bad("checkpoints", format!("{name:?}"), "names of files in the model's folder"));
        }
        Ok(Self {
            image: keys.positive("image_size", raw.image_size)?,
            channels: keys.positive("channels", raw.channels)?,
            hidden: keys.positive("hidden_size", raw.hidden_size)?,
            inner: keys.positive("intermediate_size", raw.intermediate_size)?,
            blocks: keys.positive("num_hidden_layers", raw.num_hidden_layers)?,
            norm_eps: positive("layer_norm_eps", raw.layer_norm_eps)?,
            frequencies,
            highest: positive("time_highest", raw.time_highest)?,
            steps: keys.positive("sampling_steps", raw.sampling_steps)?,
            checkpoints,
        })
    }

    /// Numbers of one image.
    pub fn pixels(&self) -> usize {
        self.channels * self.image * self.image
    }

    /// Layers as edits count them: the input with the time embedding, the blocks, the output.
    pub fn layers(&self) -> usize {
        self.blocks + 2
    }
}

/// A JSON file.
pub(super) fn json<T: DeserializeOwned>(file: &Path) -> Result<T, LoadError> {
    let text = std::fs::read(file).map_err(|source| LoadError::Io {
        file: file.to_owned(),
        expected: "config.json of the Hugging Face layout",
        source,
    })?;
    serde_json::from_slice(&text).map_err(|source| LoadError::BadJson {
        file: file.to_owned(),
        what: "config.json",
        source,
    })
}
