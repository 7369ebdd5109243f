//! Codes of a matrix, and its weights again.

use rayon::prelude::*;

use super::Factor;
use crate::WholeGrid;
use crate::affine::Affine;

/// Rows that a thread rounds side by side, so that the factor is read once for all of them.
const ROWS: usize = 16;

/// Codes of `rows: [outputs, inputs]` in `bits` on `grid`, over groups of `group` inputs, which divide them, counted from the least
/// code: `[outputs, inputs]`.
///
/// Errors are kept in float64. The weight that a column is rounded as is rounded to float32 first, so that without any error to
/// make good the codes are those of rounding to the nearest, to the bit.
pub fn codes(rows: &[f32], grid: WholeGrid, bits: u32, group: usize, factor: &Factor) -> Vec<u8> {
    let inputs = factor.inputs();
    let mut codes = vec![0; rows.len()];
    codes.par_chunks_mut(ROWS * inputs).zip(rows.par_chunks(ROWS * inputs)).for_each(|(codes, rows)| {
        let affines: Vec<Affine> =
            rows.chunks_exact(group).map(|values| Affine::of(values, grid, bits)).collect();
        let groups = inputs / group;
        // What is added to each weight for the errors before it.
        let mut owed = vec![0.0; rows.len()];
        for i in 0..inputs {
            let shares = factor.shares(i);
            for (row, owed) in owed.chunks_exact_mut(inputs).enumerate() {
                let (at, affine) = (row * inputs + i, &affines[row * groups + i / group]);
                let weight = f64::from(rows[at]);
                let code = affine.code((weight + owed[i]) as f32);
                codes[at] = affine.index(code);
                let error = weight - f64::from(affine.value(code));
                owed[i + 1..].iter_mut().zip(shares).for_each(|(owed, share)| *owed += error * share);
            }
        }
    });
    codes
}

/// The weights that `codes` stand for, in the place of the original ones, which their scales follow from.
pub fn dequantise(rows: &mut [f32], grid: WholeGrid, bits: u32, group: usize, codes: &[u8]) {
    rows.par_chunks_mut(group).zip(codes.par_chunks(group)).with_min_len(8).for_each(|(values, codes)| {
        let affine = Affine::of(values, grid, bits);
        values.iter_mut().zip(codes).for_each(|(value, &code)| *value = affine.value(affine.code_at(code)));
    });
}
