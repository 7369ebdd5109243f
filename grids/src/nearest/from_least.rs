//! `q4_1` and `q5_1` of GGUF: a scale and the least number of a block.
//!
//! `d = (max − min)/(2ᵇ − 1)`, `q = ⌊(w − min)/d + ½⌋`, `w' = q·d + min`, where `d` and `min` are kept in half precision and codes are
//! made with the exact ones (llama.cpp, `quantize_row_q4_1_ref`).

/// One block, in place.
pub(super) fn block(values: &mut [f32], bits: u32) {
    let top = ((1_u32 << bits) - 1) as f32;
    let (low, high) = super::bounds(values);
    let scale = (high - low) / top;
    let (inverse, stored, least) = (super::inverse(scale), super::half(scale), super::half(low));
    for value in values {
        let code = ((*value - low) * inverse + 0.5).trunc().min(top);
        *value = code * stored + least;
    }
}
