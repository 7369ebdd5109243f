//! `q3_k` and `q6_k` of GGUF: blocks of 16 with a scale, whose codes share a scale of 256.
//!
//! The scale `s` of a block leaves the least error of `s·q`, each number weighted by its square. Then `s` becomes a code of 6 bits
//! (`q3_k`) or 8, with a sign, under one scale in half precision whose sign gives the largest of them the least code, and
//! `q = round(w/s')`, `w' = q·s'` (llama.cpp, `quantize_row_q3_K_ref`, `quantize_row_q6_K_ref`).

use super::{furthest, half};

/// How a block is fitted, and what its codes are.
pub(crate) struct Rule {
    /// The least code of a number is this below 0, and the largest one less above.
    reach: f32,
    /// The same of codes of scales.
    levels: f32,
    /// A block's scale, and the codes that it was fitted with.
    fitted: fn(&[f32], f32) -> (f32, [f32; BLOCK]),
    /// 256 numbers whose scales are all below this are stored as zeros.
    nothing: f32,
    /// The code of their scales.
    of_nothing: i8,
}

/// `q3_k`.
pub(crate) const THREE: Rule =
    Rule { reach: 4.0, levels: 32.0, fitted: by_moving_codes, nothing: 0.0, of_nothing: -32 };
/// `q6_k`.
pub(crate) const SIX: Rule =
    Rule { reach: 32.0, levels: 128.0, fitted: by_divisions, nothing: NOTHING, of_nothing: 0 };

/// Numbers of a block.
const BLOCK: usize = 16;
/// Blocks of 256 numbers.
const BLOCKS: usize = 16;
/// A block without a larger number is stored as zeros.
const NOTHING: f32 = 1e-15;

/// How 256 numbers are stored.
pub(crate) struct Fit {
    /// Codes of the scales of blocks, with their signs.
    pub(crate) scales: [i8; BLOCKS],
    /// What codes of scales are multiplied by, in half precision.
    pub(crate) of_scales: f32,
    /// Codes of the numbers, the least of which is 0.
    pub(crate) codes: [u8; 256],
}

impl Fit {
    /// Of 256 numbers.
    pub(crate) fn new(values: &[f32], rule: &Rule) -> Self {
        let (mut scales, mut codes) = ([0.0; BLOCKS], [0; 256]);
        let blocks = || values.chunks_exact(BLOCK);
        for ((block, to), scale) in blocks().zip(codes.chunks_exact_mut(BLOCK)).zip(&mut scales) {
            if furthest(block).abs() >= NOTHING {
                let fitted;
                (*scale, fitted) = (rule.fitted)(block, rule.reach);
                to.iter_mut().zip(fitted).for_each(|(to, code)| *to = (code + rule.reach) as u8);
            }
        }
        let largest = furthest(&scales);
        if largest == 0.0 || largest.abs() < rule.nothing {
            let codes = if rule.nothing > 0.0 { [0; 256] } else { codes };
            return Self { scales: [rule.of_nothing; BLOCKS], of_scales: 0.0, codes };
        }
        let per = -rule.levels / largest;
        let scales = scales.map(|scale| code(per * scale, rule.levels) as i8);
        let mut fit = Self { scales, of_scales: half(1.0 / per), codes };
        for (number, block) in blocks().enumerate() {
            let scale = fit.scale(number);
            // Codes under a scale of 0 mean nothing; those that the scale was fitted with stay, as in llama.cpp.
            if scale == 0.0 {
                continue;
            }
            for (to, value) in fit.codes[number * BLOCK..][..BLOCK].iter_mut().zip(block) {
                *to = (code(value / scale, rule.reach) + rule.reach) as u8;
            }
        }
        fit
    }

    fn scale(&self, number: usize) -> f32 {
        self.of_scales * f32::from(self.scales[number])
    }
}

/// 256 numbers, in place.
pub(super) fn block(values: &mut [f32], rule: &Rule) {
    let fit = Fit::new(values, rule);
    let blocks = values.chunks_exact_mut(BLOCK).zip(fit.codes.chunks_exact(BLOCK));
    for (number, (block, codes)) in blocks.enumerate() {
        let scale = fit.scale(number);
        for (value, &code) in block.iter_mut().zip(codes) {
            *value = if scale == 0.0 { 0.0 } else { scale * (f32::from(code) - rule.reach) };
        }
    }
}

/// The code nearest to a number.
fn code(number: f32, reach: f32) -> f32 {
    number.round_ties_even().clamp(-reach, reach - 1.0)
}

/// `Σ w²·w·q` and `Σ w²·q²`, whose quotient is the best scale for the codes `q`.
fn sums(values: &[f32], code: impl Fn(f32) -> f32) -> (f32, f32) {
    values.iter().fold((0.0, 0.0), |(products, squares), &value| {
        let (weight, code) = (value * value, code(value));
        (products + weight * value * code, squares + weight * code * code)
    })
}

/// The best of 19 divisions of the range.
fn by_divisions(values: &[f32], reach: f32) -> (f32, [f32; BLOCK]) {
    let far = furthest(values);
    let under = |per: f32| sums(values, |value| code(per * value, reach));
    let mut fitted_with = -reach / far;
    let (products, squares) = under(fitted_with);
    let mut scale = if squares == 0.0 { 0.0 } else { products / squares };
    let mut best = scale * products;
    for tenths in (-9_i8..=9).filter(|&tenths| tenths != 0) {
        let per = -(reach + 0.1 * f32::from(tenths)) / far;
        let (products, squares) = under(per);
        if squares > 0.0 && products * products > best * squares {
            fitted_with = per;
            scale = products / squares;
            best = scale * products;
        }
    }
    (scale, codes(values, fitted_with, reach))
}

/// The codes of a block's numbers, each multiplied by `per`.
fn codes(values: &[f32], per: f32, reach: f32) -> [f32; BLOCK] {
    let mut codes = [0.0; BLOCK];
    codes.iter_mut().zip(values).for_each(|(to, value)| *to = code(per * value, reach));
    codes
}

/// One division of the range, whose codes are moved one by one while that helps, five times at most.
fn by_moving_codes(values: &[f32], reach: f32) -> (f32, [f32; BLOCK]) {
    let per = -reach / furthest(values);
    let mut codes = codes(values, per, reach);
    let (mut products, mut squares) = sums(values, |value| code(per * value, reach));
    for _ in 0..5 {
        let before = codes;
        for (&value, own) in values.iter().zip(&mut codes) {
            let weight = value * value;
            let others = products - weight * value * *own;
            if others <= 0.0 {
                continue;
            }
            let of_others = squares - weight * *own * *own;
            let moved = code(value * of_others / others, reach);
            if moved == *own {
                continue;
            }
            let (with, of_all) = (others + weight * value * moved, of_others + weight * moved * moved);
            if of_all > 0.0 && with * with * squares > products * products * of_all {
                (*own, products, squares) = (moved, with, of_all);
            }
        }
        if codes == before {
            break;
        }
    }
    (if squares > 0.0 { products / squares } else { 0.0 }, codes)
}
