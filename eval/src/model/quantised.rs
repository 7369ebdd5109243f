//! Weights in few bits: made once for each module and level, and kept while there is room.
//!
//! Where a level names no grid of an engine: asymmetric round-to-nearest over groups of input channels: `s = (max − min)/(2ᵇ − 1)`, `q = round((w − min)/s)` with
//! halves to even, `w' = q·s + min`, in float32 on every device; a group of equal weights stays as it is.

use std::ops::Range;

use attune_grids::{feedback, nearest};
use attune_vocabulary::Module;
use rayon::prelude::*;

use super::byte_lru::ByteLru;
use super::matrix::Linear;
use crate::compute::Compute;
use crate::edits::{Codes, Level};

/// Bytes that modules in few bits may take on the device when nobody says otherwise: 1 GiB. All six levels of a model
/// of 40 million parameters, or the ones in use of a larger one.
pub const LEVEL_MEMORY: u64 = 1 << 30;

/// A module of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    pub(crate) layer: usize,
    /// 0 for modules that no expert has.
    pub(crate) expert: usize,
    pub(crate) module: Module,
}

/// Modules as levels give them back. `None` is a module as it is, cut out of the matrix that it shares with others.
pub(crate) type LevelDatabase = ByteLru<(Site, Option<Level>), Linear>;

impl LevelDatabase {
    /// The module at `site`, which is the columns `columns` of `fused`, at `level`; with the `codes` that the plan was given for it, if
    /// its level has error feedback.
    pub(crate) fn module(
        &self,
        compute: &Compute,
        site: Site,
        level: Option<Level>,
        codes: Option<&Codes>,
        fused: &Linear,
        columns: Range<usize>,
    ) -> Linear {
        self.get_or_make((site, level), Linear::bytes, || {
            let width = columns.len();
            let exact = fused.columns(columns);
            match level {
                None => exact,
                Some(level) => exact.changed(compute, |weights| match (level.grid, level.feedback) {
                    (None, None) => quantise(weights, width, level.bits, level.group),
                    _ => change_rows(weights, width, |rows| {
                        let inputs = rows.len() / width;
                        quantise_rows(rows, inputs, level, codes.map(|codes| &codes[..]));
                    }),
                }),
            }
        })
    }
}

/// Changes `weights: [inputs, outputs]` as rows, `[outputs, inputs]`.
fn change_rows(weights: &mut [f32], outputs: usize, change: impl FnOnce(&mut [f32])) {
    let inputs = weights.len() / outputs;
    let mut rows = turned(weights, outputs);
    change(&mut rows);
    weights.par_chunks_mut(outputs).enumerate().for_each(|(input, column)| {
        column.iter_mut().zip(rows[input..].iter().step_by(inputs)).for_each(|(to, from)| *to = *from);
    });
}

/// `weights: [inputs, outputs]` as rows, `[outputs, inputs]`.
pub(super) fn turned(weights: &[f32], outputs: usize) -> Vec<f32> {
    let inputs = weights.len() / outputs;
    let mut rows = vec![0.0; weights.len()];
    rows.par_chunks_mut(inputs).enumerate().for_each(|(output, row)| {
        row.iter_mut().zip(weights[output..].iter().step_by(outputs)).for_each(|(to, from)| *to = *from);
    });
    rows
}

/// Quantises and dequantises `weights: [outputs, inputs]` in place at `level`: to `codes`, where error feedback has made some.
pub(crate) fn quantise_rows(weights: &mut [f32], inputs: usize, level: Level, codes: Option<&[u8]>) {
    match (level.feedback, codes, level.grid) {
        (Some(grid), Some(codes), _) => {
            feedback::dequantise(weights, grid, level.bits, level.group, codes);
        }
        // Whoever scores a plan rounds first, and host_parallel makes a failure of a panic.
        (Some(_), None, _) => panic!("a level with error feedback was asked for before it was made"),
        // Rows are outputs, so a group of inputs is a run of neighbours.
        (None, _, None) => quantise(weights, 1, level.bits, level.group),
        (None, _, Some(grid)) => nearest::matrix(weights, inputs, grid, level.bits, level.group),
    }
}

