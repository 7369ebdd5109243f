//! `symmetric`: whole numbers around 0, as GPTQ (arXiv 2210.17323) and compressed-tensors store them.
//!
//! `s = max|w|/((2ᵇ − 1)/2)`, `q = round(clamp(w/s))`, `w' = q·s`, codes from `−2ᵇ⁻¹` to `2ᵇ⁻¹ − 1`, halves to even: the largest
//! magnitude lies half a code beyond the largest one, so that one more code below 0 is of use.

use crate::WholeGrid;
use crate::affine::Affine;

/// One group, in place.
pub(super) fn group(values: &mut [f32], bits: u32) {
    let affine = Affine::of(values, WholeGrid::Symmetric, bits);
    values.iter_mut().for_each(|value| *value = affine.value(affine.code(*value)));
}
