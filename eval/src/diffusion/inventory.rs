//! Whether a checkpoint of a generator holds what config.json asks for, and nothing else.

use super::config::DenoiserConfig;
use super::parameters;
use crate::error::LoadError;
use crate::model::Checkpoint;

/// Compares names and shapes, layer by layer: a size that the file contradicts is met before anything of that size is
/// made.
pub(super) fn check(config: &DenoiserConfig, file: &Checkpoint) -> Result<(), LoadError> {
    let mut wanted = std::collections::HashSet::new();
    for parameter in parameters::layers(config).flatten() {
        file.tensor(&parameter.name, &parameter.shape)?;
        wanted.insert(parameter.name);
    }
    let unread = |name: &String| !wanted.contains(name) && !file.has_no_elements(name);
    let mut unread: Vec<_> = file.names().filter(|(name, _)| unread(name)).collect();
    unread.sort();
    match unread.first() {
        None => Ok(()),
        Some((name, path)) => Err(LoadError::UnreadTensor {
            file: (*path).to_owned(),
            tensor: name.clone(),
            others: unread.len() - 1,
            reason: "an image generator has no such part; is config.json of the same model?".to_owned(),
        }),
    }
}