/// Quantises and dequantises `weights: [inputs, outputs]` in place, each output over groups of `group` inputs.
fn quantise(weights: &mut [f32], outputs: usize, bits: u32, group: usize) {
    let codes = ((1_u32 << bits) - 1) as f32;
    weights.par_chunks_mut(group * outputs).for_each(|rows| {
        let (mut low, mut high) = (vec![f32::INFINITY; outputs], vec![f32::NEG_INFINITY; outputs]);
        for row in rows.chunks_exact(outputs) {
            for ((low, high), &weight) in low.iter_mut().zip(&mut high).zip(row) {
                *low = low.min(weight);
                *high = high.max(weight);
            }
        }
        let scales: Vec<f32> = low.iter().zip(&high).map(|(low, high)| (high - low) / codes).collect();
        for row in rows.chunks_exact_mut(outputs) {
            for ((weight, &low), &scale) in row.iter_mut().zip(&low).zip(&scales) {
                if scale > 0.0 {
                    *weight = ((*weight - low) / scale).round_ties_even().min(codes) * scale + low;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stored_matrix::StoredMatrix;
    use crate::model::tiles::Buffers;

    const SITE: Site = Site { layer: 0, expert: 0, module: Module::Query };

    fn linear(compute: &Compute, inputs: usize, outputs: usize) -> Linear {
        let weights = (0..inputs * outputs).map(|place| (place as f32 * 0.7).sin()).collect();
        let weights = vec![StoredMatrix::owned(weights, inputs)];
        let bias = (0..outputs).map(|place| place as f32).collect();
        Linear::new(compute, inputs, weights, &[bias], &Buffers::default())
    }

    fn weights(linear: &Linear) -> Vec<f32> {
        let mut found = Vec::new();
        linear.changed(&Compute::cpu(), |weights| found = weights.to_vec());
        found
    }

    fn level(bits: u32) -> Option<Level> {
        Some(Level { bits, group: 4, grid: None, feedback: None })
    }

    #[test]
    fn groups_run_along_the_inputs_of_one_output() {
        // Two outputs side by side; the first has steps of exactly 1 in its first group, with ties.
        let mut weights =
            vec![0.0, 5.0, 3.0, 5.0, 0.5, 5.0, 1.5, 5.0, 8.0, 0.0, 8.0, 9.0, 8.0, 4.0, 8.0, 5.0];
        quantise(&mut weights, 2, 2, 4);
        let column = |output| weights.iter().skip(output).step_by(2).copied().collect::<Vec<f32>>();
        assert_eq!(column(0), [0.0, 3.0, 0.0, 2.0, 8.0, 8.0, 8.0, 8.0]);
        assert_eq!(column(1), [5.0, 5.0, 5.0, 5.0, 0.0, 9.0, 3.0, 6.0]);
    }

    #[test]
    fn the_recorded_quantiser_agrees() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/weight-quantiser.safetensors");
        let bytes = std::fs::read(file).unwrap();
        let recorded = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let bytes = recorded.tensor(name).unwrap().data().chunks_exact(4);
            bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let shape = recorded.tensor("input").unwrap().shape().to_vec();
        let transposed = |values: Vec<f32>| -> Vec<f32> {
            (0..shape[1])
                .flat_map(|input| values.iter().skip(input).step_by(shape[1]).copied().collect::<Vec<_>>())
                .collect()
        };
        let input = transposed(floats("input"));
        for bits in [2, 3, 4, 5, 6, 8] {
            for group in [8, 16, 48] {
                let mut found = input.clone();
                quantise(&mut found, shape[0], bits, group);
                let expected = transposed(floats(&format!("bits{bits}.group{group}")));
                let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart <= 1e-6, "{bits} bits in groups of {group}: {apart}");
                assert_ne!(found, input);
            }
        }
    }

    #[test]
    fn a_slice_of_a_fused_matrix_has_its_own_bias() {
        let compute = Compute::cpu();
        let fused = linear(&compute, 8, 6);
        let x = || compute.tensor::<2>((0..16).map(|place| place as f32 / 7.0).collect(), [2, 8]);
        let database = LevelDatabase::new(150);
        let get =
            |module, level| database.module(&compute, Site { module, ..SITE }, level, None, &fused, 2..4);
        let exact = get(Module::Query, None).apply(x());
        let expected = fused.apply(x()).narrow(1, 2, 2);
        exact
            .into_data()
            .assert_approx_eq::<f32>(&expected.into_data(), burn_tensor::Tolerance::absolute(1e-5));
        // Levels of one module are different things.
        assert_ne!(weights(&get(Module::Query, level(2))), weights(&get(Module::Query, None)));
        assert_eq!(LevelDatabase::new(10).module(&compute, SITE, None, None, &fused, 0..6).shape(), [8, 6]);
    }
}
