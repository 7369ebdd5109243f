//! `q2_k`, `q4_k` and `q5_k` of GGUF: blocks of 16 or 32 with a scale and an offset, whose codes share two scales of 256.
//!
//! Each block is fitted by weighted least squares: from some divisions of its range into codes, the scale `s` and the offset
//! `m ≥ 0` that leave the least weighted error of `s·q − m`. Then `s` and `m` become codes of 4 bits (`q2_k`) or 6, under the largest
//! of the 256 over 15 or 63 in half precision, and `q = round((w + m')/s')`, `w' = q·s' − m'` (llama.cpp,
//! `quantize_row_q4_K_ref`). Sums run in the order of the numbers, because a sum in another order can choose another division.

use super::{bounds, half};

/// How blocks are fitted.
pub(crate) struct Rule {
    /// Numbers of a block.
    block: usize,
    /// The largest code of a number.
    top: f32,
    /// The largest code of a scale or an offset.
    levels: f32,
    /// Codes by which the first division differs from `top`; each further one has a tenth more.
    first: f32,
    /// Divisions after the first.
    further: u16,
    /// Whether errors count as they are, and by `|w|`: else squared, and by `|w|` and the root of the mean square.
    absolute: bool,
}

/// `q2_k`.
pub(crate) const TWO: Rule =
    Rule { block: 16, top: 3.0, levels: 15.0, first: -0.5, further: 15, absolute: true };
/// `q4_k`.
pub(crate) const FOUR: Rule =
    Rule { block: 32, top: 15.0, levels: 63.0, first: -1.0, further: 20, absolute: false };
/// `q5_k`.
pub(crate) const FIVE: Rule =
    Rule { block: 32, top: 31.0, levels: 63.0, first: -0.5, further: 15, absolute: false };

/// Most blocks of 256 numbers.
const BLOCKS: usize = 16;
/// Most numbers of a block.
const NUMBERS: usize = 32;

/// How 256 numbers are stored.
pub(crate) struct Fit {
    /// Codes of the scales of blocks.
    pub(crate) scales: [u8; BLOCKS],
    /// Codes of their offsets.
    pub(crate) offsets: [u8; BLOCKS],
    /// What codes of scales are multiplied by, in half precision.
    pub(crate) of_scales: f32,
    /// What codes of offsets are multiplied by, in half precision.
    pub(crate) of_offsets: f32,
    /// Codes of the numbers.
    pub(crate) codes: [u8; 256],
}

impl Fit {
    /// Of 256 numbers.
    pub(crate) fn new(values: &[f32], rule: &Rule) -> Self {
        let (mut scales, mut offsets, mut codes) = ([0.0; BLOCKS], [0.0; BLOCKS], [0; 256]);
        let blocks = || values.chunks_exact(rule.block);
        for ((block, to), (scale, offset)) in
            blocks().zip(codes.chunks_exact_mut(rule.block)).zip(scales.iter_mut().zip(&mut offsets))
        {
            (*scale, *offset) = rule.fitted(block, to);
        }
        let (scales, of_scales) = rule.coded(&scales);
        let (offsets, of_offsets) = rule.coded(&offsets);
        let mut fit = Self { scales, offsets, of_scales, of_offsets, codes };
        for (number, block) in blocks().enumerate() {
            let (scale, offset) = fit.block(number);
            // Codes under a scale of 0 mean nothing; those that the scale was fitted with stay, as in llama.cpp.
            if scale == 0.0 {
                continue;
            }
            let codes = &mut fit.codes[number * rule.block..][..rule.block];
            for (code, value) in codes.iter_mut().zip(block) {
                *code = ((value + offset) / scale).round_ties_even().clamp(0.0, rule.top) as u8;
            }
        }
        fit
    }

    /// Scale and offset of a block.
    fn block(&self, number: usize) -> (f32, f32) {
        let part = |of: f32, codes: &[u8; BLOCKS]| of * f32::from(codes[number]);
        (part(self.of_scales, &self.scales), part(self.of_offsets, &self.offsets))
    }
}

