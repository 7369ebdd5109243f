//! `q2_k`, `q4_k` and `q5_k`: 256 numbers, with codes of scales and offsets of their blocks.

use super::push_half;
use crate::nearest::k_affine::{Fit, Rule};

/// `q2_k`: a scale and an offset in a byte, four codes in a byte, two halves.
pub(super) fn two(numbers: &[f32], rule: &Rule, bytes: &mut Vec<u8>) {
    let fit = Fit::new(numbers, rule);
    bytes.extend(fit.scales.iter().zip(fit.offsets).map(|(scale, offset)| scale | (offset << 4)));
    for half in fit.codes.chunks_exact(128) {
        bytes.extend(
            (0..32).map(|at| half[at] | (half[at + 32] << 2) | (half[at + 64] << 4) | (half[at + 96] << 6)),
        );
    }
    push_half(bytes, fit.of_scales);
    push_half(bytes, fit.of_offsets);
}

/// `q4_k` and `q5_k`: two halves, scales and offsets in 12 bytes, fifth bits, codes of 4 bits.
pub(super) fn four_or_five(numbers: &[f32], rule: &Rule, bytes: &mut Vec<u8>) {
    let fit = Fit::new(numbers, rule);
    push_half(bytes, fit.of_scales);
    push_half(bytes, fit.of_offsets);
    bytes.extend(six_bits(&fit.scales, &fit.offsets));
    if rule.bits() == 5 {
        let fifth = |at: usize| {
            let bit = |high: u8, block: usize| high | ((fit.codes[32 * block + at] >> 4) << block);
            (0..8).fold(0, bit)
        };
        bytes.extend((0..32).map(fifth));
    }
    for pair in fit.codes.chunks_exact(64) {
        bytes.extend((0..32).map(|at| (pair[at] & 0xf) | (pair[at + 32] << 4)));
    }
}

/// Eight scales and eight offsets of 6 bits: the first four of each in a byte, above them the upper two bits of the others, whose
/// lower four share a byte.
fn six_bits(scales: &[u8], offsets: &[u8]) -> [u8; 12] {
    let mut packed = [0; 12];
    for at in 0..4 {
        packed[at] = scales[at] | ((scales[at + 4] >> 4) << 6);
        packed[at + 4] = offsets[at] | ((offsets[at + 4] >> 4) << 6);
        packed[at + 8] = (scales[at + 4] & 0xf) | ((offsets[at + 4] & 0xf) << 4);
    }
    packed
}
