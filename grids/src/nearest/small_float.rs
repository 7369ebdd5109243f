//! Floating-point numbers of 4 and 8 bits: to the nearest one, halves to the even mantissa, as IEEE 754 rounds.

/// A format without infinities.
pub(crate) struct SmallFloat {
    /// Bits of the mantissa.
    mantissa: i32,
    /// The exponent of the smallest normal number; below it, numbers are as far apart as above.
    least: i32,
    /// The bit of the sign.
    sign: u8,
    /// The largest number.
    pub(crate) largest: f32,
}

/// 4 bits: 0, ½, 1, 1½, 2, 3, 4, 6, and the same below 0 (OCP Microscaling Formats 1.0, §5.3.3).
pub(crate) const E2M1: SmallFloat = SmallFloat { mantissa: 1, least: 0, sign: 0x08, largest: 6.0 };
/// 8 bits with a largest number of 448 (OCP 8-bit Floating Point Specification 1.0).
pub(crate) const E4M3: SmallFloat = SmallFloat { mantissa: 3, least: -6, sign: 0x80, largest: 448.0 };

impl SmallFloat {
    /// The number nearest to `value`; the largest one for what is beyond it.
    pub(crate) fn nearest(&self, value: f32) -> f32 {
        let value = value.clamp(-self.largest, self.largest);
        let step = power(exponent(value).max(self.least) - self.mantissa);
        (value / step).round_ties_even() * step
    }

    /// The bits of one of its numbers: sign, exponent, mantissa.
    pub(crate) fn bits(&self, number: f32) -> u8 {
        let exponent = exponent(number).max(self.least);
        let steps = (number.abs() / power(exponent - self.mantissa)) as i32;
        // The first number that is normal has the exponent 1 and no steps beyond it.
        let magnitude = ((exponent - self.least) << self.mantissa) + steps;
        let sign = if number.is_sign_negative() { self.sign } else { 0 };
        magnitude as u8 | sign
    }
}

/// `⌊log₂|value|⌋`; −127 for 0 and what is too small for a normal float32.
pub(crate) fn exponent(value: f32) -> i32 {
    ((value.to_bits() >> 23) & 0xff) as i32 - 127
}

/// `2ⁿ`, for `n` from −149 to 127.
pub(crate) fn power(n: i32) -> f32 {
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

    #[test]
    fn bits_count_numbers_from_zero_up() {
        let four = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
        for (code, number) in (0_u8..).zip(four) {
            assert_eq!([E2M1.bits(number), E2M1.bits(-number)], [code, code | 8]);
        }
        // The tables of the OCP 8-bit Floating Point Specification 1.0: least and largest subnormal, least normal, 1, largest.
        let step = 2.0_f32.powi(-9);
        let known =
            [(step, 0x01), (7.0 * step, 0x07), (8.0 * step, 0x08), (1.0, 0x38), (448.0, 0x7e), (-1.0, 0xb8)];
        assert_eq!(known.map(|(number, _)| E4M3.bits(number)), known.map(|(_, bits)| bits));
    }
}
