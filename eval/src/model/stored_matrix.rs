//! Matrices as their file holds them, in its mapped pages, widened to float32 where they are multiplied.

use std::ops::Range;
use std::sync::Arc;

use attune_families::tensors::Runs;

use super::pages::Pages;
use crate::error::LoadError;

/// Rows that are widened together: what a row of a tile takes of a cache line.
pub(super) const PANEL: usize = 16;

/// The numbers of a matrix in few bits.
pub(super) trait Codes: Send + Sync {
    /// Looks at all of them, before any row is asked for.
    ///
    /// # Errors
    /// One that its format does not have, or of which versions differ in the meaning.
    fn check(&self) -> Result<(), LoadError> {
        Ok(())
    }

    /// Writes row `row` as float32.
    fn row(&self, row: usize, out: &mut [f32]);
}

/// `[rows, columns]`: a checkpoint's matrix, or a part of one.
#[derive(Clone)]
pub(crate) struct StoredMatrix {
    elements: Elements,
    rows: usize,
    columns: usize,
    /// Where the first element is.
    offset: usize,
    /// Elements from one row to the next, and from one column to the next.
    strides: [usize; 2],
    /// Where rows are not one run of neighbours.
    runs: Option<Runs>,
}

/// Each widens exactly.
#[derive(Clone)]
pub(super) enum Elements {
    Float32(Pages),
    Float16(Pages),
    BFloat16(Pages),
    /// In few bits, by whole rows.
    Packed(Arc<dyn Codes>),
    /// Made while loading.
    Owned(Arc<[f32]>),
}

impl StoredMatrix {
    /// Row-major, and there is nothing else. `elements` has to hold as many as the shape says.
    pub(super) fn new(elements: Elements, [rows, columns]: [usize; 2]) -> Self {
        Self { elements, rows, columns, offset: 0, strides: [columns, 1], runs: None }
    }

    /// A part of a larger tensor. Of packed elements it has to be whole rows.
    pub(super) fn part(elements: Elements, shape: [usize; 2], offset: usize, strides: [usize; 2]) -> Self {
        Self { offset, strides, ..Self::new(elements, shape) }
    }

    /// The same whose rows lie in runs.
    pub(super) fn in_runs(self, runs: Option<Runs>) -> Self {
        Self { runs, ..self }
    }

    /// A matrix of these numbers, row-major, in rows of `columns`.
    #[cfg(test)]
    pub(crate) fn owned(values: Vec<f32>, columns: usize) -> Self {
        let rows = values.len() / columns.max(1);
        Self::new(Elements::Owned(values.into()), [rows, columns])
    }

    /// The same in float32 in memory of its own.
    pub(super) fn copied(&self) -> Self {
        Self::new(Elements::Owned(self.to_vec().into()), [self.rows, self.columns])
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Whether float32 takes as much memory as this does.
    pub(super) fn is_float32(&self) -> bool {
        matches!(self.elements, Elements::Float32(_) | Elements::Owned(_))
    }

    /// Some of its rows, in the same memory.
    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        let Some(runs) = self.runs else {
            let offset = self.offset + rows.start * self.strides[0];
            return Self { offset, rows: rows.len(), ..self.clone() };
        };
        let runs = Some(Runs { first: runs.first + rows.start, ..runs });
        Self { rows: rows.len(), runs, ..self.clone() }
    }

    /// Writes `rows` as float32 to `out: [rows, columns]`.
    #[inline(always)]
    pub(super) fn widen(&self, rows: Range<usize>, out: &mut [f32]) {
        let down = self.strides[0];
        let Some(Runs { outputs: each, stride, first }) = self.runs else {
            return self.widen_run(self.offset + rows.start * down, rows.len(), out);
        };
        let (mut row, end) = (first + rows.start, first + rows.end);
        let mut out = out;
        while row < end {
            let (run, within) = (row / each, row % each);
            let count = (each - within).min(end - row);
            let (own, rest) = out.split_at_mut(count * self.columns);
            self.widen_run(self.offset + run * stride + within * down, count, own);
            (row, out) = (row + count, rest);
        }
    }

