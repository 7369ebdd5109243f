//! Blocks of GGUF: the bytes of numbers on a grid, as they stand in the file.
//!
//! Codes and scales are those that [`nearest`](crate::nearest) rounds to, made once by the same code; here they get their places
//! (`ggml-common.h`, `ggml-quants.c`). llama.cpp's own quantisers make the same bytes, apart from `mxfp4`, whose scale they choose
//! otherwise.

mod k_affine;
mod k_signed;
mod of_32;

use half::f16;
use rayon::prelude::*;

use crate::NumberGrid;
use crate::nearest::k_affine::{FIVE, FOUR, TWO};
use crate::nearest::k_signed::{SIX, THREE};

/// The bytes of `rows: [outputs, inputs]`, one block after the other; as many as [`NumberGrid::bytes`] says. Rows are whole blocks.
/// `None` for a grid that GGUF does not have.
pub fn encode(rows: &[f32], grid: NumberGrid) -> Option<Vec<u8>> {
    use NumberGrid as Grid;
    Some(match grid {
        Grid::Q4_0 | Grid::Q5_0 => {
            blocks(rows, 32, |block, bytes| of_32::signed(block, grid.bits()[0], bytes))
        }
        Grid::Q4_1 | Grid::Q5_1 => {
            blocks(rows, 32, |block, bytes| of_32::from_least(block, grid.bits()[0], bytes))
        }
        Grid::Q8_0 => blocks(rows, 32, of_32::q8_0),
        Grid::Mxfp4 => blocks(rows, 32, of_32::mxfp4),
        Grid::Q2K => blocks(rows, 256, |block, bytes| k_affine::two(block, &TWO, bytes)),
        Grid::Q4K => blocks(rows, 256, |block, bytes| k_affine::four_or_five(block, &FOUR, bytes)),
        Grid::Q5K => blocks(rows, 256, |block, bytes| k_affine::four_or_five(block, &FIVE, bytes)),
        Grid::Q3K => blocks(rows, 256, |block, bytes| k_signed::three(block, &THREE, bytes)),
        Grid::Q6K => blocks(rows, 256, |block, bytes| k_signed::six(block, &SIX, bytes)),
        Grid::AffineInt
        | Grid::Symmetric
        | Grid::Fp8Tensor
        | Grid::Fp8Channel
        | Grid::Fp8Block
        | Grid::Nvfp4 => return None,
    })
}

/// Every block's bytes, in order.
fn blocks(rows: &[f32], numbers: usize, one: impl Fn(&[f32], &mut Vec<u8>) + Sync) -> Vec<u8> {
    let some = |blocks: &[f32]| {
        let mut bytes = Vec::new();
        blocks.chunks_exact(numbers).for_each(|block| one(block, &mut bytes));
        bytes
    };
    rows.par_chunks(numbers * 64).map(some).collect::<Vec<_>>().concat()
}

fn push_half(bytes: &mut Vec<u8>, number: f32) {
    bytes.extend(f16::from_f32(number).to_le_bytes());
}

#[cfg(test)]
mod tests;
