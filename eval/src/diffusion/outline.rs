//! A generator before its weights are read: its facts, its fingerprint, and which plans it takes.

use std::path::{Path, PathBuf};

use attune_core::evaluator::EvalFailure;
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;

use super::FAMILY;
use super::checkpoints::Checkpoints;
use super::config::DenoiserConfig;
use super::edits::Edited;
use super::inventory;
use super::parameters::{self, Parameter};
use crate::compute::Compute;
use crate::error::LoadError;
use crate::model::{Checkpoint, fingerprint};

/// A generator of which config.json has been read, and names and shapes of the tensors of all checkpoints, but no weights.
pub struct GeneratorOutline {
    folder: PathBuf,
    pub(super) config: DenoiserConfig,
    files: Vec<Checkpoint>,
}

impl GeneratorOutline {
    /// What a folder says about its model, which its files bear out.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn open(folder: &Path) -> Result<Self, LoadError> {
        let config = DenoiserConfig::read(folder)?;
        let files: Vec<Checkpoint> =
            config.checkpoints.iter().map(|name| Checkpoint::file(folder, name)).collect::<Result<_, _>>()?;
        files.iter().try_for_each(|file| inventory::check(&config, file))?;
        Ok(Self { folder: folder.to_owned(), config, files })
    }

    /// Facts of the model with this fingerprint.
    pub fn facts(&self, fingerprint: ContentHash) -> Facts {
        let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let name = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        let config = &self.config;
        let layers = parameters::of(config);
        let elements: u64 = self.files.iter().map(Checkpoint::stored_elements).sum();
        let bytes: u64 = self.files.iter().map(Checkpoint::stored_bytes).sum();
        let mut facts = Facts::from(ModelFacts {
            name: name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            fingerprint,
            family: FAMILY.to_owned(),
            layers: count(config.layers()),
            hidden: count(config.hidden),
            heads: 0,
            kv_heads: 0,
            head_dim: 0,
            experts: 0,
            experts_per_token: 0,
            context: 0,
            vocab: 0,
            checkpoints: count(config.checkpoints.len()),
            parameters: layers
                .iter()
                .flatten()
                .map(|parameter: &Parameter| parameter.elements() as u64)
                .sum(),
            feed_forward: count(config.inner),
            expert_parameters: 0,
            bytes_per_parameter: bytes as f64 / elements.max(1) as f64,
        });
        parameters::linear_modules(config).say(&mut facts.values);
        facts
    }

    /// Whether the evaluator honours a plan on this model.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`], naming the edit.
    pub fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        Edited::new(plan, &self.config).map(|_| ())
    }

    /// Hashes config.json and the weights, all of them.
    pub(crate) fn fingerprint(&self) -> Result<ContentHash, LoadError> {
        fingerprint(&self.folder, self.files.iter().flat_map(Checkpoint::files))
    }

    /// Reads the weights of all checkpoints onto a device.
    pub(super) fn checkpoints(&self, compute: &Compute) -> Result<Checkpoints, LoadError> {
        Checkpoints::read(&self.files, &self.config, compute)
    }
}