/// 256 numbers, in place.
pub(super) fn block(values: &mut [f32], rule: &Rule) {
    let fit = Fit::new(values, rule);
    let blocks = values.chunks_exact_mut(rule.block).zip(fit.codes.chunks_exact(rule.block));
    for (number, (block, codes)) in blocks.enumerate() {
        let (scale, offset) = fit.block(number);
        for (value, &code) in block.iter_mut().zip(codes) {
            *value = if scale == 0.0 { -offset } else { scale * f32::from(code) - offset };
        }
    }
}

impl Rule {
    /// Bits of a code.
    pub(crate) fn bits(&self) -> u32 {
        (self.top as u32 + 1).ilog2()
    }

    /// Codes of the scales, or of the offsets, of 256 numbers, and what these are multiplied by.
    fn coded(&self, numbers: &[f32; BLOCKS]) -> ([u8; BLOCKS], f32) {
        let largest = numbers.iter().copied().fold(0.0, f32::max);
        let per = if largest > 0.0 { self.levels / largest } else { 0.0 };
        // Neither scales nor offsets are below 0.
        let code = |number: f32| (per * number).round_ties_even().clamp(0.0, self.levels) as u8;
        (numbers.map(code), half(largest / self.levels))
    }

    /// What the error of each number counts.
    fn weights(&self, values: &[f32]) -> [f32; NUMBERS] {
        let base = if self.absolute {
            0.0
        } else {
            (values.iter().fold(0.0, |sum, value| sum + value * value) / values.len() as f32).sqrt()
        };
        let mut weights = [0.0; NUMBERS];
        weights.iter_mut().zip(values).for_each(|(weight, value)| *weight = base + value.abs());
        weights
    }

    /// Scale and offset of a block, whose `codes` are set to those that these were fitted with.
    fn fitted(&self, values: &[f32], codes: &mut [u8]) -> (f32, f32) {
        let weights = self.weights(values);
        let (low, high) = bounds(values);
        let mut low = low.min(0.0);
        if high == low {
            return (0.0, -low);
        }
        let pairs = || values.iter().copied().zip(weights);
        let (total, weighted) =
            pairs().fold((0.0, 0.0), |(total, sum), (value, weight)| (total + weight, sum + weight * value));
        let code =
            |per: f32, value: f32, low: f32| (per * (value - low)).round_ties_even().clamp(0.0, self.top);
        let error = |per: f32, from: f32, scale: f32, least: f32| {
            pairs().fold(0.0, |sum, (value, weight)| {
                let apart = scale * code(per, value, from) + least - value;
                sum + weight * if self.absolute { apart.abs() } else { apart * apart }
            })
        };
        let per = self.top / (high - low);
        let mut fitted_with = (per, low);
        let mut scale = 1.0 / per;
        let mut best = error(per, low, scale, low);
        for number in 0..=self.further {
            let per = (self.first + 0.1 * f32::from(number) + self.top) / (high - low);
            let (mut sum, mut squares, mut products) = (0.0, 0.0, 0.0);
            for (value, weight) in pairs() {
                let code = code(per, value, low);
                sum += weight * code;
                squares += weight * code * code;
                products += weight * code * value;
            }
            let determinant = total * squares - sum * sum;
            if determinant <= 0.0 {
                continue;
            }
            let mut slope = (total * products - weighted * sum) / determinant;
            let mut least = (squares * weighted - sum * products) / determinant;
            if least > 0.0 {
                (slope, least) = (products / squares, 0.0);
            }
            let found = error(per, low, slope, least);
            if found < best {
                fitted_with = (per, low);
                (best, scale, low) = (found, slope, least);
            }
        }
        let (per, from) = fitted_with;
        codes.iter_mut().zip(values).for_each(|(to, &value)| *to = code(per, value, from) as u8);
        (scale, -low)
    }
}
