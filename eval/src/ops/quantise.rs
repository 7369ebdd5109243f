//! What a low-bit cache gives back: asymmetric round-to-nearest over groups of channels.
//!
//! `s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`, `x' = q·s + min`, halves rounded to even; a group of
//! equal values comes back exactly. This is the per-token grid of KIVI (arXiv 2402.02750, §3.1).
//!
//! Two refinements of PM-KVQ (arXiv 2505.18610): channels can be divided by a scale of their own before and multiplied
//! by it after (§ smoothing), and codes can come from a wider grid whose width was halved since (§ progressive shrink).

use std::sync::Arc;

use attune_grids::nearest;
use attune_vocabulary::CacheGrid;
use burn_tensor::{DType, Tensor};

use super::math;
use crate::compute::Compute;

/// Halvings from the widest grid, 16 bits, to the narrowest, 1 bit.
const HALVINGS: usize = 4;

/// How rows of one head are quantised.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grid {
    /// Bits per channel, 1 to 8.
    pub(crate) bits: u32,
    /// Channels that share a scale and a zero point.
    pub(crate) group_size: usize,
    /// Bits that are quantised to first: `bits` times a power of two, at most 16.
    pub(crate) from: u32,
    /// What each channel is divided by before, and multiplied by after.
    pub(crate) scales: Option<Arc<[f32]>>,
    /// The grid of an engine instead of all this but the bits, the groups and their order.
    pub(crate) engine: Option<CacheGrid>,
    /// Whether groups are cut from the channels of both halves of a row by turns.
    pub(crate) interleaved: bool,
}

impl Grid {
    /// The largest code of the grid that is quantised to first.
    fn top(&self) -> f32 {
        ((1_u32 << self.from) - 1) as f32
    }

    /// What each halving of the width divides codes by: `2ᵇ + 1` from `2b` bits to `b`, 1 where none is left.
    ///
    /// Codes of `2b` bits end at `2²ᵇ − 1 = (2ᵇ + 1)(2ᵇ − 1)`, so the ends of a group stay where they are.
    fn divisors(&self) -> [f32; HALVINGS] {
        let mut bits = self.from;
        std::array::from_fn(|_| {
            if bits <= self.bits {
                return 1.0;
            }
            bits /= 2;
            ((1_u32 << bits) + 1) as f32
        })
    }

    /// Quantises and dequantises one row on the CPU, in place.
    #[inline(always)]
    pub(crate) fn row(&self, row: &mut [f32]) {
        if let Some(scales) = &self.scales {
            row.iter_mut().zip(scales.iter()).for_each(|(value, scale)| *value /= scale);
        }
        if self.interleaved {
            let half = row.len() / 2;
            let mut ordered: Vec<f32> = (0..half).flat_map(|at| [row[at], row[half + at]]).collect();
            self.groups(&mut ordered);
            for (at, pair) in ordered.chunks_exact(2).enumerate() {
                (row[at], row[half + at]) = (pair[0], pair[1]);
            }
        } else {
            self.groups(row);
        }
        if let Some(scales) = &self.scales {
            row.iter_mut().zip(scales.iter()).for_each(|(value, scale)| *value *= scale);
        }
    }

    /// Quantises and dequantises channels that are in the order of their groups.
    #[inline(always)]
    fn groups(&self, channels: &mut [f32]) {
        if let Some(engine) = self.engine {
            return nearest::cache(channels, engine);
        }
        let (top, divisors) = (self.top(), self.divisors());
        for group in channels.chunks_exact_mut(self.group_size) {
            if self.from == self.bits {
                quantise_group(group, top, &[]);
            } else {
                quantise_group(group, top, &divisors);
            }
        }
    }
}

/// To the nearest whole number, halves to even, for numbers below 2²².
#[inline(always)]
fn round(x: f32) -> f32 {
    // 1.5·2²³, at which neighbouring numbers are 1 apart.
    const ROUND: f32 = 12_582_912.0;
    (x + ROUND) - ROUND
}

#[inline(always)]
fn quantise_group(group: &mut [f32], top: f32, divisors: &[f32]) {
    let (low, high) = math::bounds(group);
    let step = (high - low) / top;
    if step == 0.0 {
        return;
    }
    let wide = divisors.iter().fold(step, |step, divisor| step * divisor);
    for value in group {
        let code = round((*value - low) / step);
        let code = if code > top { top } else { code };
        // A quotient of codes is never half a whole number, see `Grid::divisors`: the divisors are odd.
        let code = divisors.iter().fold(code, |code, divisor| round(code / divisor));
        *value = code * wide + low;
    }
}

