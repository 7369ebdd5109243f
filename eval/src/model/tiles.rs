//! Products with stored matrices, tile by tile: a tile is widened into a buffer that stays in the cache.
//!
//! A product is cut along its outputs only, and no tile is so narrow that another kernel would take it, so every sum is
//! added in the order of the whole product: results are those of a matrix in float32, to the bit.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use burn_tensor::{DType, Device, Tensor, TensorData};
use rayon::prelude::*;

use super::stored_matrix::StoredMatrix;
use crate::ops::host;

/// Float32 numbers of a tile: 4 MiB.
const TILE: usize = 1 << 20;
/// Outputs that a tile has at least: fewer take other kernels, of rows of a table sooner.
const NARROWEST: usize = 256;
const FEWEST_ROWS: usize = 1024;
/// What borders of tiles are multiples of, so that vectors of a kernel end where those of the whole product do.
const ALIGNED: usize = 64;

/// Buffers of tiles that nobody uses now: at most one for each thread.
#[derive(Clone, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<f32>>>>);

impl Buffers {
    /// `body` with a matrix of this shape on `device`, whose numbers `fill` writes over what was there. The matrix may
    /// not be kept.
    fn with<R>(
        &self,
        shape: [usize; 2],
        device: &Device,
        fill: impl FnOnce(&mut [f32]),
        body: impl FnOnce(Tensor<2>) -> R,
    ) -> R {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = lock().pop().unwrap_or_default();
        buffer.resize(shape[0] * shape[1], 0.0);
        fill(&mut buffer);
        let matrix = Tensor::from_data(TensorData::new(buffer, shape), (device, DType::F32));
        let result = body(matrix.clone());
        if let Ok(buffer) = matrix.into_data().try_into_vec::<f32>() {
            lock().push(buffer);
        }
        result
    }
}

/// Matrices `[out, in]` with the same inputs, multiplied as one `[in, out₁ + out₂ + …]`.
#[derive(Clone)]
pub(super) struct SideBySide {
    parts: Vec<StoredMatrix>,
    inputs: usize,
    outputs: usize,
    buffers: Buffers,
}

