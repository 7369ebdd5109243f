//! What config.json says about an image generator, checked.

use std::path::Path;

use attune_families::ConfigError;
use attune_families::config::{Keys, json as file_json};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::FAMILY;

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

/// Steps of the sampler beyond which nobody waits for an image.
const MOST_STEPS: usize = 10_000;
/// Pixels of a side, and channels: the parts of an image whose numbers are counted in one number.
const MOST_PIXELS: usize = 1 << 16;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
#[serde(deny_unknown_fields)]
struct RawConfig {
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

/// A size of at most `most`.
fn bounded(keys: &Keys<'_>, key: &str, value: Option<usize>, most: usize) -> Result<usize, ConfigError> {
    match keys.positive(key, value)? {
        value if value > most => Err(keys.bad(key, value, format!("at most {most}"))),
        value => Ok(value),
    }
}

/// The file of a model without `checkpoints`.
const SINGLE: &str = "model.safetensors";

impl DenoiserConfig {
    /// Reads and checks `config.json` of a folder.
    ///
    /// # Errors
    /// [`ConfigError::Io`], [`ConfigError::BadJson`] or [`ConfigError::BadConfig`].
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let file = folder.join("config.json");
        let keys = Keys { file: &file };
        let mut value = file_json::read(&file)?;
        // First of all: the keys of other models mean other things.
        let kind = value.as_object_mut().and_then(|keys| keys.remove("model_type")).unwrap_or_default();
        if kind != FAMILY {
            let found = kind.as_str().unwrap_or("absent");
            let expected = format!("{FAMILY}: a task of kind \"images\" needs an image generator");
            return Err(keys.bad("model_type", found, expected));
        }
        let raw: RawConfig = parsed(&file, value)?;
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
            image: bounded(&keys, "image_size", raw.image_size, MOST_PIXELS)?,
            channels: bounded(&keys, "channels", raw.channels, MOST_PIXELS)?,
            hidden: keys.positive("hidden_size", raw.hidden_size)?,
            inner: keys.positive("intermediate_size", raw.intermediate_size)?,
            blocks: keys.positive("num_hidden_layers", raw.num_hidden_layers)?,
            norm_eps: positive("layer_norm_eps", raw.layer_norm_eps)?,
            frequencies,
            highest: positive("time_highest", raw.time_highest)?,
            steps: bounded(&keys, "sampling_steps", raw.sampling_steps, MOST_STEPS)?,
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

/// A config.json.
pub(super) fn json<T: DeserializeOwned>(file: &Path) -> Result<T, ConfigError> {
    parsed(file, file_json::read(file)?)
}

fn parsed<T: DeserializeOwned>(file: &Path, value: serde_json::Value) -> Result<T, ConfigError> {
    serde_json::from_value(value).map_err(|source| ConfigError::BadJson {
        file: file.to_owned(),
        what: "config.json",
        source,
        advice: "change or remove that key",
    })
}
