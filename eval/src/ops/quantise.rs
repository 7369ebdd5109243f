//! What a low-bit cache gives back: asymmetric round-to-nearest over groups of channels.
//!
//! `s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`, `x' = q·s + min`, halves rounded to even; a group of
//! equal values comes back exactly. This is the per-token grid of KIVI (arXiv 2402.02750, §3.1).

use burn_tensor::{DType, Tensor};

use super::math;
use crate::compute::Compute;

/// How rows of one head are quantised.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grid {
    /// Bits per channel, 1 to 8.
    pub(crate) bits: u32,
    /// Channels that share a scale and a zero point.
    pub(crate) group_size: usize,
}

impl Grid {
    /// The largest code.
    fn top(&self) -> f32 {
        ((1_u32 << self.bits) - 1) as f32
    }

    /// Quantises and dequantises one row on the CPU, in place.
    #[inline(always)]
    pub(crate) fn row(&self, row: &mut [f32]) {
        let top = self.top();
        for group in row.chunks_exact_mut(self.group_size) {
            quantise_group(group, top);
        }
    }
}

#[inline(always)]
fn quantise_group(group: &mut [f32], top: f32) {
    // Adding and subtracting 1.5·2²³ rounds to the nearest whole number, halves to even.
    const ROUND: f32 = 12_582_912.0;
    let (low, high) = math::bounds(group);
    let scale = (high - low) / top;
    if scale == 0.0 {
        return;
    }
    for value in group {
        let code = ((*value - low) / scale + ROUND) - ROUND;
        let code = if code > top { top } else { code };
        *value = code * scale + low;
    }
}

/// Quantises and dequantises `x: [rows, tokens, head_dim]` by Burn's operations, each row by its own grid; `None` leaves
/// a row as it is. Rows share every launch: those with another number of channels per group have their own.
pub(crate) fn quantise(compute: &Compute, x: Tensor<3>, grids: &[Option<&Grid>]) -> Tensor<3> {
    let mut sizes: Vec<usize> = grids.iter().flatten().map(|grid| grid.group_size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let shape = x.dims();
    sizes.into_iter().fold(x.clone(), |whole, size| {
        let of_size: Vec<Option<&Grid>> =
            grids.iter().map(|grid| grid.filter(|grid| grid.group_size == size)).collect();
        let quantised = in_groups(compute, x.clone(), &of_size, size);
        if of_size.iter().all(Option::is_some) {
            return quantised;
        }
        let others = of_size.iter().map(|grid| f32::from(u8::from(grid.is_none()))).collect();
        let others = compute.float32(others, [grids.len(), 1, 1]).greater_elem(0.5);
        quantised.mask_where(others.expand(shape), whole)
    })
}

fn in_groups(compute: &Compute, x: Tensor<3>, grids: &[Option<&Grid>], size: usize) -> Tensor<3> {
    let (shape, dtype) = (x.dims(), x.dtype());
    let rows = shape[0];
    let groups = x.cast(DType::F32).reshape([rows, shape[1], shape[2] / size, size]);
    let top: Tensor<4> =
        compute.float32(grids.iter().map(|grid| grid.map_or(1.0, Grid::top)).collect(), [rows, 1, 1, 1]);
    let low = groups.clone().min_dim(3);
    let scale = (groups.clone().max_dim(3) - low.clone()) / top.clone();
    let constant = scale.clone().equal_elem(0.0);
    let step = scale.mask_fill(constant.clone(), 1.0);
    let codes = ((groups.clone() - low.clone()) / step.clone()).round();
    let full = groups.dims();
    let codes = codes.min_pair(top.expand(full));
    let quantised = codes * step + low;
    quantised.mask_where(constant.expand(full), groups).reshape(shape).cast(dtype)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantised(values: &[f32], grid: &Grid, width: usize) -> Vec<f32> {
        let compute = Compute::cpu();
        let mut fast = values.to_vec();
        fast.chunks_exact_mut(width).for_each(|row| grid.row(row));
        let x: Tensor<3> = compute.tensor(values.to_vec(), [1, values.len() / width, width]);
        let slow: Vec<f32> = quantise(&compute, x, &[Some(grid)]).into_data().iter().collect();
        assert_eq!(fast, slow);
        fast
    }

    fn whole(values: &[f32], bits: u32) -> Vec<f32> {
        quantised(values, &Grid { bits, group_size: values.len() }, values.len())
    }

    #[test]
    fn ties_go_to_even_and_constant_groups_are_exact() {
        assert_eq!(whole(&[0.0, 3.0, 0.5, 1.5, 2.5, 1.0], 2), [0.0, 3.0, 0.0, 2.0, 2.0, 1.0]);
        assert_eq!(whole(&[0.75; 4], 1), [0.75; 4]);
        assert_eq!(whole(&[-1.0, 1.0, 0.2, -0.2], 1), [-1.0, 1.0, 1.0, -1.0]);
    }

    #[test]
    fn every_row_has_its_own_grid() {
        let compute = Compute::cpu();
        let values: Vec<f32> = (0..4 * 3 * 12).map(|i| ((i * 7919) % 1001) as f32 / 100.0).collect();
        let grids = [(2, 12), (3, 4), (5, 12)].map(|(bits, group_size)| Grid { bits, group_size });
        let grids = [Some(&grids[0]), Some(&grids[1]), None, Some(&grids[2])];
        let x: Tensor<3> = compute.tensor(values.clone(), [4, 3, 12]);
        let found: Vec<f32> = quantise(&compute, x, &grids).into_data().iter().collect();
        for (number, grid) in grids.into_iter().enumerate() {
            let rows = number * 36..(number + 1) * 36;
            let expected =
                grid.map_or(values[rows.clone()].to_vec(), |grid| quantised(&values[rows.clone()], grid, 12));
            assert_eq!(found[rows], expected, "row {number}");
        }
    }

    #[test]
    fn the_recorded_quantiser_agrees() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/kv-quantiser.safetensors");
        let bytes = std::fs::read(file).unwrap();
        let recorded = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let bytes = recorded.tensor(name).unwrap().data().chunks_exact(4);
            bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        for bits in [2, 3, 4, 8] {
            for group_size in [8, 16, 32] {
                let found = quantised(&floats("input"), &Grid { bits, group_size }, 32);
                let expected = floats(&format!("bits{bits}.group{group_size}"));
                let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart <= 1e-6, "{bits} bits in groups of {group_size}: {apart}");
            }
        }
    }
}
