//! The tensors that a matrix in few bits is stored as.

use attune_grids::codes::{Bits, Codes, nibbles};
use attune_vocabulary::NumberGrid;
use safetensors::tensor::Dtype;

use super::feedback::{self, Shape};
use super::level::Level;
use crate::checkpoint::{Piece, float, push, rounded};
use crate::chosen::ChosenRows;

/// A matrix of the checkpoint.
pub(super) struct Matrix<'a> {
    /// The name, without `.weight`.
    pub(super) name: &'a str,
    pub(super) dtype: Dtype,
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    /// Its elements, in row-major order.
    pub(super) elements: &'a [u8],
}

impl Matrix<'_> {
    /// The tensors by name; `None` for a grid that the library does not have. Rows of `chosen` have these codes.
    pub(super) fn pieces(
        &self,
        level: Level,
        chosen: Option<&ChosenRows<'_>>,
    ) -> Option<Vec<(String, Piece<'static>)>> {
        let width = self.dtype.bitsize() / 8;
        let rows: Vec<f32> =
            self.elements.chunks_exact(width).filter_map(|element| float(self.dtype, element)).collect();
        let group = level.group as usize;
        let stored = |scale| rounded(self.dtype, scale);
        let made = |stored: &(dyn Fn(f32) -> f32 + Sync)| {
            Codes::new(&rows, self.inputs, level.grid, level.bits, group, stored)
        };
        let mut codes = made(&stored)?;
        if let Some(chosen) = chosen {
            let scored = made(&|scale| scale)?;
            let shape = Shape { inputs: self.inputs, group, bits: level.bits };
            feedback::put(&mut codes, &scored.scales, shape, chosen);
        }
        Some(match level.grid {
            NumberGrid::Symmetric | NumberGrid::AffineInt => self.whole(codes, level.bits),
            NumberGrid::Mxfp4 | NumberGrid::Nvfp4 => self.four_bits(&codes),
            _ => self.eight_bits(codes, level),
        })
    }

    fn piece(&self, part: &str, dtype: Dtype, shape: Vec<usize>, bytes: Vec<u8>) -> (String, Piece<'static>) {
        (format!("{}.{part}", self.name), Piece { dtype, shape, bytes: bytes.into() })
    }

    /// Numbers of the type of the model.
    fn floats(
        &self,
        part: &str,
        shape: Vec<usize>,
        dtype: Dtype,
        numbers: &[f32],
    ) -> (String, Piece<'static>) {
        let mut bytes = Vec::with_capacity(numbers.len() * dtype.bitsize() / 8);
        numbers.iter().for_each(|number| push(&mut bytes, dtype, *number));
        self.piece(part, dtype, shape, bytes)
    }

    /// Whole numbers, as numbers without a sign from 0, each row of them in 32-bit words; zero points likewise, each column.
    fn whole(&self, codes: Codes, bits: u32) -> Vec<(String, Piece<'static>)> {
        let groups = codes.scales.len() / self.outputs.max(1);
        let raised = |code: i8| (i32::from(code) + (1 << (bits - 1))) as u32;
        let words = |numbers: usize| (numbers * bits as usize).div_ceil(32);
        let packed = |numbers: &mut dyn Iterator<Item = i8>, into: &mut Vec<u8>| {
            let mut stream = Bits::default();
            numbers.for_each(|code| stream.push(into, raised(code), bits));
            stream.finish(into);
        };
        let mut rows = Vec::with_capacity(self.outputs * words(self.inputs) * 4);
        for row in codes.codes.chunks_exact(self.inputs.max(1)) {
            packed(&mut row.iter().map(|code| *code as i8), &mut rows);
        }
        let shape: Vec<u8> =
            [self.outputs, self.inputs].iter().flat_map(|&size| (size as i64).to_le_bytes()).collect();
        let mut pieces = vec![
            self.piece("weight_packed", Dtype::I32, vec![self.outputs, words(self.inputs)], rows),
            self.floats("weight_scale", vec![self.outputs, groups], self.dtype, &codes.scales),
            self.piece("weight_shape", Dtype::I64, vec![2], shape),
        ];
        if !codes.zero_points.is_empty() {
            let height = words(self.outputs);
            let mut columns = Vec::with_capacity(groups * height * 4);
            for column in 0..groups {
                packed(&mut codes.zero_points.iter().skip(column).step_by(groups).copied(), &mut columns);
            }
            // Row by row, as every other tensor.
            let word = |place: usize| {
                let first = (place % groups * height + place / groups) * 4;
                columns.get(first..first + 4).unwrap_or_default().to_vec()
            };
            let rows = (0..groups * height).flat_map(word).collect();
            pieces.push(self.piece("weight_zero_point", Dtype::I32, vec![height, groups], rows));
        }
        pieces
    }

    /// Floating-point numbers of 4 bits, two in a byte, under scales of a byte.
    fn four_bits(&self, codes: &Codes) -> Vec<(String, Piece<'static>)> {
        let groups = codes.scales.len() / self.outputs.max(1);
        let kind = if codes.whole.is_some() { Dtype::F8_E4M3 } else { Dtype::U8 };
        let mut pieces = vec![
            self.piece(
                "weight_packed",
                Dtype::U8,
                vec![self.outputs, self.inputs / 2],
                nibbles(&codes.codes),
            ),
            self.piece("weight_scale", kind, vec![self.outputs, groups], codes.scale_bytes()),
        ];
        let whole =
            codes.whole.map(|whole| self.floats("weight_global_scale", vec![1], Dtype::F32, &[whole]));
        pieces.extend(whole);
        pieces
    }

    /// Floating-point numbers of 8 bits.
    fn eight_bits(&self, codes: Codes, level: Level) -> Vec<(String, Piece<'static>)> {
        let (shape, dtype) = match level.grid {
            NumberGrid::Fp8Tensor => (vec![1], self.dtype),
            NumberGrid::Fp8Channel => (vec![self.outputs, 1], self.dtype),
            _ => {
                let blocks = |size: usize| size.div_ceil(level.group as usize);
                (vec![blocks(self.outputs), blocks(self.inputs)], Dtype::F32)
            }
        };
        vec![
            self.floats("weight_scale", shape, dtype, &codes.scales),
            self.piece("weight", Dtype::F8_E4M3, vec![self.outputs, self.inputs], codes.codes),
        ]
    }
}
