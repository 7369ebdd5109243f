//! Stored matrices that a plan gives levels.

use std::collections::{BTreeMap, HashSet};

use attune_core::exporter::ExportError;

use super::layout::{INDEX, Layout, SINGLE, Tensor};
use super::{bad, has_floats};

/// How names of stored matrices end.
pub(crate) const WEIGHT: &str = ".weight";

/// The name without its ending, and the level, of a tensor that has one.
pub(crate) fn level_of<'a, L: Copy>(
    levels: &BTreeMap<String, L>,
    tensor: &'a Tensor,
) -> Option<(&'a str, L)> {
    let name = tensor.name.strip_suffix(WEIGHT)?;
    Some((name, *levels.get(name)?))
}

/// Every matrix with a level is stored, as a matrix of numbers that can be quantised, whose inputs are what `fits` wants.
///
/// # Errors
/// [`ExportError::BadModel`]; what is expected of the inputs is what `fits` says.
pub(crate) fn complete<L: Copy>(
    layout: &Layout,
    levels: &BTreeMap<String, L>,
    fits: impl Fn(L, usize) -> Result<(), String>,
) -> Result<(), ExportError> {
    for shard in &layout.shards {
        for tensor in &shard.tensors {
            let Some((_, level)) = level_of(levels, tensor) else { continue };
            let found = || format!("tensor `{}` is {:?} {:?}", tensor.name, tensor.dtype, tensor.shape);
            if !has_floats(tensor.dtype) {
                return Err(bad(&shard.file, found(), "F32, F16 or BF16, which can be quantised"));
            }
            let fit = match tensor.shape[..] {
                [_, inputs] => fits(level, inputs),
                _ => Err("a matrix".to_owned()),
            };
            fit.map_err(|expected| bad(&shard.file, found(), expected))?;
        }
    }
    let stored: HashSet<&str> =
        layout.tensors().filter_map(|tensor| tensor.name.strip_suffix(WEIGHT)).collect();
    match levels.keys().find(|name| !stored.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let file = if layout.sharded { INDEX } else { SINGLE };
            Err(bad(file, format!("tensor `{name}{WEIGHT}` is missing"), "every matrix that the plan names"))
        }
    }
}
