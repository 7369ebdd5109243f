//! Models to try a technique on: facts, and no weights.

use std::path::Path;

use attune_core::evaluator::OpenFailure;
use attune_core::facts::Facts;
use attune_eval::{model, registry};

use super::study::not_loaded;
use crate::error::Error;

/// Facts of a model by its folder, or of an architecture by a config.json (or a folder that holds nothing else of a model). No
/// weights are read, so the fingerprint stands for none.
///
/// # Errors
/// When it is no model that an evaluator of this build reads.
pub fn model_facts(path: &Path) -> Result<Facts, Error> {
    let refused = |failure: OpenFailure| Error::input(failure);
    let alone = path.join("config.json");
    let file = match path.is_file() {
        true => path,
        false if alone.is_file() && !has_weights(path) => alone.as_path(),
        false => return Ok(registry::outline(path).map_err(refused)?.facts(not_loaded())),
    };
    model::architecture(file).map_err(|error| refused(error.into()))
}

/// Whether a folder holds tensors. One that cannot be looked into is left to whoever reads it, and says why.
fn has_weights(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|found| found == "safetensors"))
}