    /// Writes `rows` rows as float32, the first of which begins at element `first`.
    #[inline(always)]
    fn widen_run(&self, first: usize, rows: usize, out: &mut [f32]) {
        match &self.elements {
            Elements::Packed(codes) => {
                for (row, out) in out.chunks_exact_mut(self.columns).enumerate() {
                    codes.row((first + row * self.strides[0]) / self.columns, out);
                }
            }
            Elements::Owned(values) => {
                self.neighbours(first, rows, out, |run, out| out.copy_from_slice(&values[run]));
            }
            Elements::Float32(pages) => {
                let bytes = pages.bytes();
                self.neighbours(first, rows, out, |run, out| {
                    float32(&bytes[4 * run.start..4 * run.end], out)
                });
            }
            Elements::Float16(pages) => {
                let bytes = pages.bytes();
                self.neighbours(first, rows, out, |run, out| {
                    float16(&bytes[2 * run.start..2 * run.end], out)
                });
            }
            Elements::BFloat16(pages) => {
                let bytes = pages.bytes();
                self.neighbours(first, rows, out, |run, out| {
                    bfloat16(&bytes[2 * run.start..2 * run.end], out)
                });
            }
        }
    }

    /// Writes `rows` rows to `out` out of neighbouring elements, which `read` widens.
    #[inline(always)]
    fn neighbours(
        &self,
        first: usize,
        rows: usize,
        out: &mut [f32],
        read: impl Fn(Range<usize>, &mut [f32]),
    ) {
        let [down, across] = self.strides;
        if across == 1 && down == self.columns {
            return read(first..first + out.len(), out);
        }
        if across == 1 {
            for (row, out) in out.chunks_exact_mut(self.columns).enumerate() {
                read(first + row * down..first + row * down + self.columns, out);
            }
            return;
        }
        // Rows are neighbours, or nearly.
        let mut line = vec![0.0; rows.saturating_sub(1) * down + 1];
        for column in 0..self.columns {
            let first = first + column * across;
            read(first..first + line.len(), &mut line);
            for (row, value) in line.iter().step_by(down).enumerate() {
                out[row * self.columns + column] = *value;
            }
        }
    }

    /// Writes `rows` transposed, as columns `first..` of `whole: [columns, width]`.
    #[inline(always)]
    pub(super) fn widen_transposed(&self, rows: Range<usize>, whole: &mut [f32], width: usize, first: usize) {
        let columns = self.columns;
        let mut panel = vec![0.0; PANEL.min(rows.len()) * columns];
        for start in rows.clone().step_by(PANEL) {
            let count = PANEL.min(rows.end - start);
            let panel = &mut panel[..count * columns];
            self.widen(start..start + count, panel);
            transpose(panel, columns, whole, width, first + start - rows.start);
        }
    }

    /// All of it in float32, row-major.
    pub(super) fn to_vec(&self) -> Vec<f32> {
        let mut values = vec![0.0; self.rows * self.columns];
        self.widen(0..self.rows, &mut values);
        values
    }

    /// The first element that is NaN or infinite, with its row and column.
    pub(super) fn first_not_finite(&self) -> Option<([usize; 2], f32)> {
        let mut panel = vec![0.0; PANEL.min(self.rows) * self.columns];
        for start in (0..self.rows).step_by(PANEL) {
            let panel = &mut panel[..PANEL.min(self.rows - start) * self.columns];
            self.widen(start..start + panel.len() / self.columns, panel);
            // Two passes: the first one, which is all there is as a rule, is a loop without a branch.
            if !panel.iter().fold(true, |finite, value| finite & value.is_finite()) {
                let at = panel.iter().position(|value| !value.is_finite());
                return at.map(|at| ([start + at / self.columns, at % self.columns], panel[at]));
            }
        }
        None
    }
}

#[inline(always)]
fn float32(bytes: &[u8], out: &mut [f32]) {
    for (out, word) in out.iter_mut().zip(bytes.chunks_exact(4)) {
        *out = f32::from_le_bytes([word[0], word[1], word[2], word[3]]);
    }
}

/// A bfloat16 is the upper half of a float32.
#[inline(always)]
fn bfloat16(bytes: &[u8], out: &mut [f32]) {
    for (out, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        *out = f32::from_bits(u32::from(u16::from_le_bytes([pair[0], pair[1]])) << 16);
    }
}

/// The bits of a float16 in the places of a float32's have an exponent that is 112 too small, subnormal ones too; those
/// of infinities and NaN stay all ones.
#[inline(always)]
fn float16(bytes: &[u8], out: &mut [f32]) {
    let scale = f32::from_bits((127 + 112) << 23);
    for (out, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        let half = u32::from(u16::from_le_bytes([pair[0], pair[1]]));
        let magnitude = (half & 0x7fff) << 13;
        let scaled = (f32::from_bits(magnitude) * scale).to_bits();
        let special = if half & 0x7c00 == 0x7c00 { 0x7f80_0000 | magnitude } else { scaled };
        *out = f32::from_bits(special | (half & 0x8000) << 16);
    }
}

