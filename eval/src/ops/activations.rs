//! Quantised activations: round-to-nearest over ranges of values that are there (dynamic quantisation).
//!
//! Affine: `s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`, `x' = q·s + min`. Symmetric:
//! `s = max|x|/(2ᵇ⁻¹ − 1)`, `q = round(x/s)`, `x' = q·s`. Halves are rounded to even; a range without extent stays as it
//! is. In float32, by Burn's operations, so the same on every device.

use attune_vocabulary::edits::{Grid, Range};
use burn_tensor::{DType, Tensor};

/// How the inputs of a module are quantised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ActivationGrid {
    /// 2 to 8.
    pub(crate) bits: u32,
    /// Over what ranges are taken.
    pub(crate) range: Range,
    /// Where the levels lie.
    pub(crate) grid: Grid,
    /// Channels of a token that share a range; `None` for all. Divides the channels.
    pub(crate) group: Option<usize>,
}

impl ActivationGrid {
    /// Quantises and dequantises `x: [rows, channels]`. `items` are the numbers of rows of the items that they belong
    /// to, one item after the other.
    pub(crate) fn apply(&self, x: Tensor<2>, items: &[usize]) -> Tensor<2> {
        let [rows, channels] = x.dims();
        match self.range {
            Range::Token => {
                let size = self.group.unwrap_or(channels);
                self.in_ranges(x.reshape([rows * channels / size, size])).reshape([rows, channels])
            }
            Range::Tensor => {
                let mut first = 0;
                let parts = items.iter().filter(|&&count| count > 0).map(|&count| {
                    let item = x.clone().narrow(0, first, count);
                    first += count;
                    self.in_ranges(item.reshape([1, count * channels])).reshape([count, channels])
                });
                Tensor::cat(parts.collect(), 0)
            }
        }
    }

    /// `[ranges, values]`, each row a range of its own.
    fn in_ranges(&self, x: Tensor<2>) -> Tensor<2> {
        let dtype = x.dtype();
        let x = x.cast(DType::F32);
        let shape = x.dims();
        let (low, extent, steps) = match self.grid {
            Grid::Affine => {
                let low = x.clone().min_dim(1);
                let extent = x.clone().max_dim(1) - low.clone();
                (low, extent, (1_u32 << self.bits) - 1)
            }
            Grid::Symmetric => {
                let extent = x.clone().abs().max_dim(1);
                (extent.zeros_like(), extent, (1 << (self.bits - 1)) - 1)
            }
        };
        let step = extent / steps as f32;
        let flat = step.clone().equal_elem(0.0);
        let step = step.mask_fill(flat.clone(), 1.0);
        let codes = ((x.clone() - low.clone()) / step.clone()).round();
        // Rounding of the quotient may lift the last code by one.
        let codes = codes.clamp(-(steps as f32), steps as f32);
        (codes * step + low).mask_where(flat.expand(shape), x).cast(dtype)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::Compute;

    fn given_back(values: &[f32], channels: usize, grid: ActivationGrid, items: &[usize]) -> Vec<f32> {
        let x: Tensor<2> = Compute::cpu().tensor(values.to_vec(), [values.len() / channels, channels]);
        grid.apply(x, items).into_data().iter().collect()
    }

    fn grid(bits: u32, range: Range, grid: Grid) -> ActivationGrid {
        ActivationGrid { bits, range, grid, group: None }
    }

    #[test]
    fn tokens_have_their_own_ranges_and_items_share_one() {
        // Steps of exactly 1 in the first row, of 2 in the second, with ties.
        let rows = [0.0, 3.0, 0.5, 1.5, 0.0, 6.0, 3.0, 2.0];
        let token = grid(2, Range::Token, Grid::Affine);
        assert_eq!(given_back(&rows, 4, token, &[2]), [0.0, 3.0, 0.0, 2.0, 0.0, 6.0, 4.0, 2.0]);
        let tensor = grid(2, Range::Tensor, Grid::Affine);
        assert_eq!(given_back(&rows, 4, tensor, &[2]), [0.0, 4.0, 0.0, 2.0, 0.0, 6.0, 4.0, 2.0]);
        assert_eq!(given_back(&rows, 4, tensor, &[1, 1]), given_back(&rows, 4, token, &[2]));
        let halves = ActivationGrid { group: Some(2), ..token };
        assert_eq!(given_back(&rows, 4, halves, &[2]), [0.0, 3.0, 0.5, 1.5, 0.0, 6.0, 3.0, 2.0]);
    }

    #[test]
    fn symmetric_grids_have_a_zero_and_flat_ranges_stay() {
        let symmetric = grid(3, Range::Token, Grid::Symmetric);
        // Codes −3 to 3 in steps of 1.
        assert_eq!(
            given_back(&[-3.0, 0.0, 0.5, 1.5, 2.4, 3.0], 6, symmetric, &[1]),
            [-3.0, 0.0, 0.0, 2.0, 2.0, 3.0]
        );
        assert_eq!(given_back(&[0.0; 4], 4, symmetric, &[1]), [0.0; 4]);
        let affine = grid(4, Range::Token, Grid::Affine);
        assert_eq!(given_back(&[0.7; 4], 4, affine, &[1]), [0.7; 4]);
    }
}