/// Quantises and dequantises `x: [rows, tokens, head_dim]` by Burn's operations, each row by its own grid; `None` leaves
/// a row as it is. Rows share every launch: those with another number of channels per group, or another order of them, have their own.
pub(crate) fn quantise(compute: &Compute, x: Tensor<3>, grids: &[Option<&Grid>]) -> Tensor<3> {
    let by_engines = |grid: &Option<&Grid>| grid.is_some_and(|grid| grid.engine.is_some());
    if grids.iter().any(by_engines) {
        let others: Vec<Option<&Grid>> =
            grids.iter().map(|grid| grid.filter(|grid| grid.engine.is_none())).collect();
        return on_engines(compute, quantise(compute, x, &others), grids);
    }
    let cut = |grid: &Grid| (grid.group_size, grid.interleaved);
    let mut cuts: Vec<(usize, bool)> = grids.iter().flatten().map(|grid| cut(grid)).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let shape = x.dims();
    cuts.into_iter().fold(x.clone(), |whole, own| {
        let of_size: Vec<Option<&Grid>> =
            grids.iter().map(|grid| grid.filter(|grid| cut(grid) == own)).collect();
        let quantised = in_groups(compute, x.clone(), &of_size, own);
        if of_size.iter().all(Option::is_some) {
            return quantised;
        }
        let others = of_size.iter().map(|grid| f32::from(u8::from(grid.is_none()))).collect();
        let others = compute.float32(others, [grids.len(), 1, 1]).greater_elem(0.5);
        quantised.mask_where(others.expand(shape), whole)
    })
}

/// The rows on grids of engines, on the host: they are few operations of many kinds.
fn on_engines(compute: &Compute, x: Tensor<3>, grids: &[Option<&Grid>]) -> Tensor<3> {
    let (shape, dtype) = (x.dims(), x.dtype());
    let mut values: Vec<f32> = x.cast(DType::F32).into_data().iter::<f32>().collect();
    for (row, grid) in values.chunks_exact_mut(shape[1] * shape[2]).zip(grids) {
        let Some(grid) = grid.filter(|grid| grid.engine.is_some()) else { continue };
        row.chunks_exact_mut(shape[2]).for_each(|channels| grid.row(channels));
    }
    compute.float32(values, shape).cast(dtype)
}

fn in_groups(
    compute: &Compute,
    x: Tensor<3>,
    grids: &[Option<&Grid>],
    (size, interleaved): (usize, bool),
) -> Tensor<3> {
    let (shape, dtype) = (x.dims(), x.dtype());
    let rows = shape[0];
    let scales = scales(compute, grids, shape[2]);
    let x = x.cast(DType::F32);
    let x = match &scales {
        None => x,
        Some(scales) => x / scales.clone(),
    };
    let x = if interleaved { halves_by_turns(x) } else { x };
    let groups = x.reshape([rows, shape[1], shape[2] / size, size]);
    let each = |of: &dyn Fn(&Grid) -> f32| -> Tensor<4> {
        compute.float32(grids.iter().map(|grid| grid.map_or(1.0, of)).collect(), [rows, 1, 1, 1])
    };
    let top = each(&Grid::top);
    let low = groups.clone().min_dim(3);
    let scale = (groups.clone().max_dim(3) - low.clone()) / top.clone();
    let constant = scale.clone().equal_elem(0.0);
    let step = scale.mask_fill(constant.clone(), 1.0);
    let codes = ((groups.clone() - low.clone()) / step.clone()).round();
    let full = groups.dims();
    let codes = codes.min_pair(top.expand(full));
    let halvings = (0..HALVINGS).filter(|&at| grids.iter().flatten().any(|grid| grid.divisors()[at] > 1.0));
    let (codes, step) = halvings.fold((codes, step), |(codes, step), at| {
        let divisor = each(&|grid| grid.divisors()[at]);
        ((codes / divisor.clone()).round(), step * divisor)
    });
    let quantised = (codes * step + low).mask_where(constant.expand(full), groups).reshape(shape);
    let quantised = if interleaved { turns_by_halves(quantised) } else { quantised };
    let quantised = match scales {
        None => quantised,
        Some(scales) => quantised * scales,
    };
    quantised.cast(dtype)
}

/// The channels of both halves of a row by turns.
fn halves_by_turns(x: Tensor<3>) -> Tensor<3> {
    let [rows, tokens, channels] = x.dims();
    x.reshape([rows, tokens, 2, channels / 2]).swap_dims(2, 3).reshape([rows, tokens, channels])
}

