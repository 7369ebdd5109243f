//! `q4_0` and `q5_0` of GGUF: a scale with a sign, so that the number furthest from 0 has the least code.
//!
//! `d = m/−2ᵇ⁻¹` for the number `m` that is furthest from 0, `q = ⌊w/d + 2ᵇ⁻¹ + ½⌋` up to `2ᵇ − 1`, `w' = (q − 2ᵇ⁻¹)·d`, where `d` is
//! kept in half precision and codes are made with the exact one (llama.cpp, `quantize_row_q4_0_ref`).

/// One block, in place.
pub(super) fn block(values: &mut [f32], bits: u32) {
    let middle = (1_u32 << (bits - 1)) as f32;
    let scale = super::furthest(values) / -middle;
    let (inverse, stored) = (super::inverse(scale), super::half(scale));
    for value in values {
        let code = (*value * inverse + (middle + 0.5)).trunc().min(2.0 * middle - 1.0);
        *value = (code - middle) * stored;
    }
}
