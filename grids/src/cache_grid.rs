//! Number grids of KV caches.

use crate::number_grid::NumberGrid;

/// A number grid of an engine's KV cache. What each computes to the last digit is in `docs/edits.md`.
///
/// Keys and values are on it as they are. llama.cpp turns queries, keys and values by a Hadamard matrix before it stores a quantised
/// cache where heads are a multiple of 64 channels, unless `LLAMA_ATTN_ROT_DISABLE=1` is set: then blocks hold other numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CacheGrid {
    /// 8-bit floating point without a scale: vLLM's `fp8_e4m3` where no scales are calibrated. With FlashAttention 3 vLLM rounds
    /// queries as well, which is not scored.
    Fp8E4m3,
    /// GGUF's `Q4_0`.
    Q4_0,
    /// GGUF's `Q4_1`.
    Q4_1,
    /// GGUF's `Q5_0`.
    Q5_0,
    /// GGUF's `Q5_1`.
    Q5_1,
    /// GGUF's `Q8_0`.
    Q8_0,
}

impl CacheGrid {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Fp8E4m3, Self::Q4_0, Self::Q4_1, Self::Q5_0, Self::Q5_1, Self::Q8_0];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        self.blocks().map_or("fp8-e4m3", NumberGrid::name)
    }

    /// The grid of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grid| grid.name() == name)
    }

    /// The grid of weights that its blocks are on, if it has blocks.
    pub fn blocks(self) -> Option<NumberGrid> {
        match self {
            Self::Fp8E4m3 => None,
            Self::Q4_0 => Some(NumberGrid::Q4_0),
            Self::Q4_1 => Some(NumberGrid::Q4_1),
            Self::Q5_0 => Some(NumberGrid::Q5_0),
            Self::Q5_1 => Some(NumberGrid::Q5_1),
            Self::Q8_0 => Some(NumberGrid::Q8_0),
        }
    }

    /// The bits of a code.
    pub fn bits(self) -> &'static [u32] {
        self.blocks().map_or(&[8], NumberGrid::bits)
    }

    /// The channels of a block, if it has blocks.
    pub fn group_size(self) -> Option<u32> {
        self.blocks().map(|_| 32)
    }

    /// Whether it has codes of `bits` for groups of `group_size` channels.
    ///
    /// # Errors
    /// What it has instead, in words.
    pub fn check(self, bits: u32, group_size: u32) -> Result<(), String> {
        let (name, own) = (self.name(), self.bits()[0]);
        if bits != own {
            return Err(format!("{name} has {own} bits, not {bits}"));
        }
        match self.group_size() {
            Some(own) if own != group_size => {
                Err(format!("{name} has groups of {own} channels, not of {group_size}"))
            }
            _ => Ok(()),
        }
    }

    /// Bytes of the keys, or of the values, of one token and KV head of `channels`, a multiple of 32.
    pub fn bytes(self, channels: u32) -> u64 {
        match self.blocks() {
            None => u64::from(channels),
            Some(grid) => grid.bytes(self.bits()[0], 32, 1, channels, 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_token_have_scales() {
        assert_eq!(CacheGrid::ALL.map(|grid| grid.bytes(64)), [64, 36, 40, 44, 48, 68]);
    }
}
