//! `symmetric`: whole numbers around 0, as GPTQ (arXiv 2210.17323) and compressed-tensors store them.
//!
//! `s = max|w|/((2ᵇ − 1)/2)`, `q = round(clamp(w/s))`, `w' = q·s`, codes from `−2ᵇ⁻¹` to `2ᵇ⁻¹ − 1`, halves to even: the largest
//! magnitude lies half a code beyond the largest one, so that one more code below 0 is of use.

use super::fit::{Fit, Numbers};

/// One group.
pub(crate) fn fit(values: &[f32], bits: u32) -> Fit {
    let (least, largest) = codes(bits);
    let scale = super::furthest(values).abs() / ((largest - least) / 2.0);
    Fit { scale, zero: 0.0, numbers: Numbers::Whole(least, largest) }
}

/// The least and the largest code.
pub(crate) fn codes(bits: u32) -> (f32, f32) {
    let half = (1_u32 << (bits - 1)) as f32;
    (-half, half - 1.0)
}
