//! `affine-int`: whole numbers with a whole-number zero point, as GPTQ (arXiv 2210.17323) and compressed-tensors store them.
//!
//! The range of a group has 0 in it. `s = (max − min)/(2ᵇ − 1)`, `z = round(−2ᵇ⁻¹ − min/s)` within the codes,
//! `q = round(clamp(w/s + z))`, `w' = (q − z)·s`, codes from `−2ᵇ⁻¹` to `2ᵇ⁻¹ − 1`, halves to even.

use crate::WholeGrid;
use crate::affine::Affine;

/// One group, in place.
pub(super) fn group(values: &mut [f32], bits: u32) {
    let affine = Affine::of(values, WholeGrid::AffineInt, bits);
    values.iter_mut().for_each(|value| *value = affine.value(affine.code(*value)));
}
