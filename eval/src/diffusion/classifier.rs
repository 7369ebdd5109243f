//! The small classifier whose features stand for what an image shows.

use std::path::Path;

use attune_core::hash::ContentHash;
use attune_families::config::Keys;
use burn_tensor::{Tensor, activation};
use serde::Deserialize;

use super::config::json;
use crate::compute::Compute;
use crate::error::LoadError;
use crate::model::Checkpoint;

/// `model_type` of the classifier whose features stand for what an image shows.
pub const FAMILY: &str = "attune_classifier";

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct RawConfig {
    model_type: Option<String>,
    image_size: Option<usize>,
    channels: Option<usize>,
    hidden_size: Option<usize>,
    feature_size: Option<usize>,
    pixel_max: Option<f64>,
}

/// `features(x) = relu(W₂·relu(W₁·x + b₁) + b₂)` of pixels within −1 and 1.
pub(super) struct Classifier {
    pub(super) image: usize,
    pub(super) channels: usize,
    /// Number of features.
    pub(super) features: usize,
    /// Stored pixels go from 0 to this number.
    pub(super) pixel_max: f64,
    pub(super) fingerprint: ContentHash,
    /// Weights `[in, out]` and biases of both layers.
    layers: [(Tensor<2>, Tensor<2>); 2],
}

impl Classifier {
    pub(super) fn read(folder: &Path, compute: &Compute) -> Result<Self, LoadError> {
        let file = folder.join("config.json");
        let raw: RawConfig = json(&file)?;
        let keys = Keys { file: &file };
        let kind = raw.model_type.as_deref().unwrap_or("absent");
        if kind != FAMILY {
            return Err(keys.bad("model_type", kind, FAMILY).into());
        }
        let image = keys.positive("image_size", raw.image_size)?;
        let channels = keys.positive("channels", raw.channels)?;
        let hidden = keys.positive("hidden_size", raw.hidden_size)?;
        let features = keys.positive("feature_size", raw.feature_size)?;
        let pixel_max = match raw.pixel_max {
            Some(value) if value > 0.0 && value <= 255.0 => value,
            other => {
                return Err(keys
                    .bad("pixel_max", format!("{other:?}"), "a number above 0, at most 255")
                    .into());
            }
        };
        let weights = Checkpoint::file(folder, "model.safetensors")?;
        let layer = |name: &str, inputs: usize, outputs: usize| -> Result<_, LoadError> {
            let weight = weights.read(&format!("{name}.weight"), &[outputs, inputs])?;
            let bias = weights.read(&format!("{name}.bias"), &[outputs])?;
            let weight: Tensor<2> = compute.float32(weight, [outputs, inputs]);
            Ok((weight.transpose(), compute.float32(bias, [1, outputs])))
        };
        let layers =
            [layer("hidden", channels * image * image, hidden)?, layer("features", hidden, features)?];
        let mut parts = vec![hidden.to_le_bytes().to_vec(), pixel_max.to_le_bytes().to_vec()];
        parts.extend(weights.files().map(|(_, bytes)| bytes.to_vec()));
        let fingerprint = ContentHash::of_parts(parts.iter().map(Vec::as_slice));
        Ok(Self { image, channels, features, pixel_max, fingerprint, layers })
    }

    /// Features `[images, features]` of `[images, pixels]`.
    pub(super) fn embed(&self, images: Tensor<2>) -> Tensor<2> {
        let layer = |x: Tensor<2>, (weight, bias): &(Tensor<2>, Tensor<2>)| {
            activation::relu(x.matmul(weight.clone()) + bias.clone())
        };
        layer(layer(images, &self.layers[0]), &self.layers[1])
    }
}
