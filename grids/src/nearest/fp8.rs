//! `fp8-e4m3-…`: 8-bit floating-point codes under a float32 scale of a whole matrix, of a row, or of a block of 128 by 128.
//!
//! `s = max|w|/448`, `q` the nearest e4m3 number to `w/s`, `w' = q·s`: what compressed-tensors makes of weights for vLLM; blocks as in
//! DeepSeek-V3 (arXiv 2412.19437, §3.3.2).

use std::ops::Range;

use rayon::prelude::*;

use super::fit::{Fit, Numbers};
use super::small_float::E4M3;

/// Rows and columns of a block.
pub(crate) const BLOCK: usize = 128;

/// Numbers under one scale.
pub(crate) fn fit(values: &[f32]) -> Fit {
    of(super::furthest(values).abs())
}

/// The columns `columns` of `rows: [at most 128, inputs]`, which are a block.
pub(crate) fn fit_block(rows: &[f32], inputs: usize, columns: Range<usize>) -> Fit {
    let furthest = rows.chunks_exact(inputs).map(|row| super::furthest(&row[columns.clone()]).abs());
    of(furthest.fold(0.0, f32::max))
}

/// The columns of each block of a row.
pub(crate) fn columns(inputs: usize) -> impl Iterator<Item = Range<usize>> {
    (0..inputs).step_by(BLOCK).map(move |first| first..inputs.min(first + BLOCK))
}

/// `rows: [outputs, inputs]` in blocks, in place. The last ones may have fewer rows.
pub(super) fn blocks(rows: &mut [f32], inputs: usize) {
    rows.par_chunks_mut((BLOCK * inputs).max(1)).for_each(|rows| {
        for columns in columns(inputs) {
            let fit = fit_block(rows, inputs, columns.clone());
            rows.chunks_exact_mut(inputs).for_each(|row| fit.round(&mut row[columns.clone()]));
        }
    });
}

fn of(furthest: f32) -> Fit {
    Fit { scale: furthest / E4M3.largest, zero: 0.0, numbers: Numbers::Small(&E4M3) }
}
