//! Types of tensors: numbers as they are stored in the model, or blocks of a grid.

use attune_vocabulary::{Grouping, NumberGrid};
use safetensors::tensor::Dtype;

use crate::ggml::{self, TYPES, Type};

/// The type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    F32,
    F16,
    Bf16,
    /// Blocks; the grid is one that GGUF has.
    Blocks(NumberGrid),
}

/// Whether GGUF has a grid.
pub(super) fn has(grid: NumberGrid) -> bool {
    grids().any(|known| known == grid)
}

/// Those of its grids whose blocks divide rows of so many numbers, for messages.
pub(super) fn that_divide(inputs: u32) -> Vec<&'static str> {
    let fits =
        |grid: &NumberGrid| matches!(grid.grouping(), Grouping::Of(group) if inputs.is_multiple_of(group));
    grids().filter(fits).map(NumberGrid::name).collect()
}

impl Kind {
    /// Of numbers as they are stored; `None` for a type that GGUF files of models do not hold.
    pub(super) fn stored(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(Self::F32),
            Dtype::F16 => Some(Self::F16),
            Dtype::BF16 => Some(Self::Bf16),
            _ => None,
        }
    }

    /// What GGUF says of it.
    fn own(self) -> &'static Type {
        match self {
            Self::F32 => &ggml::F32,
            Self::F16 => &ggml::F16,
            Self::Bf16 => &ggml::BF16,
            Self::Blocks(grid) => TYPES.iter().find(|known| known.grid == Some(grid)).unwrap_or(&ggml::F32),
        }
    }

    /// Its number in a file.
    pub(super) fn number(self) -> u32 {
        self.own().number
    }

    /// The number of a file of which most is of this type.
    pub(super) fn file(self) -> u32 {
        self.own().file
    }

    /// As llama.cpp calls it.
    pub(super) fn name(self) -> &'static str {
        self.own().name
    }

    /// Bytes of so many numbers, which are whole blocks.
    pub(super) fn bytes(self, numbers: usize) -> usize {
        match self {
            Self::F32 => 4 * numbers,
            Self::F16 | Self::Bf16 => 2 * numbers,
            Self::Blocks(grid) => {
                let Grouping::Of(group) = grid.grouping() else { return 0 };
                let block = grid.bytes(grid.bits()[0], group, 1, group, 2) as usize;
                numbers / group as usize * block
            }
        }
    }
}

fn grids() -> impl Iterator<Item = NumberGrid> {
    TYPES.iter().filter_map(|known| known.grid)
}
