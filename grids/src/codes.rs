//! Codes of matrices in few bits, with their scales, as compressed-tensors and GPTQ keep them.
//!
//! They are made by the same rules as [`nearest`](crate::nearest), whose numbers they stand for to the bit: what is scored is what
//! is written. Blocks of GGUF hold their scales beside their codes and are none of these.

mod bits;

use rayon::prelude::*;

pub use bits::{Bits, nibbles};

use crate::NumberGrid;
use crate::nearest::fit::{Fit, Numbers};
use crate::nearest::small_float::{E4M3, exponent};
use crate::nearest::{affine_int, fp8, mxfp4, nvfp4, symmetric};

/// A matrix in few bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    /// `[outputs, inputs]`, a byte each: whole numbers in two's complement, or the bits of floating-point numbers of 4 or 8 bits.
    pub codes: Vec<u8>,
    /// `[outputs, groups]`, one number for the matrix, or `[⌈outputs/128⌉, ⌈inputs/128⌉]` for blocks. Numbers are code times scale;
    /// of `nvfp4`, code times scale over [`whole`](Self::whole).
    pub scales: Vec<f32>,
    /// As `scales`, where the grid has zero points: what is taken from codes first.
    pub zero_points: Vec<i8>,
    /// What scales are divided by, in `nvfp4`.
    pub whole: Option<f32>,
}

/// What is kept of a group.
type Kept = (f32, i8);

impl Codes {
    /// The codes of a matrix, `rows: [outputs, inputs]`, each row over groups of `group` channels, which divide it. `None` where the
    /// grid has blocks of GGUF.
    ///
    /// `stored` is what becomes of a scale that has the type of the model's weights (those of whole numbers and of 8-bit floating
    /// point): where that is not the scale itself, codes are those that come nearest to the grid of the unrounded one, which is
    /// what was scored, and not to the weights.
    pub fn new(
        rows: &[f32],
        inputs: usize,
        grid: NumberGrid,
        bits: u32,
        group: usize,
        stored: impl Fn(f32) -> f32 + Sync,
    ) -> Option<Self> {
        use NumberGrid as Grid;
        let kept = |fit: Fit, scale: f32| (scale, fit.zero as i8);
        let rounded = |fit: Fit| Rounded { scored: fit, stored: Fit { scale: stored(fit.scale), ..fit } };
        let plain = |values: &[f32], codes: &mut [u8], fit: Fit| {
            let fit = rounded(fit);
            fit.write(values, codes);
            kept(fit.stored, fit.stored.scale)
        };
        let mut codes = vec![0; rows.len()];
        let mut of_groups = |group: usize, make: &(dyn Fn(&[f32], &mut [u8]) -> Kept + Sync)| -> Vec<Kept> {
            let groups = rows.par_chunks(group.max(1)).zip(codes.par_chunks_mut(group.max(1)));
            groups.with_min_len(8).map(|(values, codes)| make(values, codes)).collect()
        };
        let mut whole = None;
        let kept = match grid {
            Grid::Symmetric => {
                of_groups(group, &|values, codes| plain(values, codes, symmetric::fit(values, bits)))
            }
            Grid::AffineInt => {
                of_groups(group, &|values, codes| plain(values, codes, affine_int::fit(values, bits)))
            }
            Grid::Fp8Channel => of_groups(inputs, &|values, codes| plain(values, codes, fp8::fit(values))),
            Grid::Fp8Tensor => of_groups(rows.len(), &|values, codes| plain(values, codes, fp8::fit(values))),
            Grid::Mxfp4 => of_groups(group, &|values, codes| {
                let fit = mxfp4::fit(values);
                exactly(fit).write(values, codes);
                kept(fit, fit.scale)
            }),
            Grid::Nvfp4 => {
                let of_all = nvfp4::whole(rows);
                whole = Some(of_all);
                of_groups(nvfp4::BLOCK, &|values, codes| {
                    let stored = nvfp4::stored(values, of_all);
                    let fit = nvfp4::fit(stored, of_all);
                    exactly(fit).write(values, codes);
                    kept(fit, stored)
                })
            }
            Grid::Fp8Block => {
                let band = (fp8::BLOCK * inputs).max(1);
                let bands = rows.par_chunks(band).zip(codes.par_chunks_mut(band));
                let of_band = |(rows, codes): (&[f32], &mut [u8])| -> Vec<Kept> {
                    let block = |columns: std::ops::Range<usize>| {
                        // As DeepSeek-V3 keeps them, these are in float32 whatever the model is stored in.
                        let fit = fp8::fit_block(rows, inputs, columns.clone());
                        for (row, codes) in rows.chunks_exact(inputs).zip(codes.chunks_exact_mut(inputs)) {
                            exactly(fit).write(&row[columns.clone()], &mut codes[columns.clone()]);
                        }
                        kept(fit, fit.scale)
                    };
                    fp8::columns(inputs).map(block).collect()
                };
                bands.flat_map_iter(of_band).collect()
            }
            _ => return None,
        };
        let zero_points = match grid {
            Grid::AffineInt => kept.iter().map(|(_, zero)| *zero).collect(),
            _ => Vec::new(),
        };
        let scales = kept.into_iter().map(|(scale, _)| scale).collect();
        Some(Self { codes, scales, zero_points, whole })
    }

    /// The scales of 4-bit floating-point numbers in a byte each: exponents of two with a bias of 127 (e8m0) in `mxfp4`, e4m3 numbers
    /// in `nvfp4`.
    pub fn scale_bytes(&self) -> Vec<u8> {
        let byte = |scale: &f32| match self.whole {
            Some(_) => E4M3.bits(*scale),
            None => (exponent(*scale) + 127) as u8,
        };
        self.scales.iter().map(byte).collect()
    }
}

/// A group as it was scored, and as its scale is stored.
#[derive(Clone, Copy)]
struct Rounded {
    scored: Fit,
    stored: Fit,
}

/// A group whose scale is stored as it is.
fn exactly(fit: Fit) -> Rounded {
    Rounded { scored: fit, stored: fit }
}

impl Rounded {
    /// The codes of numbers.
    fn write(self, values: &[f32], codes: &mut [u8]) {
        for (value, code) in values.iter().zip(codes) {
            let number = match self.scored.scale == self.stored.scale {
                true => self.scored.code(*value),
                false => self.stored.code(self.scored.nearest(*value)),
            };
            *code = match self.stored.numbers {
                Numbers::Whole(..) => (number + self.stored.zero) as i8 as u8,
                Numbers::Small(format) => format.bits(number),
            };
        }
    }
}

#[cfg(test)]
mod tests;
