//! `mlx`: weights in few bits, as MLX stores them.
//!
//! MLX's affine mode keeps, per output row and group of neighbouring input channels, unsigned codes with a scale and a
//! bias, `w' = scale·q + bias`. That is the grid of `weight-bits` (`s` and `min`), so nothing is fitted again: codes,
//! scales and minimums are those that were scored.

mod codes;
mod config;
mod description;
mod exporter;
mod families;
mod levels;
mod shards;
mod unlike;

pub(crate) use description::DESCRIPTION;
pub(super) use description::{GROUPS, LEVELS};
pub use exporter::MlxExporter;
pub(super) use families::names as families;
pub(crate) use families::path;
pub(super) use unlike::check as unlike;

const TARGET: &str = DESCRIPTION.name;
