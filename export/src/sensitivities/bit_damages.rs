//! Damages by bits of modules: the part of a measured table that forms of other tools have a place for.

use attune_core::sensitivity::MeasuredTable;
use attune_core::space::Slot;

use super::number::listed;
use super::places::{Places, weights_alone};
use super::{Tabled, Unsaid, first_metric};

/// What works for every table.
pub(super) const INSTEAD: &str = "use `--format csv`";

/// What is written as a whole, as it is called in refusals.
pub(super) fn everything() -> String {
    "damages of this search".to_owned()
}

/// A table of a search that gives bits to modules and does nothing else.
pub(super) struct BitDamages<'a> {
    pub(super) places: Places,
    table: &'a MeasuredTable,
    objective: usize,
}

impl<'a> BitDamages<'a> {
    /// Damages to the first objective that is measured.
    ///
    /// # Errors
    /// What cannot be told, and why.
    pub(super) fn new(table: &'a MeasuredTable, of: &Tabled<'_>) -> Result<Self, Unsaid> {
        let places = Places::of(of).map_err(|reason| (everything(), format!("{reason}; {INSTEAD}")))?;
        let objective = first_metric(of)
            .ok_or_else(|| (everything(), format!("all objectives are costs; name a metric; {INSTEAD}")))?;
        weights_alone(of, &places)?;
        Ok(Self { places, table, objective })
    }

    /// What so many bits do to the matrices of a cell.
    ///
    /// # Errors
    /// Bits that the search does not give them.
    pub(super) fn damage(&self, slot: Slot, bits: u32) -> Result<f64, Unsaid> {
        let Some(cell) = self.places.cells.get(&slot) else { return Ok(0.0) };
        let option = cell.option(bits).ok_or_else(|| {
            let name = self.places.tensors(&cell.members).first().copied().unwrap_or_default();
            (
                format!("{bits} bits of `{name}`"),
                format!("the search gives it {}; {INSTEAD}", listed(cell.levels())),
            )
        })?;
        Ok(self.table.table.damage(slot, option as usize, self.objective))
    }
}
