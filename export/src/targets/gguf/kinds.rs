//! Types of tensors: numbers as they are stored in the model, or blocks of a grid.

use attune_vocabulary::{Grouping, NumberGrid};
use safetensors::tensor::Dtype;

/// The type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    F32,
    F16,
    Bf16,
    /// Blocks; the grid is one that GGUF has.
    Blocks(NumberGrid),
}

/// The grids of GGUF, with the numbers of their types (`ggml.h`) and of files of which most tensors have them (`llama.h`; for
/// grids of which there are several mixes, the smallest).
const GRIDS: [(NumberGrid, u32, u32); 11] = [
    (NumberGrid::Q4_0, 2, 2),
    (NumberGrid::Q4_1, 3, 3),
    (NumberGrid::Q5_0, 6, 8),
    (NumberGrid::Q5_1, 7, 9),
    (NumberGrid::Q8_0, 8, 7),
    (NumberGrid::Q2K, 10, 10),
    (NumberGrid::Q3K, 11, 11),
    (NumberGrid::Q4K, 12, 14),
    (NumberGrid::Q5K, 13, 16),
    (NumberGrid::Q6K, 14, 18),
    (NumberGrid::Mxfp4, 39, 38),
];

/// Whether GGUF has a grid.
pub(super) fn has(grid: NumberGrid) -> bool {
    GRIDS.iter().any(|(known, ..)| *known == grid)
}

/// Those of its grids whose blocks divide rows of so many numbers, for messages.
pub(super) fn that_divide(inputs: u32) -> Vec<&'static str> {
    let fits =
        |grid: &NumberGrid| matches!(grid.grouping(), Grouping::Of(group) if inputs.is_multiple_of(group));
    GRIDS.iter().map(|(grid, ..)| *grid).filter(fits).map(NumberGrid::name).collect()
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

    /// Its number in a file.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Bf16 => 30,
            Self::Blocks(grid) => row(grid).map_or(0, |(_, number, _)| *number),
        }
    }

    /// The number of a file of which most is of this type.
    pub(super) fn file(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Bf16 => 32,
            Self::Blocks(grid) => row(grid).map_or(0, |(_, _, file)| *file),
        }
    }

    /// As llama.cpp calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Blocks(grid) => grid.name(),
        }
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

fn row(grid: NumberGrid) -> Option<&'static (NumberGrid, u32, u32)> {
    GRIDS.iter().find(|(known, ..)| *known == grid)
}
