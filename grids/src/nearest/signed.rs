//! `q4_0` and `q5_0` of GGUF: a scale with a sign, so that the number furthest from 0 has the least code.
//!
//! `d = m/−2ᵇ⁻¹` for the number `m` that is furthest from 0, `q = ⌊w/d + 2ᵇ⁻¹ + ½⌋` up to `2ᵇ − 1`, `w' = (q − 2ᵇ⁻¹)·d`, where `d` is
//! kept in half precision and codes are made with the exact one (llama.cpp, `quantize_row_q4_0_ref`).

/// How a block is stored.
pub(crate) struct Fit {
    /// `d` in half precision.
    pub(crate) scale: f32,
    inverse: f32,
    middle: f32,
}

impl Fit {
    pub(crate) fn new(values: &[f32], bits: u32) -> Self {
        let middle = (1_u32 << (bits - 1)) as f32;
        let scale = super::furthest(values) / -middle;
        Self { scale: super::half(scale), inverse: super::inverse(scale), middle }
    }

    /// `q`.
    pub(crate) fn code(&self, value: f32) -> f32 {
        (value * self.inverse + (self.middle + 0.5)).trunc().min(2.0 * self.middle - 1.0)
    }
}

/// One block, in place.
pub(super) fn block(values: &mut [f32], bits: u32) {
    let fit = Fit::new(values, bits);
    values.iter_mut().for_each(|value| *value = (fit.code(*value) - fit.middle) * fit.scale);
}
