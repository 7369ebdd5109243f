//! Block formats of GGUF to float32, bit for bit as ggml's reference (`dequantize_row_*` in ggml-quants.c).

use half::f16;

/// How the elements of a tensor are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One float32 each.
    F32,
    /// Blocks of 32: scale `d` and minimum `m` (float16), then 16 bytes; the low half of byte `i` is
    /// element `i`, the high half element `i + 16`; `x = d·q + m`.
    Q4_1,
    /// Blocks of 32: scale `d` (float16), then 32 signed bytes; `x = d·q`.
    Q8_0,
}

/// Elements of a quantised block.
const BLOCK: usize = 32;

impl Format {
    pub(super) fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::F32),
            3 => Some(Self::Q4_1),
            8 => Some(Self::Q8_0),
            _ => None,
        }
    }

    /// Elements and bytes of one block.
    fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::Q4_1 => (BLOCK, 2 + 2 + BLOCK / 2),
            Self::Q8_0 => (BLOCK, 2 + BLOCK),
        }
    }

    /// Bytes of a tensor, innermost dimension first; `None` when its rows are not whole blocks.
    pub(super) fn stored_size(self, shape: &[usize]) -> Option<usize> {
        let (elements, bytes) = self.block();
        let row = shape.first()?;
        let count = shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size))?;
        if row % elements == 0 { (count / elements).checked_mul(bytes) } else { None }
    }

    /// The elements as little-endian float32. `bytes` holds whole blocks.
    pub(super) fn dequantise(self, bytes: &[u8]) -> Vec<u8> {
        let (elements, size) = self.block();
        let blocks = bytes.chunks_exact(size);
        let mut out = Vec::with_capacity(blocks.len() * elements * 4);
        for block in blocks {
            match self {
                Self::F32 => out.extend_from_slice(block),
                Self::Q4_1 => {
                    let (scale, minimum, quants) = (half_at(block, 0), half_at(block, 2), &block[4..]);
                    let low = quants.iter().map(|byte| byte & 15);
                    let high = quants.iter().map(|byte| byte >> 4);
                    let values = low.chain(high).map(|quant| scale * f32::from(quant) + minimum);
                    out.extend(values.flat_map(f32::to_le_bytes));
                }
                Self::Q8_0 => {
                    let scale = half_at(block, 0);
                    let values = block[2..].iter().map(|byte| scale * f32::from(byte.cast_signed()));
                    out.extend(values.flat_map(f32::to_le_bytes));
                }
            }
        }
        out
    }
}

fn half_at(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}
