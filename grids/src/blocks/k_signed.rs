//! `q3_k` and `q6_k`: 256 numbers, with codes of scales of their blocks.

use super::push_half;
use crate::nearest::k_signed::{Fit, Rule};

/// `q3_k`: third bits, four codes of 2 bits in a byte, scales of 6 bits in 12 bytes, a half.
pub(super) fn three(numbers: &[f32], rule: &Rule, bytes: &mut Vec<u8>) {
    let fit = Fit::new(numbers, rule);
    let third = |at: usize| {
        let bit = |high: u8, block: usize| high | ((fit.codes[32 * block + at] >> 2) << block);
        (0..8).fold(0, bit)
    };
    bytes.extend((0..32).map(third));
    for half in fit.codes.chunks_exact(128) {
        let low = |at: usize| half[at] & 3;
        bytes.extend(
            (0..32).map(|at| low(at) | (low(at + 32) << 2) | (low(at + 64) << 4) | (low(at + 96) << 6)),
        );
    }
    // Stored from 0: the lower four bits of two scales in a byte, then the upper two of four.
    let scale = |at: usize| fit.scales[at].wrapping_add(32).to_le_bytes()[0];
    bytes.extend((0..8).map(|at| (scale(at) & 0xf) | ((scale(at + 8) & 0xf) << 4)));
    bytes.extend(
        (0..4).map(|at| (0..4).fold(0, |high, turn| high | ((scale(4 * turn + at) >> 4) << (2 * turn)))),
    );
    push_half(bytes, fit.of_scales);
}

/// `q6_k`: lower four bits, upper two bits, scales, a half.
pub(super) fn six(numbers: &[f32], rule: &Rule, bytes: &mut Vec<u8>) {
    let fit = Fit::new(numbers, rule);
    for half in fit.codes.chunks_exact(128) {
        bytes.extend((0..64).map(|at| (half[at] & 0xf) | (half[at + 64] << 4)));
    }
    for half in fit.codes.chunks_exact(128) {
        let high = |at: usize| half[at] >> 4;
        bytes.extend(
            (0..32).map(|at| high(at) | (high(at + 32) << 2) | (high(at + 64) << 4) | (high(at + 96) << 6)),
        );
    }
    bytes.extend(fit.scales.map(|scale| scale.to_le_bytes()[0]));
    push_half(bytes, fit.of_scales);
}
