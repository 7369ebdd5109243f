//! `fp8-e4m3-…`: 8-bit floating-point codes under a float32 scale of a whole matrix, of a row, or of a block of 128 by 128.
//!
//! `s = max|w|/448`, `q` the nearest e4m3 number to `w/s`, `w' = q·s`: what compressed-tensors makes of weights for vLLM; blocks as in
//! DeepSeek-V3 (arXiv 2412.19437, §3.3.2).

use rayon::prelude::*;

use super::small_float::E4M3;

/// Rows and columns of a block.
const BLOCK: usize = 128;

/// Numbers under one scale, in place.
pub(super) fn together(values: &mut [f32]) {
    let scale = scale(super::furthest(values));
    values.iter_mut().for_each(|value| *value = under(*value, scale));
}

/// `rows: [outputs, inputs]` in blocks, in place. The last ones may have fewer rows.
pub(super) fn blocks(rows: &mut [f32], inputs: usize) {
    rows.par_chunks_mut(BLOCK * inputs).for_each(|rows| {
        for first in (0..inputs).step_by(BLOCK) {
            let columns = first..inputs.min(first + BLOCK);
            let block = rows.chunks_exact(inputs).map(|row| super::furthest(&row[columns.clone()]).abs());
            let scale = scale(block.fold(0.0, f32::max));
            for row in rows.chunks_exact_mut(inputs) {
                row[columns.clone()].iter_mut().for_each(|value| *value = under(*value, scale));
            }
        }
    });
}

fn scale(furthest: f32) -> f32 {
    furthest.abs() / E4M3.largest
}

fn under(value: f32, scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { E4M3.nearest(value / scale) * scale }
}
