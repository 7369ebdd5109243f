//! `q3_k` and `q6_k` of GGUF: blocks of 16 with a scale, whose codes share a scale of 256.
//!
//! The scale `s` of a block leaves the least error of `s·q`, each number weighted by its square. Then `s` becomes a code of 6 bits
//! (`q3_k`) or 8, with a sign, under one scale in half precision whose sign gives the largest of them the least code, and
//! `q = round(w/s')`, `w' = q·s'` (llama.cpp, `quantize_row_q3_K_ref`, `quantize_row_q6_K_ref`).

use super::{furthest, half};

/// How a block is fitted, and what its codes are.
pub(super) struct Rule {
    /// The least code of a number is this below 0, and the largest one less above.
    reach: f32,
    /// The same of codes of scales.
    levels: f32,
    fitted: fn(&[f32], f32) -> f32,
}

/// `q3_k`.
pub(super) const THREE: Rule = Rule { reach: 4.0, levels: 32.0, fitted: by_moving_codes };
/// `q6_k`.
pub(super) const SIX: Rule = Rule { reach: 32.0, levels: 128.0, fitted: by_divisions };

/// Numbers of a block.
const BLOCK: usize = 16;
/// Blocks of 256 numbers.
const BLOCKS: usize = 16;
/// A block without a larger number is stored as zeros.
const NOTHING: f32 = 1e-15;

/// 256 numbers, in place.
pub(super) fn block(values: &mut [f32], rule: &Rule) {
    let mut scales = [0.0; BLOCKS];
    for (block, scale) in values.chunks_exact(BLOCK).zip(&mut scales) {
        *scale = if furthest(block).abs() < NOTHING { 0.0 } else { (rule.fitted)(block, rule.reach) };
    }
    let largest = furthest(&scales);
    if largest.abs() < NOTHING {
        return values.fill(0.0);
    }
    let per = -rule.levels / largest;
    let stored = half(1.0 / per);
    for (block, scale) in values.chunks_exact_mut(BLOCK).zip(scales) {
        let scale = stored * code(per * scale, rule.levels);
        for value in block {
            *value = if scale == 0.0 { 0.0 } else { scale * code(*value / scale, rule.reach) };
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
fn by_divisions(values: &[f32], reach: f32) -> f32 {
    let far = furthest(values);
    let under = |per: f32| sums(values, |value| code(per * value, reach));
    let (products, squares) = under(-reach / far);
    let mut scale = if squares == 0.0 { 0.0 } else { products / squares };
    let mut best = scale * products;
    for tenths in (-9_i8..=9).filter(|&tenths| tenths != 0) {
        let (products, squares) = under(-(reach + 0.1 * f32::from(tenths)) / far);
        if squares > 0.0 && products * products > best * squares {
            scale = products / squares;
            best = scale * products;
        }
    }
    scale
}

/// One division of the range, whose codes are moved one by one while that helps, five times at most.
fn by_moving_codes(values: &[f32], reach: f32) -> f32 {
    let per = -reach / furthest(values);
    let mut codes = [0.0; BLOCK];
    codes.iter_mut().zip(values).for_each(|(to, value)| *to = code(per * value, reach));
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
    if squares > 0.0 { products / squares } else { 0.0 }
}
