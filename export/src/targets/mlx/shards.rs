//! Writes the weight files: matrices of the plan as codes, scales and biases, all else byte for byte.

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use safetensors::tensor::Dtype;

use super::TARGET;
use super::codes::Codes;
use super::levels::Levels;
use crate::checkpoint::{self, Bytes, Layout, Piece, Rewritten, Tensor, level_of, rewrite};
use crate::chosen::ChosenCodes;

/// Every matrix of the plan is stored, has whole groups, and is of a type that can be quantised.
pub(super) fn complete(layout: &Layout, levels: &Levels) -> Result<(), ExportError> {
    checkpoint::complete(layout, &levels.matrices, |level, inputs| {
        let group = level.group;
        let expected = || format!("a matrix with inputs in groups of {group}");
        if inputs.is_multiple_of(group as usize) { Ok(()) } else { Err(expected()) }
    })
}

/// Writes the weight files.
pub(super) fn write_shards(
    files: &dyn ModelFiles,
    layout: &Layout,
    levels: &Levels,
    chosen: &ChosenCodes,
    sink: &mut dyn FileSink,
) -> Result<Rewritten, ExportError> {
    let mut made = |tensor: &Tensor, bytes: &Bytes<'_>| {
        let Some((name, level)) = level_of(&levels.matrices, tensor) else { return Ok(None) };
        let (rows, inputs) = (tensor.shape[0], tensor.shape[1]);
        let codes = Codes::new(level, tensor.dtype, inputs, &bytes.read()?, chosen.rows(tensor).as_ref());
        let words = inputs * level.bits as usize / 32;
        let groups = vec![rows, inputs / level.group as usize];
        let piece = |dtype, shape, bytes: Vec<u8>| Piece { dtype, shape, bytes: bytes.into() };
        Ok(Some(vec![
            (tensor.name.clone(), piece(Dtype::U32, vec![rows, words], codes.packed)),
            (format!("{name}.scales"), piece(tensor.dtype, groups.clone(), codes.scales)),
            (format!("{name}.biases"), piece(tensor.dtype, groups, codes.biases)),
        ]))
    };
    rewrite(files, layout, TARGET, &mut made, Vec::new(), sink)
}