/// Writes `panel: [at most PANEL, columns]` as columns `first..` of `whole: [columns, width]`, in blocks that stay in
/// registers.
#[inline(always)]
fn transpose(panel: &[f32], columns: usize, whole: &mut [f32], width: usize, first: usize) {
    let mut done = 0;
    if panel.len() == PANEL * columns {
        while let (Some(block), true) = (panel.get(done..), done + PANEL <= columns) {
            let mut turned = [[0.0; PANEL]; PANEL];
            for (row, values) in block.chunks(columns).enumerate() {
                for (turned, value) in turned.iter_mut().zip(&values[..PANEL]) {
                    turned[row] = *value;
                }
            }
            for (column, values) in turned.iter().enumerate() {
                whole[(done + column) * width + first..][..PANEL].copy_from_slice(values);
            }
            done += PANEL;
        }
    }
    for column in done..columns {
        for (row, values) in panel.chunks_exact(columns).enumerate() {
            whole[column * width + first + row] = values[column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_widens_as_the_standard_says() {
        let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        let mut found = vec![0.0; 1 << 16];
        float16(&bytes, &mut found);
        for (bits, found) in (0..=u16::MAX).zip(&found) {
            let expected = half::f16::from_bits(bits).to_f32();
            assert!(
                found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()),
                "{bits:#x}"
            );
        }
        bfloat16(&bytes, &mut found);
        for (bits, found) in (0..=u16::MAX).zip(&found) {
            let expected = half::bf16::from_bits(bits).to_f32();
            assert!(
                found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()),
                "{bits:#x}"
            );
        }
    }

    #[test]
    fn rows_of_any_number_are_transposed_side_by_side() {
        for (rows, columns) in [(16, 16), (16, 33), (7, 40), (35, 20), (1, 3)] {
            let values: Vec<f32> = (0..rows * columns).map(|place| place as f32).collect();
            let matrix = StoredMatrix::owned(values, columns);
            let width = rows + 5;
            let mut whole = vec![-1.0; columns * width];
            matrix.widen_transposed(0..rows, &mut whole, width, 3);
            for column in 0..columns {
                for place in 0..width {
                    let row = place.wrapping_sub(3);
                    let expected = if row < rows { (row * columns + column) as f32 } else { -1.0 };
                    assert_eq!(whole[column * width + place], expected, "{rows} × {columns}");
                }
            }
            assert_eq!(matrix.slice(0..rows).first_not_finite(), None);
        }
    }

    #[test]
    fn the_first_number_that_is_none_is_found() {
        let mut values = vec![0.0; 20 * 3];
        values[3 * 17 + 1] = f32::NEG_INFINITY;
        values[3 * 19] = f32::NAN;
        let matrix = StoredMatrix::owned(values, 3);
        assert_eq!(matrix.first_not_finite(), Some(([17, 1], f32::NEG_INFINITY)));
    }

    #[test]
    fn parts_of_a_tensor_are_found_wherever_they_lie() {
        let values: Vec<f32> = (0..240).map(|place| place as f32).collect();
        let whole = Elements::Owned(values.clone().into());
        // Rows apart, alternating columns, and every second row.
        for (shape, offset, strides) in [([5, 4], 30, [4, 1]), ([20, 3], 81, [2, 40]), ([6, 7], 10, [20, 1])]
        {
            let part = StoredMatrix::part(whole.clone(), shape, offset, strides);
            let place = |row: usize, column: usize| values[offset + row * strides[0] + column * strides[1]];
            let expected: Vec<f32> =
                (0..shape[0]).flat_map(|row| (0..shape[1]).map(move |column| place(row, column))).collect();
            assert_eq!(part.to_vec(), expected);
            assert_eq!(part.slice(1..3).to_vec(), expected[shape[1]..3 * shape[1]]);
            assert_eq!(part.copied().to_vec(), expected);
        }
        // Runs of two rows, of four columns, ten elements after the beginning of the one before.
        let (each, stride, skipped) = (2, 10, 1);
        let runs = Runs { outputs: each, stride, first: skipped };
        let part = StoredMatrix::part(whole, [5, 4], 3, [4, 1]).in_runs(Some(runs));
        let place = |row: usize, column: usize| {
            let row = row + skipped;
            values[3 + row / each * stride + row % each * 4 + column]
        };
        let expected: Vec<f32> =
            (0..5).flat_map(|row| (0..4).map(move |column| place(row, column))).collect();
        assert_eq!(part.to_vec(), expected);
        assert_eq!(part.slice(2..5).slice(1..3).to_vec(), expected[12..]);
    }
}
