//! Codes of one group, and the numbers that they stand for: `w' = (q − z)·s + m`.

use crate::WholeGrid;
use crate::nearest::{affine_int, bounds, symmetric};

/// The scale and the zero point of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine {
    /// `s`; 0 where all numbers of the group are one.
    scale: f32,
    /// `z`, a code.
    zero: f32,
    /// `m`, a number.
    low: f32,
    least: f32,
    largest: f32,
}

impl Affine {
    /// That of `values` in codes of `bits`.
    pub(crate) fn of(values: &[f32], grid: WholeGrid, bits: u32) -> Self {
        let (least, largest) = symmetric::codes(bits);
        let fit = match grid {
            WholeGrid::FromLeast => {
                let (low, high) = bounds(values);
                let largest = largest - least;
                return Self { scale: (high - low) / largest, zero: 0.0, low, least: 0.0, largest };
            }
            WholeGrid::AffineInt => affine_int::fit(values, bits),
            WholeGrid::Symmetric => symmetric::fit(values, bits),
        };
        Self { scale: fit.scale, zero: fit.zero, low: 0.0, least, largest }
    }

    /// The code nearest to a number, halves to even: a whole number.
    pub(crate) fn code(&self, value: f32) -> f32 {
        match self.scale > 0.0 {
            true => ((value - self.low) / self.scale + self.zero)
                .clamp(self.least, self.largest)
                .round_ties_even(),
            false => self.zero,
        }
    }

    /// What a code stands for.
    pub(crate) fn value(&self, code: f32) -> f32 {
        (code - self.zero) * self.scale + self.low
    }

    /// A code counted from the least one.
    pub(crate) fn index(&self, code: f32) -> u8 {
        (code - self.least) as u8
    }

    /// The code of an index.
    pub(crate) fn code_at(&self, index: u8) -> f32 {
        f32::from(index) + self.least
    }
}
