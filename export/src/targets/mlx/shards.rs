//! Writes the weight files: matrices of the plan as codes, scales and biases, all else byte for byte.

use std::collections::{BTreeMap, HashSet};

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use safetensors::tensor::Dtype;
use serde::Serialize;

use super::TARGET;
use super::codes::Codes;
use super::levels::{Level, Levels};
use crate::checkpoint::{
    INDEX, Layout, Piece, SINGLE, Tensor, bad, has_floats, parse, read, write_index, write_tensors,
};

/// How names of stored matrices end.
const WEIGHT: &str = ".weight";

/// What was done to the tensors.
#[derive(Default, Serialize)]
pub(super) struct Tensors {
    copied: usize,
    quantised: usize,
    bytes: u64,
    bytes_before: u64,
}

/// Every matrix of the plan is stored, has whole groups, and is of a type that can be quantised.
pub(super) fn complete(layout: &Layout, levels: &Levels) -> Result<(), ExportError> {
    for shard in &layout.shards {
        for tensor in &shard.tensors {
            let Some((_, level)) = matrix(levels, tensor) else { continue };
            let found = || format!("tensor `{}` is {:?} {:?}", tensor.name, tensor.dtype, tensor.shape);
            if !has_floats(tensor.dtype) {
                return Err(bad(&shard.file, found(), "F32, F16 or BF16, which can be quantised"));
            }
            if !matches!(tensor.shape[..], [_, inputs] if inputs.is_multiple_of(level.group as usize)) {
                return Err(bad(
                    &shard.file,
                    found(),
                    format!("a matrix with inputs in groups of {}", level.group),
                ));
            }
        }
    }
    let stored: HashSet<&str> =
        layout.tensors().filter_map(|tensor| tensor.name.strip_suffix(WEIGHT)).collect();
    match levels.matrices.keys().find(|name| !stored.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let file = if layout.sharded { INDEX } else { SINGLE };
            Err(bad(file, format!("tensor `{name}{WEIGHT}` is missing"), "every matrix that the plan names"))
        }
    }
}

/// Writes the files one after the other; at most one of them is in memory.
pub(super) fn write_shards(
    files: &dyn ModelFiles,
    layout: &Layout,
    levels: &Levels,
    sink: &mut FileSink<'_>,
) -> Result<Tensors, ExportError> {
    let mut done = Tensors::default();
    let mut places: BTreeMap<String, &str> = BTreeMap::new();
    for shard in &layout.shards {
        let bytes = read(files, &shard.file)?;
        let source = parse(&shard.file, &bytes)?;
        let mut pieces: Vec<(String, Piece<'_>)> = Vec::with_capacity(shard.tensors.len());
        for tensor in &shard.tensors {
            let view = source.tensor(&tensor.name);
            let view =
                view.map_err(|error| bad(&shard.file, error.to_string(), format!("`{}`", tensor.name)))?;
            done.bytes_before += view.data().len() as u64;
            let Some((name, level)) = matrix(levels, tensor) else {
                done.copied += 1;
                let piece =
                    Piece { dtype: tensor.dtype, shape: tensor.shape.clone(), bytes: view.data().into() };
                pieces.push((tensor.name.clone(), piece));
                continue;
            };
            done.quantised += 1;
            let codes = Codes::new(level, tensor.dtype, view.data());
            let (rows, inputs) = (tensor.shape[0], tensor.shape[1]);
            let words = inputs * level.bits as usize / 32;
            let groups = vec![rows, inputs / level.group as usize];
            let piece = |dtype, shape, bytes: Vec<u8>| Piece { dtype, shape, bytes: bytes.into() };
            pieces.push((tensor.name.clone(), piece(Dtype::U32, vec![rows, words], codes.packed)));
            pieces.push((format!("{name}.scales"), piece(tensor.dtype, groups.clone(), codes.scales)));
            pieces.push((format!("{name}.biases"), piece(tensor.dtype, groups, codes.biases)));
        }
        done.bytes += pieces.iter().map(|(_, piece)| piece.bytes.len() as u64).sum::<u64>();
        places.extend(pieces.iter().map(|(name, _)| (name.clone(), shard.file.as_str())));
        write_tensors(sink, &shard.file, TARGET, pieces)?;
    }
    if layout.sharded {
        write_index(sink, done.bytes, places.iter().map(|(name, file)| (name.as_str(), *file)).collect())?;
    }
    Ok(done)
}

/// The name without its ending, and the level, of a tensor that is a matrix of the plan.
fn matrix<'a>(levels: &Levels, tensor: &'a Tensor) -> Option<(&'a str, Level)> {
    let name = tensor.name.strip_suffix(WEIGHT)?;
    Some((name, *levels.matrices.get(name)?))
}
