//! Codes of a matrix in few bits, and how MLX packs them.

use attune_grids::codes::Bits;
use safetensors::tensor::Dtype;

use super::levels::Level;
use crate::checkpoint::{float, push, rounded};
use crate::chosen::ChosenRows;

/// A matrix in few bits.
#[derive(Debug, PartialEq)]
pub(super) struct Codes {
    /// `[outputs, inputs·bits/32]` words of 32 bits.
    pub(super) packed: Vec<u8>,
    /// `[outputs, inputs/group]`, of the element type of the matrix.
    pub(super) scales: Vec<u8>,
    /// As `scales`.
    pub(super) biases: Vec<u8>,
}

impl Codes {
    /// Quantises the elements of a matrix whose rows are whole groups: `s = (max − min)/(2ᵇ − 1)`, `q = round((w − min)/s)`,
    /// halves to even, in float32. Where scales and minimums have to be rounded to `dtype`, codes are those that come nearest
    /// to the grid of `s` and `min`, which is what was scored, and not to the weights. Rows of `chosen` have these codes in the place of
    /// the nearest.
    pub(super) fn new(
        level: Level,
        dtype: Dtype,
        inputs: usize,
        elements: &[u8],
        chosen: Option<&ChosenRows<'_>>,
    ) -> Self {
        let width = dtype.bitsize() / 8;
        let top = ((1_u32 << level.bits) - 1) as f32;
        let mut codes = Self { packed: Vec::new(), scales: Vec::new(), biases: Vec::new() };
        let mut bits = Bits::default();
        let (size, groups) = (level.group as usize, inputs / level.group as usize);
        for (number, group) in elements.chunks_exact(width * size).enumerate() {
            let chosen = chosen.and_then(|chosen| chosen.row(number / groups.max(1)));
            let chosen = chosen.and_then(|row| row.chunks_exact(size).nth(number % groups.max(1)));
            let values = || group.chunks_exact(width).filter_map(|element| float(dtype, element));
            let low = values().fold(f32::INFINITY, f32::min);
            let high = values().fold(f32::NEG_INFINITY, f32::max);
            let scale = (high - low) / top;
            let (bias, step) = (rounded(dtype, low), rounded(dtype, scale));
            push(&mut codes.scales, dtype, step);
            push(&mut codes.biases, dtype, bias);
            for (place, value) in values().enumerate() {
                let scored = match chosen.and_then(|codes| codes.get(place)) {
                    Some(&chosen) => f32::from(chosen),
                    None => code(value, low, scale, top),
                };
                let scored = scored * scale + low;
                bits.push(&mut codes.packed, code(scored, bias, step, top) as u32, level.bits);
            }
        }
        codes
    }
}

/// The code nearest to `value`, as a whole number. A scale of 0 is that of equal weights, which are the bias.
fn code(value: f32, bias: f32, scale: f32, top: f32) -> f32 {
    if scale > 0.0 { ((value - bias) / scale).round_ties_even().clamp(0.0, top) } else { 0.0 }
}
