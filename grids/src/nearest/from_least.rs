//! `q4_1` and `q5_1` of GGUF: a scale and the least number of a block.
//!
//! `d = (max − min)/(2ᵇ − 1)`, `q = ⌊(w − min)/d + ½⌋`, `w' = q·d + min`, where `d` and `min` are kept in half precision and codes are
//! made with the exact ones (llama.cpp, `quantize_row_q4_1_ref`).

/// How a block is stored.
pub(crate) struct Fit {
    /// `d` in half precision.
    pub(crate) scale: f32,
    /// `min` in half precision.
    pub(crate) least: f32,
    low: f32,
    inverse: f32,
    top: f32,
}

impl Fit {
    pub(crate) fn new(values: &[f32], bits: u32) -> Self {
        let top = ((1_u32 << bits) - 1) as f32;
        let (low, high) = super::bounds(values);
        let scale = (high - low) / top;
        let (stored, least) = (super::half(scale), super::half(low));
        Self { scale: stored, least, low, inverse: super::inverse(scale), top }
    }

    /// `q`.
    pub(crate) fn code(&self, value: f32) -> f32 {
        ((value - self.low) * self.inverse + 0.5).trunc().min(self.top)
    }
}

/// One block, in place.
pub(super) fn block(values: &mut [f32], bits: u32) {
    let fit = Fit::new(values, bits);
    values.iter_mut().for_each(|value| *value = fit.code(*value) * fit.scale + fit.least);
}
