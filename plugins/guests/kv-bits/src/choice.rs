//! Which formats there are to choose from.

use attune_guest::grids::CacheGrid;
use attune_guest::{Model, Options};

use crate::format::{EXACT, Format};
use crate::limits::Limits;

/// Bits to choose from unless a study says otherwise; of an engine's grids that is all of them.
pub(crate) const LEVELS: [i64; 6] = [1, 2, 3, 4, 8, 16];

/// Formats on the grid of the edit.
pub(crate) fn affine(
    options: &Options,
    limits: Limits<'_>,
    group_size: u32,
    levels: Vec<u32>,
) -> Vec<Format> {
    let overhead = options.int("overhead-bits") as f64 / f64::from(group_size);
    limits.levels(levels).into_iter().map(|level| Format::affine(level, overhead)).collect()
}

/// Formats on engines' grids, and exact ones where `levels` has 16.
pub(crate) fn on_grids(
    model: &Model,
    options: &Options,
    limits: Limits<'_>,
    grids: &[CacheGrid],
    levels: &[u32],
) -> Result<Vec<Format>, String> {
    let channels = model.head_dim;
    let fits = |grid: &&CacheGrid| grid.group_size().is_none_or(|size| channels.is_multiple_of(size));
    let fitting: Vec<CacheGrid> = grids.iter().filter(fits).copied().collect();
    if fitting.is_empty() {
        let names: Vec<&str> = grids.iter().map(|grid| grid.name()).collect();
        return Err(format!(
            "{} have blocks of 32 channels, which do not divide the {channels} channels per head of model `{}`",
            names.join(", "),
            model.name
        ));
    }
    let all = options.ints("levels") == LEVELS;
    let offered = limits.levels(CacheGrid::ALL.iter().map(|grid| grid.bits()[0]).collect());
    let chosen = |grid: &CacheGrid| {
        let bits = grid.bits()[0];
        offered.contains(&bits) && (all || levels.contains(&bits))
    };
    let mut formats: Vec<Format> =
        fitting.into_iter().filter(chosen).map(|grid| Format::on(grid, channels)).collect();
    if limits.two_level() {
        // One of them for all layers: the target names the one first that it is best at.
        formats.truncate(1);
    }
    if levels.contains(&EXACT) {
        formats.push(Format::exact());
    }
    formats.sort_by(|a, b| a.stored.total_cmp(&b.stored));
    Ok(formats)
}
