//! A group of numbers under one scale: `w' = n·s` for whole numbers or small floating-point numbers `n`.

use super::small_float::SmallFloat;

/// What the numbers of a group are stored by.
#[derive(Clone, Copy)]
pub(crate) struct Fit {
    /// `s`; 0 where all numbers of the group are.
    pub(crate) scale: f32,
    /// What the code of 0 is; 0 but for whole numbers with a zero point.
    pub(crate) zero: f32,
    /// What numbers `n` are.
    pub(crate) numbers: Numbers,
}

/// What the numbers of a group can be.
#[derive(Clone, Copy)]
pub(crate) enum Numbers {
    /// Whole numbers, from the least to the largest.
    Whole(f32, f32),
    /// Floating-point numbers.
    Small(&'static SmallFloat),
}

impl Fit {
    /// The `n` of a number, halves to even.
    pub(crate) fn code(&self, value: f32) -> f32 {
        if self.scale == 0.0 {
            return 0.0;
        }
        match self.numbers {
            Numbers::Whole(least, largest) => {
                (value / self.scale + self.zero).clamp(least, largest).round_ties_even() - self.zero
            }
            Numbers::Small(format) => format.nearest(value / self.scale),
        }
    }

    /// What is left of a number.
    pub(crate) fn nearest(&self, value: f32) -> f32 {
        self.code(value) * self.scale
    }

    /// What is left of numbers, in place.
    pub(crate) fn round(&self, values: &mut [f32]) {
        values.iter_mut().for_each(|value| *value = self.nearest(*value));
    }
}
