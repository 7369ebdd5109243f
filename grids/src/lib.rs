//! Number grids of engines: which numbers a stored weight, or an entry of a KV cache, can be.
//!
//! Plans name a grid, techniques and targets ask for its bits, groups and bytes ([`NumberGrid`], [`CacheGrid`]), evaluators round to it
//! (`nearest`, or `feedback`, which minds what the weights are multiplied with), and exporters write its codes (`codes`, and `blocks` of
//! GGUF): one crate, so that what is scored, what is promised and what is written are the same.

#[cfg(feature = "arithmetic")]
mod affine;
#[cfg(feature = "arithmetic")]
pub mod blocks;
mod cache_grid;
#[cfg(feature = "arithmetic")]
pub mod codes;
#[cfg(feature = "arithmetic")]
pub mod feedback;
mod matrix_bytes;
#[cfg(feature = "arithmetic")]
pub mod nearest;
mod number_grid;
mod whole_grid;

pub use cache_grid::CacheGrid;
pub use matrix_bytes::matrix_bytes;
pub use number_grid::{Grouping, NumberGrid};
pub use whole_grid::WholeGrid;
