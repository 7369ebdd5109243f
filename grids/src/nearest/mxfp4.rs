//! `mxfp4`: 4-bit floating-point codes in blocks of 32 under a power of two (OCP Microscaling Formats 1.0).
//!
//! `s = 2ⁿ⁻²` with `n = ⌊log₂ max|w|⌋`, and one more where the mantissa of the largest is 1.75 or more, so that it is rounded up and not
//! cut off, as compressed-tensors does; `q` the nearest e2m1 number to `w/s`, `w' = q·s`.

use super::fit::{Fit, Numbers};
use super::small_float::{E2M1, exponent, power};

/// One block.
pub(crate) fn fit(values: &[f32]) -> Fit {
    // A quarter of the distance to the next power of two below it carries over exactly from 1.75.
    let carried = f32::from_bits(super::furthest(values).abs().to_bits() + (1 << 21));
    let scale = power((exponent(carried) - 2).clamp(-127, 127));
    Fit { scale, zero: 0.0, numbers: Numbers::Small(&E2M1) }
}
