//! Writes the weight files: matrices of the plan as codes, scales and biases, all else byte for byte.

use std::collections::HashSet;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use safetensors::tensor::{Dtype, TensorView};

use super::TARGET;
use super::codes::Codes;
use super::levels::{Level, Levels};
use crate::checkpoint::{INDEX, Layout, Piece, Rewritten, SINGLE, Tensor, bad, has_floats, rewrite};

/// How names of stored matrices end.
const WEIGHT: &str = ".weight";

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

/// Writes the weight files.
pub(super) fn write_shards(
    files: &dyn ModelFiles,
    layout: &Layout,
    levels: &Levels,
    sink: &mut FileSink<'_>,
) -> Result<Rewritten, ExportError> {
    let mut made = |tensor: &Tensor, view: &TensorView<'_>| {
        let (name, level) = matrix(levels, tensor)?;
        let codes = Codes::new(level, tensor.dtype, view.data());
        let (rows, inputs) = (tensor.shape[0], tensor.shape[1]);
        let words = inputs * level.bits as usize / 32;
        let groups = vec![rows, inputs / level.group as usize];
        let piece = |dtype, shape, bytes: Vec<u8>| Piece { dtype, shape, bytes: bytes.into() };
        Some(vec![
            (tensor.name.clone(), piece(Dtype::U32, vec![rows, words], codes.packed)),
            (format!("{name}.scales"), piece(tensor.dtype, groups.clone(), codes.scales)),
            (format!("{name}.biases"), piece(tensor.dtype, groups, codes.biases)),
        ])
    };
    rewrite(files, layout, TARGET, &mut made, Vec::new(), sink)
}

/// The name without its ending, and the level, of a tensor that is a matrix of the plan.
fn matrix<'a>(levels: &Levels, tensor: &'a Tensor) -> Option<(&'a str, Level)> {
    let name = tensor.name.strip_suffix(WEIGHT)?;
    Some((name, *levels.matrices.get(name)?))
}
