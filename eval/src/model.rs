//! Models in the Hugging Face layout: config.json, safetensors, and what follows from them.

mod checkpoint;
mod config;
mod facts;
mod matrix;
mod raw;
mod read;
mod rope;
mod weights;

pub use checkpoint::Checkpoint;
pub(crate) use config::Keys;
pub use config::{DecoderConfig, Family, Mixture};
pub use rope::{Rope, Scaling};
pub(crate) use weights::{Experts, FeedForward, Gated, Weights};

use std::path::Path;

use attune_core::facts::ModelFacts;

use crate::compute::Compute;
use crate::error::LoadError;

/// A loaded decoder.
pub struct Model {
    pub(crate) config: DecoderConfig,
    pub(crate) weights: Weights,
    pub(crate) compute: Compute,
    facts: ModelFacts,
}

/// Facts of the model in `folder`, without loading its weights onto a device.
///
/// # Errors
/// See [`LoadError`].
pub fn inspect(folder: &Path) -> Result<ModelFacts, LoadError> {
    if crate::generator::is_generator(folder) {
        return crate::generator::inspect(folder);
    }
    let config = DecoderConfig::read(&folder.join("config.json"))?;
    facts::facts(folder, &config, &Checkpoint::open(folder)?)
}

impl Model {
    /// Loads the model in `folder` onto a device.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(folder: &Path, compute: &Compute) -> Result<Self, LoadError> {
        let config = DecoderConfig::read(&folder.join("config.json"))?;
        let checkpoint = Checkpoint::open(folder)?;
        let weights = Weights::read(&checkpoint, &config, compute)?;
        let facts = facts::facts(folder, &config, &checkpoint)?;
        Ok(Self { config, weights, compute: compute.clone(), facts })
    }

    /// Shapes and identity.
    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// What config.json says.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Where it runs.
    pub fn compute(&self) -> &Compute {
        &self.compute
    }
}
