//! Models in the Hugging Face layout: config.json, safetensors, and what follows from them.

mod architecture;
mod byte_lru;
mod checkpoint;
mod facts;
mod folder;
mod inventory;
mod located;
mod matrix;
mod merged;
mod missing;
mod packed;
mod packing;
mod pages;
mod projections;
mod quantised;
mod read;
mod router;
mod steady;
mod stored_matrix;
mod tiles;
mod token_matrices;
mod weights;

pub use architecture::architecture;
pub use attune_families::{DecoderConfig, Family, Mixture, Rope, Scaling, Windows};
pub(crate) use byte_lru::ByteLru;
pub use checkpoint::Checkpoint;
pub(crate) use facts::fingerprint;
pub(crate) use matrix::Linear;
pub(crate) use merged::{Merged, MergedExperts};
pub(crate) use projections::{LatentProjections, Projections};
pub use quantised::LEVEL_MEMORY;
pub(crate) use quantised::{LevelDatabase, Site, quantise_rows};
pub(crate) use router::RouterRule;
pub(crate) use token_matrices::rows_of;
pub(crate) use weights::{Experts, FeedForward, Gated, Layer, QkNorms, SharedExpert, Weights};

use std::path::{Path, PathBuf};

use attune_core::evaluator::EvalFailure;
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_families::config::{Keys, json};

use crate::compute::Compute;
use crate::edits::EditedModel;
use crate::error::LoadError;
use token_matrices::TokenLevels;

/// `model_type` of image generators, which no decoder is.
pub(crate) const GENERATOR: &str = "attune_denoiser";

/// A loaded decoder.
pub struct Model {
    pub(crate) config: DecoderConfig,
    pub(crate) weights: Weights,
    pub(crate) compute: Compute,
    pub(crate) merged: MergedExperts,
    pub(crate) levels: LevelDatabase,
    pub(crate) token_levels: TokenLevels,
    facts: Facts,
}

/// A decoder of which config.json has been read, and names, shapes and element types of its tensors, but no weights.
pub struct DecoderOutline {
    folder: PathBuf,
    config: DecoderConfig,
    checkpoint: Checkpoint,
    /// Bytes of the tensors that are read.
    bytes: u64,
}

impl DecoderOutline {
    /// What a folder says about its model, which its files bear out.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn open(folder: &Path) -> Result<Self, LoadError> {
        folder::check(folder)?;
        let file = folder.join("config.json");
        let value = json::read(&file)?;
        if value.get("model_type").and_then(|kind| kind.as_str()) == Some(GENERATOR) {
            let expected = "a language model: image generators take a task of kind \"images\"";
            return Err(Keys { file: &file }.bad("model_type", GENERATOR, expected).into());
        }
        let config = DecoderConfig::of(&file, &value)?;
        let packing = packing::Packing::of(&file, &value)?;
        let checkpoint = Checkpoint::open(folder)?.packed_as(packing).within(config.wrapper);
        let bytes = inventory::check(folder, &checkpoint, &config)?;
        Ok(Self { folder: folder.to_owned(), config, checkpoint, bytes })
    }

    /// What config.json says.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Facts of the model with this fingerprint.
    pub fn facts(&self, fingerprint: ContentHash) -> Facts {
        facts::facts(&self.folder, &self.config, (&self.checkpoint, self.bytes), fingerprint)
    }

    /// Whether the evaluator honours a plan on this model.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`], naming the edit.
    pub fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        EditedModel::new(plan, &self.config).map(|_| ())
    }

    /// Hashes config.json and the weights, all of them.
    pub(crate) fn fingerprint(&self) -> Result<ContentHash, LoadError> {
        fingerprint(&self.folder, self.checkpoint.files())
    }

    /// Loads the weights onto a device.
    ///
    /// # Errors
    /// Weights that are not finite, or no longer there.
    pub fn load(self, compute: &Compute) -> Result<Model, LoadError> {
        let weights = Weights::read(&self.checkpoint, &self.config, compute)?;
        let facts = self.facts(self.fingerprint()?);
        // Both matrices of a plan stay, however large they are: they are asked for again and again.
        let both = 2 * 4 * (self.config.vocab * self.config.hidden) as u64;
        let token_levels = TokenLevels::new(LEVEL_MEMORY.max(both));
        Ok(Model {
            config: self.config,
            weights,
            compute: compute.clone(),
            merged: MergedExperts::new(merged::MERGED_MEMORY),
            levels: LevelDatabase::new(LEVEL_MEMORY),
            token_levels,
            facts,
        })
    }
}

impl Model {
    /// Loads the model in `folder` onto a device.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(folder: &Path, compute: &Compute) -> Result<Self, LoadError> {
        DecoderOutline::open(folder)?.load(compute)
    }

    /// The same model that keeps at most `bytes` of modules in few bits on its device.
    #[must_use]
    pub fn with_level_memory(self, bytes: u64) -> Self {
        Self { levels: LevelDatabase::new(bytes), ..self }
    }

    /// Shapes and identity.
    pub fn facts(&self) -> &Facts {
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