impl SideBySide {
    pub(super) fn new(parts: Vec<StoredMatrix>, inputs: usize, buffers: &Buffers) -> Self {
        let outputs = parts.iter().map(StoredMatrix::rows).sum();
        Self { parts, inputs, outputs, buffers: buffers.clone() }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Some of the outputs, in the same memory.
    pub(super) fn columns(&self, columns: Range<usize>) -> Self {
        let parts = self.within(&columns).map(|(part, rows, _)| part.slice(rows)).collect();
        Self::new(parts, self.inputs, &self.buffers)
    }

    /// Some of the outputs in float32: `[in, columns]`.
    pub(super) fn widened(&self, columns: Range<usize>) -> Vec<f32> {
        let mut whole = vec![0.0; self.inputs * columns.len()];
        self.fill(columns, &mut whole);
        whole
    }

    /// `x · W` for `x: [rows, in]` on the host.
    pub(super) fn product(&self, x: Tensor<2>) -> Tensor<2> {
        let device = x.device();
        if device.is_autodiff() {
            // The graph keeps the matrix for the way back.
            let shape = [self.inputs, self.outputs];
            let whole = TensorData::new(self.widened(0..self.outputs), shape);
            return x.matmul(Tensor::from_data(whole, (&device.without_autodiff(), DType::F32)));
        }
        products(self.outputs, self.inputs, NARROWEST, |columns| {
            let shape = [self.inputs, columns.len()];
            self.buffers.with(
                shape,
                &device,
                |whole| self.fill(columns, whole),
                |matrix| x.clone().matmul(matrix),
            )
        })
    }

    /// Writes some of the outputs to `whole: [in, columns]`.
    fn fill(&self, columns: Range<usize>, whole: &mut [f32]) {
        for (part, rows, first) in self.within(&columns) {
            host::vectorised(
                #[inline(always)]
                || part.widen_transposed(rows, whole, columns.len(), first),
            );
        }
    }

    /// The parts that `columns` are made of: each with its rows, and their first place among the columns.
    fn within<'a>(
        &'a self,
        columns: &Range<usize>,
    ) -> impl Iterator<Item = (&'a StoredMatrix, Range<usize>, usize)> + use<'a> {
        let (start, end) = (columns.start, columns.end);
        let mut before = 0;
        self.parts.iter().filter_map(move |part| {
            let own = before..before + part.rows();
            before = own.end;
            let (from, to) = (start.max(own.start), end.min(own.end));
            (from < to).then(|| (part, from - own.start..to - own.start, from - start))
        })
    }
}

/// `x · rowsᵀ` for `x: [n, columns]` on the host, for some rows of a matrix `[rows, columns]`.
pub(super) fn product_with_rows(
    matrix: &StoredMatrix,
    rows: Range<usize>,
    x: &Tensor<2>,
    buffers: &Buffers,
) -> Tensor<2> {
    let device = x.device();
    if device.is_autodiff() {
        let part = matrix.slice(rows);
        let whole = TensorData::new(part.to_vec(), [part.rows(), part.columns()]);
        let whole: Tensor<2> = Tensor::from_data(whole, (&device.without_autodiff(), DType::F32));
        return x.clone().matmul(whole.transpose());
    }
    products(rows.len(), matrix.columns(), FEWEST_ROWS, |part| {
        let part = (rows.start + part.start)..(rows.start + part.end);
        let shape = [part.len(), matrix.columns()];
        let fill = |whole: &mut [f32]| {
            host::vectorised(
                #[inline(always)]
                || matrix.widen(part, whole),
            );
        };
        buffers.with(shape, &device, fill, |tile| x.clone().matmul(tile.transpose()))
    })
}

/// What `product` makes of each tile, side by side. Tiles go to several threads where a lane has them.
fn products(
    outputs: usize,
    inputs: usize,
    narrowest: usize,
    product: impl Fn(Range<usize>) -> Tensor<2> + Sync,
) -> Tensor<2> {
    let count = (outputs / (TILE / inputs.max(1)).max(narrowest)).max(1);
    let border =
        |tile: usize| if tile == count { outputs } else { tile * outputs / count / ALIGNED * ALIGNED };
    let tile = |tile: usize| product(border(tile)..border(tile + 1));
    if count == 1 {
        return tile(0);
    }
    Tensor::cat((0..count).into_par_iter().map(tile).collect(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::Compute;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|place| ((place * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0).collect()
    }

    fn bits(tensor: Tensor<2>) -> Vec<u32> {
        tensor.into_data().iter::<f32>().map(f32::to_bits).collect()
    }

    #[test]
    fn tiles_are_the_whole_product_to_the_bit() {
        let compute = Compute::cpu();
        for (inputs, parts) in [(2048, vec![700, 501, 300]), (5000, vec![601]), (7, vec![100, 30])] {
            let parts: Vec<StoredMatrix> = (parts.iter().enumerate())
                .map(|(seed, rows)| StoredMatrix::owned(numbers(rows * inputs, seed), inputs))
                .collect();
            let outputs: usize = parts.iter().map(StoredMatrix::rows).sum();
            let rows: Vec<f32> = parts.iter().flat_map(StoredMatrix::to_vec).collect();
            let whole: Vec<f32> =
                (0..inputs).flat_map(|input| rows.iter().skip(input).step_by(inputs).copied()).collect();
            let whole: Tensor<2> = compute.tensor(whole, [inputs, outputs]);
            let tiled = SideBySide::new(parts, inputs, &Buffers::default());
            for rows in [1, 2, 3, 40, 130] {
                let x: Tensor<2> = compute.tensor(numbers(rows * inputs, 9), [rows, inputs]);
                let expected = bits(x.clone().matmul(whole.clone()));
                assert_eq!(bits(tiled.product(x.clone())), expected, "{rows} · {inputs} · {outputs}");
                // What a graph keeps is the same matrix.
                assert_eq!(bits(tiled.product(x.clone().autodiff()).without_autodiff()), expected);
                let some = 50..outputs - 20;
                let narrow = whole.clone().narrow(1, some.start, some.len());
                let narrow: Tensor<2> = Tensor::from_data(narrow.into_data(), compute.device());
                assert_eq!(bits(tiled.columns(some).product(x.clone())), bits(x.matmul(narrow)));
            }
            assert!(tiled.buffers.0.lock().unwrap().len() <= rayon::current_num_threads() + 1);
        }
    }

    #[test]
    fn rows_of_a_table_are_multiplied_as_in_the_whole() {
        let compute = Compute::cpu();
        let (vocab, hidden) = (2600, 1100);
        let values = numbers(vocab * hidden, 3);
        let whole: Tensor<2> = compute.float32(values.clone(), [vocab, hidden]);
        let table = StoredMatrix::owned(values, hidden);
        for rows in [1, 2, 5, 70] {
            let x: Tensor<2> = compute.tensor(numbers(rows * hidden, 4), [rows, hidden]);
            for some in [0..vocab, 10..2300, 2590..2600] {
                let part = whole.clone().narrow(0, some.start, some.len()).transpose();
                let found = product_with_rows(&table, some, &x, &Buffers::default());
                assert_eq!(bits(found), bits(x.clone().matmul(part)), "{rows}");
            }
        }
    }
}
