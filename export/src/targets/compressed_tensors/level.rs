//! How a matrix is stored: its format, and what config.json says of it.

use attune_vocabulary::NumberGrid;
use serde_json::{Value, json};

use super::description::GROUPS;

/// How a matrix is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    /// The number grid; one that [`format`](Self::format) knows.
    pub(super) grid: NumberGrid,
    /// Bits of a code.
    pub(super) bits: u32,
    /// Input channels that share a scale.
    pub(super) group: u32,
    /// Whether these are all of a row, and no size of groups that kernels have: rows of one group are groups like others, which modules
    /// with longer rows can be run as one with.
    pub(super) whole_rows: bool,
}

impl Level {
    /// Whether a scale for so many channels has to be one for a row.
    pub(super) fn is_whole_rows(group: u32, row: u32) -> bool {
        group == row && !GROUPS.contains(&group)
    }

    /// The format of its tensors; `None` for a grid that the library does not have.
    pub(super) fn format(grid: NumberGrid) -> Option<&'static str> {
        match grid {
            NumberGrid::Symmetric | NumberGrid::AffineInt => Some("pack-quantized"),
            NumberGrid::Fp8Tensor | NumberGrid::Fp8Channel | NumberGrid::Fp8Block => Some("float-quantized"),
            NumberGrid::Mxfp4 => Some("mxfp4-pack-quantized"),
            NumberGrid::Nvfp4 => Some("nvfp4-pack-quantized"),
            _ => None,
        }
    }

    /// The `weights` of its group in config.json.
    pub(super) fn weights(self) -> Value {
        let whole = matches!(self.grid, NumberGrid::Symmetric | NumberGrid::AffineInt);
        let (strategy, group) = match self.grid {
            NumberGrid::Fp8Tensor => ("tensor", None),
            NumberGrid::Fp8Channel => ("channel", None),
            NumberGrid::Fp8Block => ("block", None),
            NumberGrid::Nvfp4 => ("tensor_group", Some(self.group)),
            _ if self.whole_rows => ("channel", None),
            _ => ("group", Some(self.group)),
        };
        let mut weights = json!({
            "num_bits": self.bits,
            "type": if whole { "int" } else { "float" },
            "symmetric": self.grid != NumberGrid::AffineInt,
            "strategy": strategy,
            "group_size": group,
            "dynamic": false,
        });
        match self.grid {
            NumberGrid::Fp8Block => weights["block_structure"] = json!([self.group, self.group]),
            NumberGrid::Mxfp4 => weights["scale_dtype"] = json!("torch.uint8"),
            NumberGrid::Nvfp4 => weights["scale_dtype"] = json!("torch.float8_e4m3fn"),
            _ => {}
        }
        weights
    }

    /// In words: `4 bits, symmetric, in groups of 64`.
    pub(super) fn words(self) -> String {
        let name = self.grid.name();
        if self.grid.grouping() == attune_vocabulary::Grouping::Any {
            format!("{} bits, {name}, in groups of {}", self.bits, self.group)
        } else {
            name.to_owned()
        }
    }
}
