//! `affine-int`: whole numbers with a whole-number zero point, as GPTQ (arXiv 2210.17323) and compressed-tensors store them.
//!
//! The range of a group has 0 in it. `s = (max − min)/(2ᵇ − 1)`, `z = round(−2ᵇ⁻¹ − min/s)` within the codes,
//! `q = round(clamp(w/s + z))`, `w' = (q − z)·s`, codes from `−2ᵇ⁻¹` to `2ᵇ⁻¹ − 1`, halves to even.

use super::fit::{Fit, Numbers};

/// One group.
pub(crate) fn fit(values: &[f32], bits: u32) -> Fit {
    let (low, high) = super::bounds(values);
    let (low, high) = (low.min(0.0), high.max(0.0));
    let (least, largest) = super::symmetric::codes(bits);
    let scale = (high - low) / (largest - least);
    let zero = if scale == 0.0 { 0.0 } else { (least - low / scale).clamp(least, largest).round_ties_even() };
    Fit { scale, zero, numbers: Numbers::Whole(least, largest) }
}
