//! `mxfp4`: 4-bit floating-point codes in blocks of 32 under a power of two (OCP Microscaling Formats 1.0).
//!
//! `s = 2ⁿ⁻²` with `n = ⌊log₂ max|w|⌋`, and one more where the mantissa of the largest is 1.75 or more, so that it is rounded up and not
//! cut off, as compressed-tensors does; `q` the nearest e2m1 number to `w/s`, `w' = q·s`.

use super::fit::{Fit, Numbers};
use super::small_float::{E2M1, exponent, power};

/// The exponent of `s`, from −127 to 127.
pub(crate) fn scale(values: &[f32]) -> i32 {
    // A quarter of the distance to the next power of two below it carries over exactly from 1.75.
    let carried = f32::from_bits(super::furthest(values).abs().to_bits() + (1 << 21));
    (exponent(carried) - 2).clamp(-127, 127)
}

/// One block.
pub(crate) fn fit(values: &[f32]) -> Fit {
    Fit { scale: power(scale(values)), zero: 0.0, numbers: Numbers::Small(&E2M1) }
}
