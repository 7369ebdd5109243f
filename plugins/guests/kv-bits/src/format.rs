//! What a key or a value can be stored as.

use attune_guest::grids::CacheGrid;

/// This many bits mean that nothing is quantised.
pub(crate) const EXACT: u32 = 16;

/// How an element of keys or of values is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Format {
    /// Bits of a code; 16 where elements stay as they are.
    pub(crate) bits: u32,
    /// The number grid of an engine; `None` for that of the edit.
    pub(crate) grid: Option<CacheGrid>,
    /// Bits that an element takes in memory, its share of scales and zero points included.
    pub(crate) stored: f64,
}

impl Format {
    /// Elements that stay as they are.
    pub(crate) fn exact() -> Self {
        Self { bits: EXACT, grid: None, stored: f64::from(EXACT) }
    }

    /// Codes on the grid of the edit, with `overhead` bits of scale and zero point for each element.
    pub(crate) fn affine(bits: u32, overhead: f64) -> Self {
        if bits == EXACT {
            Self::exact()
        } else {
            Self { bits, grid: None, stored: f64::from(bits) + overhead }
        }
    }

    /// Codes on the grid of an engine, in heads of `channels`.
    pub(crate) fn on(grid: CacheGrid, channels: u32) -> Self {
        let stored = grid.bytes(channels) as f64 * 8.0 / f64::from(channels);
        Self { bits: grid.bits()[0], grid: Some(grid), stored }
    }

    /// Whether nothing is quantised.
    pub(crate) fn is_exact(&self) -> bool {
        self.bits == EXACT
    }

    /// `4 bits`, or the name of its grid.
    pub(crate) fn name(&self) -> String {
        self.grid.map_or_else(|| format!("{} bits", self.bits), |grid| grid.name().to_owned())
    }
}
