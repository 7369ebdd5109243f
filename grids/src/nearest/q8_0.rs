//! `q8_0` of GGUF: `d = max|w|/127`, `q = round(w/d)` with halves away from 0, `w' = q·d`, where `d` is kept in half precision and
//! codes are made with the exact one (llama.cpp, `quantize_row_q8_0_ref`).

/// One block, in place.
pub(super) fn block(values: &mut [f32]) {
    let scale = super::furthest(values).abs() / 127.0;
    let (inverse, stored) = (super::inverse(scale), super::half(scale));
    for value in values {
        *value = (*value * inverse).round() * stored;
    }
}
