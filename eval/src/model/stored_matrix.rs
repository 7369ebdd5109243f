//! Matrices as their file holds them, in its mapped pages, widened to float32 where they are multiplied.

use std::ops::Range;
use std::sync::Arc;

use memmap2::Mmap;

/// Rows that are widened together: what a row of a tile takes of a cache line.
pub(super) const PANEL: usize = 16;

/// Bytes of a mapped file.
#[derive(Clone)]
pub(super) struct Pages {
    file: Arc<Mmap>,
    range: Range<usize>,
}

impl Pages {
    /// `range` has to be inside the file.
    pub(super) fn new(file: &Arc<Mmap>, range: Range<usize>) -> Self {
        Self { file: Arc::clone(file), range }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.file[self.range.clone()]
    }
}

/// `[rows, columns]`, row-major: a checkpoint's matrix, or some of its rows.
#[derive(Clone)]
pub(crate) struct StoredMatrix {
    elements: Elements,
    first: usize,
    rows: usize,
    columns: usize,
}

/// Each widens exactly.
#[derive(Clone)]
pub(super) enum Elements {
    Float32(Pages),
    Float16(Pages),
    BFloat16(Pages),
    /// Made while loading.
    Owned(Arc<[f32]>),
}

impl StoredMatrix {
    /// `elements` has to hold as many as the shape says.
    pub(super) fn new(elements: Elements, [rows, columns]: [usize; 2]) -> Self {
        Self { elements, first: 0, rows, columns }
    }

    /// A matrix of these numbers, row-major, in rows of `columns`.
    pub(crate) fn owned(values: Vec<f32>, columns: usize) -> Self {
        let rows = values.len() / columns.max(1);
        Self::new(Elements::Owned(values.into()), [rows, columns])
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
        Self { first: self.first + rows.start, rows: rows.len(), ..self.clone() }
    }

    /// Writes `rows` as float32 to `out: [rows, columns]`.
    #[inline(always)]
    pub(super) fn widen(&self, rows: Range<usize>, out: &mut [f32]) {
        let elements = (self.first + rows.start) * self.columns..(self.first + rows.end) * self.columns;
        match &self.elements {
            Elements::Owned(values) => out.copy_from_slice(&values[elements]),
            Elements::Float32(pages) => {
                let words = pages.bytes()[4 * elements.start..4 * elements.end].chunks_exact(4);
                for (out, word) in out.iter_mut().zip(words) {
                    *out = f32::from_le_bytes([word[0], word[1], word[2], word[3]]);
                }
            }
            Elements::Float16(pages) => {
                float16(&pages.bytes()[2 * elements.start..2 * elements.end], out);
            }
            Elements::BFloat16(pages) => {
                bfloat16(&pages.bytes()[2 * elements.start..2 * elements.end], out);
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

    /// The first element that is NaN or infinite, by its place in row-major order.
    pub(super) fn first_not_finite(&self) -> Option<(usize, f32)> {
        let mut panel = vec![0.0; PANEL.min(self.rows) * self.columns];
        for start in (0..self.rows).step_by(PANEL) {
            let panel = &mut panel[..PANEL.min(self.rows - start) * self.columns];
            self.widen(start..start + panel.len() / self.columns, panel);
            // Two passes: the first one, which is all there is as a rule, is a loop without a branch.
            if !panel.iter().fold(true, |finite, value| finite & value.is_finite()) {
                let at = panel.iter().position(|value| !value.is_finite());
                return at.map(|at| (start * self.columns + at, panel[at]));
            }
        }
        None
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
        assert_eq!(matrix.first_not_finite(), Some((3 * 17 + 1, f32::NEG_INFINITY)));
    }
}
