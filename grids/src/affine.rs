//! Codes of one group, and the numbers that they stand for: `w' = (q − z)·s + m`.

use crate::WholeGrid;

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
        let (low, high) = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| {
            (low.min(value), high.max(value))
        });
        let half = (1_u32 << (bits - 1)) as f32;
        let (least, largest) = (-half, half - 1.0);
        let signed = Self { scale: 0.0, zero: 0.0, low: 0.0, least, largest };
        match grid {
            WholeGrid::FromLeast => {
                let largest = ((1_u32 << bits) - 1) as f32;
                Self { scale: (high - low) / largest, low, least: 0.0, largest, ..signed }
            }
            WholeGrid::AffineInt => {
                let (low, high) = (low.min(0.0), high.max(0.0));
                let scale = (high - low) / (largest - least);
                match scale == 0.0 {
                    true => signed,
                    false => {
                        let zero = (least - low / scale).clamp(least, largest).round_ties_even();
                        Self { scale, zero, ..signed }
                    }
                }
            }
            WholeGrid::Symmetric => Self { scale: high.max(-low) / ((largest - least) / 2.0), ..signed },
        }
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
