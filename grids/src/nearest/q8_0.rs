//! `q8_0` of GGUF: `d = max|w|/127`, `q = round(w/d)` with halves away from 0, `w' = q·d`, where `d` is kept in half precision and
//! codes are made with the exact one (llama.cpp, `quantize_row_q8_0_ref`).

/// How a block is stored.
pub(crate) struct Fit {
    /// `d` in half precision.
    pub(crate) scale: f32,
    inverse: f32,
}

impl Fit {
    pub(crate) fn new(values: &[f32]) -> Self {
        let scale = super::furthest(values).abs() / 127.0;
        Self { scale: super::half(scale), inverse: super::inverse(scale) }
    }

    /// `q`.
    pub(crate) fn code(&self, value: f32) -> f32 {
        (value * self.inverse).round()
    }
}

/// One block, in place.
pub(super) fn block(values: &mut [f32]) {
    let fit = Fit::new(values);
    values.iter_mut().for_each(|value| *value = fit.code(*value) * fit.scale);
}
