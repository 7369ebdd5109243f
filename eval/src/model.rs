//! Models in the Hugging Face layout: config.json, safetensors, and what follows from them.

mod checkpoint;
mod config;
mod facts;
mod folder;
mod inventory;
mod kept;
mod matrix;
mod merged;
mod missing;
mod quantised;
mod read;
mod rope;
mod tensors;
mod weights;

pub use checkpoint::Checkpoint;
pub use config::{DecoderConfig, Family, Mixture, Windows};
pub(crate) use config::{Keys, json};
pub(crate) use facts::fingerprint;
pub(crate) use matrix::Linear;
pub(crate) use merged::{Merged, MergedExperts};
pub use quantised::LEVEL_MEMORY;
pub(crate) use quantised::{LevelDatabase, Site, quantise};
pub use rope::{Rope, Scaling};
pub(crate) use weights::{Experts, FeedForward, Gated, Weights};

use std::path::Path;

use attune_core::facts::ModelFacts;
use attune_core::hash::ContentHash;

use crate::compute::Compute;
use crate::error::LoadError;

/// A loaded decoder.
pub struct Model {
    pub(crate) config: DecoderConfig,
    pub(crate) weights: Weights,
    pub(crate) compute: Compute,
    pub(crate) merged: MergedExperts,
    pub(crate) levels: LevelDatabase,
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
    let (config, checkpoint) = open(folder)?;
    facts::facts(folder, &config, &checkpoint)
}

/// What a folder says about its model, which its files bear out.
fn open(folder: &Path) -> Result<(DecoderConfig, Checkpoint), LoadError> {
    folder::check(folder)?;
    let config = DecoderConfig::read(&folder.join("config.json"))?;
    let checkpoint = Checkpoint::open(folder)?;
    inventory::check(folder, &checkpoint, &config)?;
    Ok((config, checkpoint))
}

/// Facts of the model in `folder` as [`inspect`] gives them, for who knows its `fingerprint` and need not have it proved:
/// no weight is read.
///
/// # Errors
/// See [`LoadError`].
pub fn outline(folder: &Path, fingerprint: ContentHash) -> Result<ModelFacts, LoadError> {
    if crate::generator::is_generator(folder) {
        return crate::generator::inspect(folder);
    }
    let (config, checkpoint) = open(folder)?;
    Ok(facts::outline(folder, &config, &checkpoint, fingerprint))
}

impl Model {
    /// Loads the model in `folder` onto a device.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(folder: &Path, compute: &Compute) -> Result<Self, LoadError> {
        let (config, checkpoint) = open(folder)?;
        let weights = Weights::read(&checkpoint, &config, compute)?;
        let facts = facts::facts(folder, &config, &checkpoint)?;
        Ok(Self {
            config,
            weights,
            compute: compute.clone(),
            merged: MergedExperts::new(merged::MERGED_MEMORY),
            levels: LevelDatabase::new(LEVEL_MEMORY),
            facts,
        })
    }

    /// The same model that keeps at most `bytes` of modules in few bits on its device.
    #[must_use]
    pub fn with_level_memory(self, bytes: u64) -> Self {
        Self { levels: LevelDatabase::new(bytes), ..self }
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
