//! Facts and fingerprint of a generator.

use std::path::Path;

use attune_core::facts::ModelFacts;

use super::FAMILY;
use super::config::DenoiserConfig;
use super::inventory;
use super::parameters::{self, Parameter};
use crate::error::LoadError;
use crate::model::{Checkpoint, fingerprint};

pub(super) fn facts(folder: &Path, config: &DenoiserConfig) -> Result<ModelFacts, LoadError> {
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let files: Vec<Checkpoint> =
        config.checkpoints.iter().map(|name| Checkpoint::file(folder, name)).collect::<Result<_, _>>()?;
    files.iter().try_for_each(|file| inventory::check(config, file))?;
    let layers = parameters::of(config);
    let elements: u64 = files.iter().map(Checkpoint::stored_elements).sum();
    let bytes: u64 = files.iter().map(Checkpoint::stored_bytes).sum();
    Ok(ModelFacts {
        name: name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        fingerprint: fingerprint(folder, files.iter().flat_map(Checkpoint::files))?,
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
        parameters: layers.iter().flatten().map(|parameter: &Parameter| parameter.elements() as u64).sum(),
        feed_forward: count(config.inner),
        expert_parameters: 0,
        bytes_per_parameter: bytes as f64 / elements.max(1) as f64,
    })
}
