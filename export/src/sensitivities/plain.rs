//! A table as comma-separated values: a row for each choice of each cell and each metric.

use attune_core::sensitivity::{MeasuredTable, Origin, choices};
use attune_core::space::{Dimension, Domain, Slot, Value};

use super::number::written;
use super::places::Places;
use super::{Tabled, Unsaid, WrittenTable, rows};

/// The columns before the axes.
pub(super) const DIMENSION: &str = "dimension";
/// What a cell is about.
pub(super) const MODULES: &str = "modules";
/// The option, the level or the element.
pub(super) const CHOICE: &str = "choice";
/// The objective.
pub(super) const METRIC: &str = "metric";
/// What the choice adds to the loss of the reference.
pub(super) const DAMAGE: &str = "damage";
/// The loss with the choice.
pub(super) const LOSS: &str = "loss";
/// Whether the reference has the choice.
pub(super) const REFERENCE: &str = "reference";

/// The option of a domain, or an element, as tables call it.
pub(super) fn choice(domain: &Domain, option: u32) -> String {
    match domain {
        Domain::Level { levels } => levels.get(option as usize).copied().map(written),
        Domain::Choice { options } => options.get(option as usize).cloned(),
        _ => Some(option.to_string()),
    }
    .unwrap_or_default()
}

/// The names of all axes of a space, each once, in the order of the dimensions.
pub(super) fn axes(dimensions: &[Dimension]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for axis in dimensions.iter().flat_map(|dimension| &dimension.axes) {
        if !names.contains(&axis.name.as_str()) {
            names.push(&axis.name);
        }
    }
    names
}

/// Where a cell is along an axis.
fn place(dimension: &Dimension, cell: usize, axis: &str) -> Option<usize> {
    let mut rest = cell;
    for found in dimension.axes.iter().rev() {
        let len = (found.len as usize).max(1);
        if found.name == axis {
            return Some(rest % len);
        }
        rest /= len;
    }
    None
}

pub(super) fn write(
    table: &MeasuredTable,
    of: &Tabled<'_>,
    places: Option<&Places>,
) -> Result<WrittenTable, Unsaid> {
    let dimensions = of.space.dimensions();
    let axes = axes(dimensions);
    let head = [DIMENSION].into_iter().chain(axes.iter().copied());
    let rest =
        [MODULES, CHOICE, METRIC, DAMAGE, "damage_low", "damage_high", LOSS, "items", REFERENCE, "source"];
    let mut rows: Vec<Vec<String>> = vec![head.chain(rest).map(str::to_owned).collect()];
    let metrics: Vec<(usize, &str)> = of
        .objectives
        .iter()
        .enumerate()
        .filter(|(_, (_, measured))| *measured)
        .map(|(objective, (name, _))| (objective, name.as_str()))
        .collect();
    if metrics.is_empty() {
        let reason = "all objectives are costs, which nobody has to measure; name a metric of the task among `objectives`";
        return Err(("damages".to_owned(), reason.to_owned()));
    }
    for slot in of.space.slots() {
        let dimension = &dimensions[slot.dimension];
        let cell =
            places.and_then(|places| Some(places.tensors(&places.cells.get(&slot)?.members).join(";")));
        for option in 0..choices(&dimension.domain) {
            for &(objective, metric) in &metrics {
                let mut row = vec![dimension.name.clone()];
                let along = |axis: &&str| {
                    place(dimension, slot.cell, axis).map_or(String::new(), |place| place.to_string())
                };
                row.extend(axes.iter().map(along));
                row.push(cell.clone().unwrap_or_default());
                row.push(choice(&dimension.domain, option));
                row.push(metric.to_owned());
                row.extend(measured(table, slot, option, objective));
                rows.push(row);
            }
        }
    }
    Ok(WrittenTable { text: rows::write(&rows), notes: Vec::new() })
}

/// From the damage to the source.
fn measured(table: &MeasuredTable, slot: Slot, option: u32, objective: usize) -> [String; 7] {
    let damage = table.table.damage(slot, option as usize, objective);
    let told = table.told.get(&(slot, option));
    let interval = told.and_then(|told| told.intervals.get(objective).copied().flatten());
    let (low, high) = interval.map(|(low, high)| (written(low), written(high))).unzip();
    let (whole, is_reference) = match table.reference.get(slot) {
        Value::Index(at) => (true, *at == option),
        Value::Indices(picked) => (false, picked.contains(&option)),
        _ => (false, false),
    };
    let evaluated = told.is_some_and(|told| matches!(told.origin, Origin::Measured | Origin::Reference));
    let at = table.at_reference.as_ref().and_then(|losses| losses.get(objective)).copied();
    // Where the reference moves, its damages are told against an earlier one.
    let loss = at
        .filter(|_| whole && (is_reference || evaluated && table.best.is_none()))
        .map(|at| if is_reference { at } else { at + damage });
    let items = loss.map(|_| table.items.to_string());
    [
        written(damage),
        low.unwrap_or_default(),
        high.unwrap_or_default(),
        loss.map(written).unwrap_or_default(),
        items.unwrap_or_default(),
        is_reference.to_string(),
        told.map_or("", |told| told.origin.name()).to_owned(),
    ]
}
