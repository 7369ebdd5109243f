//! `symmetric`: whole numbers around 0, as GPTQ (arXiv 2210.17323) and compressed-tensors store them.
//!
//! `s = max|w|/((2ᵇ − 1)/2)`, `q = round(clamp(w/s))`, `w' = q·s`, codes from `−2ᵇ⁻¹` to `2ᵇ⁻¹ − 1`, halves to even: the largest
//! magnitude lies half a code beyond the largest one, so that one more code below 0 is of use.

/// One group, in place.
pub(super) fn group(values: &mut [f32], bits: u32) {
    let (least, largest) = codes(bits);
    let scale = super::furthest(values).abs() / ((largest - least) / 2.0);
    if scale == 0.0 {
        return values.fill(0.0);
    }
    for value in values {
        *value = (*value / scale).clamp(least, largest).round_ties_even() * scale;
    }
}

/// The least and the largest code.
pub(super) fn codes(bits: u32) -> (f32, f32) {
    let half = (1_u32 << (bits - 1)) as f32;
    (-half, half - 1.0)
}
