//! Codes side by side in words of 32 bits, and the numbers beside them.

use half::{bf16, f16};
use safetensors::Dtype;

use crate::model::checkpoint::Stored;
use crate::model::pages::Pages;

/// 32-bit words of codes.
pub(super) struct Words {
    pages: Pages,
    bits: u32,
}

impl Words {
    pub(super) fn new(stored: &Stored<'_>, bits: u32) -> Self {
        Self { pages: stored.pages(), bits }
    }

    /// Codes in a word.
    pub(super) fn each(&self) -> usize {
        (32 / self.bits) as usize
    }

    /// The code at a place of a word, counted from the lowest bits.
    pub(super) fn code(&self, word: usize, place: usize) -> u32 {
        let word = int(self.pages.bytes(), word);
        word >> (self.bits * place as u32) & ((1 << self.bits) - 1)
    }

    pub(super) fn words(&self) -> usize {
        self.pages.bytes().len() / 4
    }
}

/// A 32-bit word of a tensor.
pub(super) fn int(bytes: &[u8], place: usize) -> u32 {
    let bytes = &bytes[4 * place..][..4];
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Scales in one of three types.
pub(super) struct Scales {
    pages: Pages,
    dtype: Dtype,
}

impl Scales {
    pub(super) const TYPES: [Dtype; 3] = [Dtype::F16, Dtype::BF16, Dtype::F32];

    pub(super) fn new(stored: &Stored<'_>) -> Self {
        Self { pages: stored.pages(), dtype: stored.info.dtype }
    }

    pub(super) fn get(&self, place: usize) -> f32 {
        let bytes = self.pages.bytes();
        let pair = || [bytes[2 * place], bytes[2 * place + 1]];
        match self.dtype {
            Dtype::F16 => f16::from_le_bytes(pair()).to_f32(),
            Dtype::BF16 => bf16::from_le_bytes(pair()).to_f32(),
            _ => f32::from_bits(int(bytes, place)),
        }
    }
}
