//! Floating-point numbers of 4 and 8 bits: to the nearest one, halves to the even mantissa, as IEEE 754 rounds.

/// A format without infinities.
pub(super) struct SmallFloat {
    /// Bits of the mantissa.
    mantissa: i32,
    /// The exponent of the smallest normal number; below it, numbers are as far apart as above.
    least: i32,
    /// The largest number.
    pub(super) largest: f32,
}

/// 4 bits: 0, ½, 1, 1½, 2, 3, 4, 6, and the same below 0 (OCP Microscaling Formats 1.0, §5.3.3).
pub(super) const E2M1: SmallFloat = SmallFloat { mantissa: 1, least: 0, largest: 6.0 };
/// 8 bits with a largest number of 448 (OCP 8-bit Floating Point Specification 1.0).
pub(super) const E4M3: SmallFloat = SmallFloat { mantissa: 3, least: -6, largest: 448.0 };

impl SmallFloat {
    /// The number nearest to `value`; the largest one for what is beyond it.
    pub(super) fn nearest(&self, value: f32) -> f32 {
        let value = value.clamp(-self.largest, self.largest);
        let step = power(exponent(value).max(self.least) - self.mantissa);
        (value / step).round_ties_even() * step
    }
}

/// `⌊log₂|value|⌋`; −127 for 0 and what is too small for a normal float32.
pub(super) fn exponent(value: f32) -> i32 {
    ((value.to_bits() >> 23) & 0xff) as i32 - 127
}

/// `2ⁿ`, for `n` from −149 to 127.
pub(super) fn power(n: i32) -> f32 {
    f64::from(n).exp2() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_mantissa_and_nothing_is_beyond_the_largest() {
        let nearest = |values: [f32; 7]| values.map(|value| E2M1.nearest(value));
        assert_eq!(nearest([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0]), [0.0, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0]);
        assert_eq!(
            nearest([0.26, -0.74, 1.26, -1.74, 2.51, 5.01, -9.0]),
            [0.5, -0.5, 1.5, -1.5, 3.0, 6.0, -6.0]
        );
        let eight = [449.0, -1e9, 17.0, 19.0, 0.001, 0.000_9, 0.01].map(|value| E4M3.nearest(value));
        let step = 2.0_f32.powi(-9);
        assert_eq!(eight, [448.0, -448.0, 16.0, 20.0, step, 0.0, 5.0 * step]);
    }
}
