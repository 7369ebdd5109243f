//! What is left of numbers that an engine stores in few bits, a file for each kind of grid.
//!
//! Every grid is rounded to as the engine's own tools round, in float32, so that what was scored is what an exported file holds.
//! Which bits and groups a grid has, and the bytes that it takes, are in [`NumberGrid`].

pub(crate) mod affine_int;
pub(crate) mod fit;
pub(crate) mod fp8;
pub(crate) mod from_least;
pub(crate) mod k_affine;
pub(crate) mod k_signed;
pub(crate) mod mxfp4;
pub(crate) mod nvfp4;
pub(crate) mod q8_0;
pub(crate) mod signed;
pub(crate) mod small_float;
pub(crate) mod symmetric;

use half::f16;
use rayon::prelude::*;

use crate::{CacheGrid, NumberGrid};

/// Quantises and dequantises a matrix in place: `rows: [outputs, inputs]`, each row over groups of `group` channels, which divide
/// it. Codes have `bits`.
pub fn matrix(rows: &mut [f32], inputs: usize, grid: NumberGrid, bits: u32, group: usize) {
    match grid {
        NumberGrid::Fp8Tensor => fp8::fit(rows).round(rows),
        NumberGrid::Fp8Block => fp8::blocks(rows, inputs),
        NumberGrid::Nvfp4 => nvfp4::matrix(rows),
        _ => rows.par_chunks_mut(group).with_min_len(8).for_each(|values| self::group(values, grid, bits)),
    }
}

/// Quantises and dequantises the channels of one token and KV head in place; a multiple of 32 where the grid has blocks.
pub fn cache(channels: &mut [f32], grid: CacheGrid) {
    match grid.blocks() {
        None => channels.iter_mut().for_each(|value| *value = small_float::E4M3.nearest(*value)),
        Some(blocks) => channels.chunks_exact_mut(32).for_each(|block| group(block, blocks, grid.bits()[0])),
    }
}

/// The same for numbers of one group.
fn group(values: &mut [f32], grid: NumberGrid, bits: u32) {
    use NumberGrid as Grid;
    match grid {
        Grid::AffineInt => affine_int::fit(values, bits).round(values),
        Grid::Symmetric => symmetric::fit(values, bits).round(values),
        Grid::Q4_0 | Grid::Q5_0 => signed::block(values, bits),
        Grid::Q4_1 | Grid::Q5_1 => from_least::block(values, bits),
        Grid::Q8_0 => q8_0::block(values),
        Grid::Q2K => k_affine::block(values, &k_affine::TWO),
        Grid::Q3K => k_signed::block(values, &k_signed::THREE),
        Grid::Q4K => k_affine::block(values, &k_affine::FOUR),
        Grid::Q5K => k_affine::block(values, &k_affine::FIVE),
        Grid::Q6K => k_signed::block(values, &k_signed::SIX),
        Grid::Mxfp4 => mxfp4::fit(values).round(values),
        Grid::Fp8Channel | Grid::Fp8Tensor | Grid::Fp8Block => fp8::fit(values).round(values),
        Grid::Nvfp4 => nvfp4::matrix(values),
    }
}

/// What a file keeps of a scale in half precision.
fn half(scale: f32) -> f32 {
    f16::from_f32(scale).to_f32()
}

/// `1/scale`, and 0 for 0, as llama.cpp multiplies by instead of dividing.
fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// The least and the largest of some numbers.
pub(crate) fn bounds(values: &[f32]) -> (f32, f32) {
    values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}

/// The first of the numbers that are furthest from 0.
fn furthest(values: &[f32]) -> f32 {
    values
        .iter()
        .fold(0.0, |furthest: f32, &value| if value.abs() > furthest.abs() { value } else { furthest })
}

#[cfg(test)]
pub(crate) mod tests;
