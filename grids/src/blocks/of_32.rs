//! Blocks of 32 numbers: a scale, perhaps a least number, and codes. The first half of a block is in the low halves of bytes.

use super::push_half;
use crate::nearest::{from_least, mxfp4, q8_0, signed};

/// `q4_0` and `q5_0`.
pub(super) fn signed(block: &[f32], bits: u32, bytes: &mut Vec<u8>) {
    let fit = signed::Fit::new(block, bits);
    push_half(bytes, fit.scale);
    push_codes(bytes, block, bits, |value| fit.code(value) as u8);
}

/// `q4_1` and `q5_1`.
pub(super) fn from_least(block: &[f32], bits: u32, bytes: &mut Vec<u8>) {
    let fit = from_least::Fit::new(block, bits);
    push_half(bytes, fit.scale);
    push_half(bytes, fit.least);
    push_codes(bytes, block, bits, |value| fit.code(value) as u8);
}

/// `q8_0`.
pub(super) fn q8_0(block: &[f32], bytes: &mut Vec<u8>) {
    let fit = q8_0::Fit::new(block);
    push_half(bytes, fit.scale);
    bytes.extend(block.iter().map(|&value| (fit.code(value) as i8).to_le_bytes()[0]));
}

/// `mxfp4`: the scale is stored as its exponent above −127.
pub(super) fn mxfp4(block: &[f32], bytes: &mut Vec<u8>) {
    let fit = mxfp4::fit(block);
    bytes.push((mxfp4::scale(block) + 127) as u8);
    push_codes(bytes, block, 4, |value| {
        let number = fit.code(value);
        // 0, ½, 1, 1½, 2, 3, 4, 6 are the codes 0 to 7, and the highest bit is the sign.
        let magnitude = match number.abs() {
            small if small < 2.0 => small * 2.0,
            middle if middle < 4.0 => middle + 2.0,
            large => large / 2.0 + 4.0,
        };
        magnitude as u8 | if number < 0.0 { 8 } else { 0 }
    });
}

/// Codes of 4 bits in bytes, after the fifth bits of all where there are any.
fn push_codes(bytes: &mut Vec<u8>, block: &[f32], bits: u32, code: impl Fn(f32) -> u8) {
    if bits == 5 {
        let fifth = |high: u32, (place, &value): (usize, &f32)| high | (u32::from(code(value) >> 4) << place);
        bytes.extend(block.iter().enumerate().fold(0, fifth).to_le_bytes());
    }
    let (low, high) = block.split_at(block.len() / 2);
    bytes.extend(low.iter().zip(high).map(|(&low, &high)| (code(low) & 0xf) | (code(high) << 4)));
}