/// Back from [`halves_by_turns`].
fn turns_by_halves(x: Tensor<3>) -> Tensor<3> {
    let [rows, tokens, channels] = x.dims();
    x.reshape([rows, tokens, channels / 2, 2]).swap_dims(2, 3).reshape([rows, tokens, channels])
}

/// Scales of channels, `[rows, 1, channels]`, if any row has them; 1 for rows that have none.
fn scales(compute: &Compute, grids: &[Option<&Grid>], channels: usize) -> Option<Tensor<3>> {
    let of = |grid: &Option<&Grid>| grid.and_then(|grid| grid.scales.clone());
    if grids.iter().all(|grid| of(grid).is_none()) {
        return None;
    }
    let values = grids.iter().flat_map(|grid| of(grid).map_or(vec![1.0; channels], |scales| scales.to_vec()));
    Some(compute.float32(values.collect(), [grids.len(), 1, channels]))
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

    fn plain(bits: u32, group_size: usize) -> Grid {
        Grid { bits, group_size, from: bits, scales: None, engine: None, interleaved: false }
    }

    fn whole(values: &[f32], bits: u32) -> Vec<f32> {
        quantised(values, &plain(bits, values.len()), values.len())
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
        let values: Vec<f32> = (0..7 * 3 * 12).map(|i| ((i * 7919) % 1001) as f32 / 100.0).collect();
        let scales: Arc<[f32]> = (0..12).map(|channel| 0.5 + channel as f32).collect();
        let grids = [
            plain(2, 12),
            plain(3, 4),
            Grid { from: 16, ..plain(4, 12) },
            Grid { scales: Some(scales), from: 8, ..plain(2, 12) },
        ];
        let ordered = grids.clone().map(|grid| Grid { interleaved: true, group_size: 4, ..grid });
        let grids = [
            Some(&grids[0]),
            Some(&grids[1]),
            None,
            Some(&grids[2]),
            Some(&grids[3]),
            Some(&ordered[1]),
            Some(&ordered[3]),
        ];
        let x: Tensor<3> = compute.tensor(values.clone(), [7, 3, 12]);
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
                let found = quantised(&floats("input"), &plain(bits, group_size), 32);
                let expected = floats(&format!("bits{bits}.group{group_size}"));
                let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart <= 1e-6, "{bits} bits in groups of {group_size}: {apart}");
            }
        }
    }

    #[test]
    fn caches_of_engines_hold_what_was_recorded() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/cache-grids.safetensors");
        let bytes = std::fs::read(file).unwrap();
        let recorded = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let bytes = recorded.tensor(name).unwrap().data().chunks_exact(4);
            bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        for engine in CacheGrid::ALL {
            let grid = Grid { engine: Some(engine), ..plain(engine.bits()[0], 32) };
            assert_eq!(quantised(&floats("input"), &grid, 64), floats(engine.name()), "{}", engine.name());
        }
    }

    #[test]
    fn interleaved_groups_hold_the_channels_of_both_halves_by_turns() {
        // One bit, groups of two channels: both come back exactly, whatever they are, if they are the group's own.
        let grid = Grid { interleaved: true, ..plain(1, 2) };
        let row = [0.5, -3.0, 0.25, 7.0, 2.0, 5.0, 0.5, 9.0];
        assert_eq!(quantised(&row, &grid, 8), row);
        assert_ne!(quantised(&row, &grid, 8), quantised(&row, &Grid { group_size: 4, ..grid.clone() }, 8));
        // Groups of four are the pairs 0 and 1, and 2 and 3, of channels half a row apart.
        let wide = Grid { group_size: 4, ..grid };
        assert_eq!(quantised(&row, &wide, 8), [-3.0, -3.0, 0.25, 9.0, 5.0, 5.0, 0.25, 9.0]);
        // A group of all channels has no order.
        let whole = plain(3, 8);
        assert_eq!(
            quantised(&row, &Grid { interleaved: true, ..whole.clone() }, 8),
            quantised(&row, &whole, 8)
        );
        // The blocks of an engine in that order are those of rows whose channels were put into it before.
        let engine = Grid { engine: Some(CacheGrid::Q4_0), interleaved: true, ..plain(4, 32) };
        let row: Vec<f32> = (0..64).map(|i| 3.0 * (1.7 * i as f32).sin()).collect();
        let by_turns: Vec<f32> = (0..32).flat_map(|at| [row[at], row[32 + at]]).collect();
        let stored = quantised(&by_turns, &Grid { interleaved: false, ..engine.clone() }, 64);
        let expected: Vec<f32> =
            [0, 1].iter().flat_map(|half| stored[*half..].iter().step_by(2).copied()).collect();
        assert_eq!(quantised(&row, &engine, 64), expected);
    }

    #[test]
    fn rows_of_engines_stand_beside_others() {
        let compute = Compute::cpu();
        let values: Vec<f32> = (0..3 * 2 * 32).map(|i| ((i * 7919) % 1001) as f32 / 100.0).collect();
        let (affine, engine) = (plain(3, 16), Grid { engine: Some(CacheGrid::Q5_1), ..plain(5, 32) });
        let x: Tensor<3> = compute.tensor(values.clone(), [3, 2, 32]);
        let found: Vec<f32> =
            quantise(&compute, x, &[Some(&affine), None, Some(&engine)]).into_data().iter().collect();
        let expected = [
            quantised(&values[..64], &affine, 32),
            values[64..128].to_vec(),
            quantised(&values[128..], &engine, 32),
        ];
        assert_eq!(found, expected.concat());
    }

    /// PM-KVQ's rule, in whole numbers: codes of `2b` bits to codes of `b` bits.
    fn by_shifts(code: u64, bits: u32) -> u64 {
        (((1 << (2 * bits)) - (1 << bits) + 1) * (code + (1 << (bits - 1)))) >> (3 * bits)
    }

    #[test]
    fn a_halved_code_is_the_nearest_and_what_shifts_give_for_every_input() {
        for bits in [8, 4, 2] {
            let divisor = (1_u64 << bits) + 1;
            for code in 0..1_u64 << (2 * bits) {
                let nearest = (2 * code + divisor) / (2 * divisor);
                assert_eq!(by_shifts(code, bits), nearest, "{code} to {bits} bits");
                assert_eq!(round(code as f32 / divisor as f32), nearest as f32, "{code} to {bits} bits");
            }
        }
        for code in 0..1_u64 << 16 {
            let narrow = [8, 4, 2].into_iter().fold(code, by_shifts);
            let grid = Grid { from: 16, ..plain(2, 4) };
            let divided = grid.divisors().iter().fold(code as f32, |code, divisor| round(code / divisor));
            assert_eq!(divided, narrow as f32, "{code}, from 16 to 2 bits");
        }
    }

    #[test]
    fn shrinking_ends_where_direct_quantisation_does() {
        // The divisors are odd, so a boundary between two narrow codes is one between two wide codes: rounding twice
        // is rounding once. Only values on a boundary could tell the two apart.
        let values: Vec<f32> = (0..64).map(|i| 3.0 * (1.7 * i as f32).sin()).collect();
        for (from, bits) in [(16, 8), (16, 4), (8, 4), (16, 2), (8, 2), (4, 2), (16, 1), (2, 1)] {
            let shrunk = quantised(&values, &Grid { from, ..plain(bits, 16) }, 64);
            let direct = quantised(&values, &plain(bits, 16), 64);
            let apart = shrunk.iter().zip(&direct).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-5, "from {from} to {bits} bits: {apart}");
        }
        assert_eq!(quantised(&[5.0; 4], &Grid { from: 16, ..plain(2, 4) }, 4), [5.0; 4]);
    }

    #[test]
    fn the_recorded_variants_agree() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/kv-variants.safetensors");
        let bytes = std::fs::read(folder).unwrap();
        let recorded = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let bytes = recorded.tensor(name).unwrap().data().chunks_exact(4);
            bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let (rows, scales) = (floats("input"), Arc::<[f32]>::from(floats("scales")));
        let mut cases = 0;
        for name in recorded.names() {
            // shrink<from>.<bits>[.smooth].group<size>
            let parts: Vec<&str> = name.split('.').collect();
            let [from, bits, .., size] = parts[..] else { continue };
            let number = |text: &str| text.trim_start_matches(char::is_alphabetic).parse::<u32>().unwrap();
            let smooth = parts.contains(&"smooth").then(|| Arc::clone(&scales));
            let group_size = number(size) as usize;
            let grid = Grid { from: number(from), scales: smooth, ..plain(number(bits), group_size) };
            let found = quantised(&rows, &grid, 32);
            let apart = found.iter().zip(floats(name)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart <= 2e-6, "{name}: {apart}");
            cases += 1;
        }
        assert_eq!(cases, 24);
    }
}
