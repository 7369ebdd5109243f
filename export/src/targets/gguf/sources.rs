//! The stored tensors that the file is made of, read and put in order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_families::tensors::MatrixSlice;
use attune_grids::{Grouping, NumberGrid, blocks};
use safetensors::tensor::Dtype;

use super::container::{Entry, failed};
use super::kinds::Kind;
use super::pieces::{Made, Piece, Stored};
use crate::checkpoint::{INDEX, Layout, SINGLE, Tensor, bad, float, read_part};

/// Headers of the weight files.
pub(super) struct Sources<'a> {
    tensors: HashMap<&'a str, (&'a str, &'a Tensor)>,
    /// Where a tensor that is missing would be listed.
    list: &'static str,
}

impl<'a> Sources<'a> {
    pub(super) fn new(layout: &'a Layout) -> Self {
        let shards = layout.shards.iter();
        let of = |shard: &'a crate::checkpoint::Shard| {
            shard.tensors.iter().map(move |tensor| (tensor.name.as_str(), (shard.file.as_str(), tensor)))
        };
        Self { tensors: shards.flat_map(of).collect(), list: if layout.sharded { INDEX } else { SINGLE } }
    }

    /// How a tensor of the file will be stored, where everything that it is made of is there and can be.
    pub(super) fn entry(&self, piece: &Piece) -> Result<Entry, ExportError> {
        let kind = match &piece.made {
            Made::Numbers(_) => Kind::F32,
            Made::Vector { from, .. } => {
                self.kind(from)?;
                Kind::F32
            }
            Made::Matrices { from, stored, .. } => {
                let kinds = from.iter().map(|slice| self.kind(slice)).collect::<Result<Vec<Kind>, _>>()?;
                match stored {
                    Stored::Floats => Kind::F32,
                    Stored::Blocks(grid) => self.whole_blocks(*grid, from)?,
                    // Of different types nothing is lost in float32.
                    Stored::AsTheyAre => kinds
                        .first()
                        .copied()
                        .filter(|first| kinds.iter().all(|kind| kind == first))
                        .unwrap_or(Kind::F32),
                }
            }
        };
        Ok(Entry { name: piece.name.clone(), kind, shape: piece.shape.clone() })
    }

    fn whole_blocks(&self, grid: NumberGrid, from: &[MatrixSlice]) -> Result<Kind, ExportError> {
        let divides = |inputs: usize| matches!(grid.grouping(), Grouping::Of(group) if inputs.is_multiple_of(group as usize));
        match from.iter().find(|slice| !divides(slice.inputs)) {
            None => Ok(Kind::Blocks(grid)),
            Some(slice) => {
                let found = format!("tensor `{}` has rows of {}", slice.tensor, slice.inputs);
                Err(bad(self.list, found, format!("whole blocks of {}", grid.name())))
            }
        }
    }

    fn kind(&self, slice: &MatrixSlice) -> Result<Kind, ExportError> {
        let missing = || {
            let found = format!("tensor `{}` is missing", slice.tensor);
            bad(self.list, found, "every tensor of the model that config.json describes")
        };
        let (file, tensor) = self.tensors.get(slice.tensor.as_str()).ok_or_else(missing)?;
        if tensor.shape != slice.shape {
            let found = format!("tensor `{}` has shape {:?}", tensor.name, tensor.shape);
            let keys = attune_families::tensors::keys(&tensor.name);
            return Err(bad(file, found, format!("{:?}, by {keys} of config.json", slice.shape)));
        }
        Kind::stored(tensor.dtype).ok_or_else(|| {
            let found = format!("tensor `{}` is stored as {:?}", tensor.name, tensor.dtype);
            bad(file, found, "F32, F16 or BF16: dequantise the model first")
        })
    }
}

/// Writes the numbers of a tensor as they are stored in the file; of the model, one matrix at a time is in memory.
pub(super) fn write(
    out: &mut dyn Write,
    piece: &Piece,
    kind: Kind,
    sources: &Sources<'_>,
    files: &dyn ModelFiles,
) -> Result<(), ExportError> {
    let floats =
        |numbers: &mut dyn Iterator<Item = f32>| -> Vec<u8> { numbers.flat_map(f32::to_le_bytes).collect() };
    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(failed);
    match &piece.made {
        Made::Numbers(numbers) => put(&floats(&mut numbers.iter().copied()))?,
        Made::Vector { from, plus, heads_of } => {
            let (dtype, rows) = gathered(from, *heads_of, sources, files)?;
            put(&floats(&mut numbers(dtype, &rows).map(|number| number + plus)))?;
        }
        Made::Matrices { from, heads_of, .. } => {
            for slice in from {
                let (dtype, rows) = gathered(slice, *heads_of, sources, files)?;
                if Kind::stored(dtype) == Some(kind) {
                    put(&rows)?;
                    continue;
                }
                let Kind::Blocks(grid) = kind else {
                    put(&floats(&mut numbers(dtype, &rows)))?;
                    continue;
                };
                let numbers: Vec<f32> = numbers(dtype, &rows).collect();
                let refusal = || bad(&slice.tensor, grid.name(), "a grid of GGUF");
                put(&blocks::encode(&numbers, grid).ok_or_else(refusal)?)?;
            }
        }
    }
    Ok(())
}

fn numbers(dtype: Dtype, elements: &[u8]) -> impl Iterator<Item = f32> + '_ {
    elements.chunks_exact(dtype.bitsize() / 8).filter_map(move |element| float(dtype, element))
}

/// The elements of a matrix in row-major order, as they are stored. Of the tensor, what lies between its first and its last one is
/// read.
fn gathered<'a>(
    slice: &MatrixSlice,
    heads_of: Option<usize>,
    sources: &Sources<'a>,
    files: &'a dyn ModelFiles,
) -> Result<(Dtype, Cow<'a, [u8]>), ExportError> {
    let lacks = || bad(sources.list, "nothing", format!("tensor `{}`", slice.tensor));
    let &(file, tensor) = sources.tensors.get(slice.tensor.as_str()).ok_or_else(lacks)?;
    let width = tensor.dtype.bitsize() / 8;
    if slice.elements() == 0 {
        return Ok((tensor.dtype, Cow::Borrowed(&[])));
    }
    let first = slice.place(0, 0);
    let end = slice.place(slice.outputs - 1, slice.inputs - 1) + 1;
    let at = |element: usize| tensor.place.start + (element * width) as u64;
    let data = read_part(files, file, at(first)..at(end))?;
    if heads_of.is_none() && slice.contiguous().is_some() {
        return Ok((tensor.dtype, data));
    }
    let mut rows = Vec::with_capacity(slice.elements() * width);
    for row in 0..slice.outputs {
        let row = heads_of.map_or(row, |channels| side_by_side(row, channels));
        if slice.strides[1] == 1 || slice.inputs == 1 {
            rows.extend_from_slice(&data[(slice.place(row, 0) - first) * width..][..slice.inputs * width]);
            continue;
        }
        for input in 0..slice.inputs {
            rows.extend_from_slice(&data[(slice.place(row, input) - first) * width..][..width]);
        }
    }
    Ok((tensor.dtype, Cow::Owned(rows)))
}

/// Which row stands at `row` where the two rows of a head that turn together, half a head apart before, stand side by side.
fn side_by_side(row: usize, channels: usize) -> usize {
    let (head, within) = (row / channels, row % channels);
    head * channels + within % 2 * (channels / 2) + within / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_turn_together_stand_side_by_side() {
        let rows: Vec<usize> = (0..12).map(|row| side_by_side(row, 6)).collect();
        assert_eq!(rows, [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    }
}
