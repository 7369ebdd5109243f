//! `nvfp4`: 4-bit floating-point codes in blocks of 16 under an 8-bit scale, and a float32 scale of the whole matrix.
//!
//! With `g = (1/max|w|)·448·6` over the matrix and `s` the nearest e4m3 number to `g·max|w|/6` over a block, `q` is the nearest e2m1 number
//! to `w/(s/g)` and `w' = q·(s/g)`: compressed-tensors' `nvfp4-pack-quantized`.

use rayon::prelude::*;

use super::fit::{Fit, Numbers};
use super::small_float::{E2M1, E4M3};

/// Numbers of a block.
pub(crate) const BLOCK: usize = 16;
/// The scale of a block that is too small for one.
const LEAST: f32 = 0.125;

/// A whole matrix, in place.
pub(super) fn matrix(rows: &mut [f32]) {
    let whole = whole(rows);
    rows.par_chunks_mut(BLOCK).for_each(|block| fit(stored(block, whole), whole).round(block));
}

/// `g` of a matrix.
pub(crate) fn whole(rows: &[f32]) -> f32 {
    let furthest = rows.par_chunks(4096).map(|part| super::furthest(part).abs()).reduce(|| 0.0, f32::max);
    // Rounded twice, as torch divides a number by a tensor.
    let of_all = furthest.max(f32::MIN_POSITIVE).recip() * (E4M3.largest * E2M1.largest);
    if of_all.is_finite() { of_all } else { 1.0 }
}

/// `s` of a block, which is stored.
pub(crate) fn stored(block: &[f32], whole: f32) -> f32 {
    let scale = E4M3.nearest(whole * (super::furthest(block).abs() / E2M1.largest));
    if scale == 0.0 { LEAST } else { scale }
}

/// A block whose `s` is stored.
pub(crate) fn fit(stored: f32, whole: f32) -> Fit {
    Fit { scale: stored / whole, zero: 0.0, numbers: Numbers::Small(&E2M1) }
}
