//! How weights become codes of a number grid.

use attune_core::options::OptionValue;
use attune_grids::{NumberGrid, WholeGrid};

use crate::view::Field;

/// How weights become codes, where it is not by rounding each to the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rounding {
    /// With error feedback: what rounding a column leaves is made good by the columns behind it, as far as the module's inputs
    /// on calibration data tell (GPTQ, arXiv 2210.17323).
    Gptq,
}

impl Rounding {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Gptq];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gptq => "gptq",
        }
    }

    /// The rounding of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rounding| rounding.name() == name)
    }

    /// Whether codes of `grid` are made by it; `None` is the grid whose zero point is any number.
    ///
    /// # Errors
    /// Why not, and what is.
    pub fn check(self, grid: Option<NumberGrid>) -> Result<(), String> {
        match (WholeGrid::of(grid), grid) {
            (Some(_), _) | (None, None) => Ok(()),
            (None, Some(grid)) => Err(format!(
                "{} needs whole numbers under a scale for each group that follows from the weights alone, and is not defined on {}; \
                 leave `rounding` out, or use affine-int, symmetric or no `grid`",
                self.name(),
                grid.name()
            )),
        }
    }
}

impl Field for Rounding {
    const EXPECTED: &'static str = "gptq";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Text(name) => Self::from_name(name),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(self.name().to_owned()))
    }
}
