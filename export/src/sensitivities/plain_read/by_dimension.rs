//! Rows by dimensions and axes.

use std::collections::BTreeMap;

use attune_core::sensitivity::{GivenTable, choices, reference};
use attune_core::space::{Config, Dimension, Domain, Slot, Value};
use attune_core::suggest::hint;

use super::super::error::Fault;
use super::super::number::listed;
use super::super::plain::{CHOICE, DAMAGE, DIMENSION, LOSS, METRIC, axes, choice};
use super::super::spread::finite;
use super::super::{ReadTable, Tabled};
use super::sheet::{Row, Sheet};

/// What a row says of one option.
struct Said<'a> {
    row: &'a Row,
    damage: Option<f64>,
    loss: Option<f64>,
}

/// What rows say of one cell.
#[derive(Default)]
struct OfCell<'a> {
    options: BTreeMap<(u32, usize), Said<'a>>,
    /// The options of the reference, with the first row that says so.
    picked: BTreeMap<u32, &'a Row>,
}

pub(super) fn read(sheet: &Sheet, of: &Tabled<'_>) -> Result<ReadTable, Fault> {
    let dimensions = of.space.dimensions();
    let mut cells: BTreeMap<Slot, OfCell<'_>> = BTreeMap::new();
    for row in &sheet.rows {
        let slot = slot(sheet, row, dimensions)?;
        let option = option(sheet, row, &dimensions[slot.dimension], slot.cell)?;
        let objective = sheet.objective(row, of.objectives)?;
        let (damage, loss) = (sheet.number(row, DAMAGE)?, sheet.number(row, LOSS)?);
        if damage.is_none() && loss.is_none() {
            let found = format!("neither `{DAMAGE}` nor `{LOSS}`");
            return Err(Fault::new(row.place(), found, "one of them"));
        }
        let cell = cells.entry(slot).or_default();
        if sheet.is_reference(row)? {
            cell.picked.entry(option).or_insert(row);
        }
        if let Some(before) = cell.options.insert((option, objective), Said { row, damage, loss }) {
            let found = format!("the choice of line {} again", before.row.line);
            return Err(Fault::new(row.place(), found, format!("a {CHOICE} of a cell and a {METRIC} once")));
        }
    }
    let mut table = GivenTable::new();
    for (slot, cell) in &cells {
        take(*slot, cell, of, &mut table)?;
    }
    if let Some(config) = told_against(&cells, of)? {
        table.set_reference(config);
    }
    Ok(ReadTable { tool: "a CSV", table, notes: Vec::new() })
}

/// The cell that a row is of.
fn slot(sheet: &Sheet, row: &Row, dimensions: &[Dimension]) -> Result<Slot, Fault> {
    let names = || dimensions.iter().map(|dimension| dimension.name.as_str());
    let expected = || format!("a dimension of the search: {}", listed(names()));
    let name = sheet.need(row, DIMENSION, &expected())?;
    let number = dimensions.iter().position(|dimension| dimension.name == name).ok_or_else(|| {
        let found = format!("the {DIMENSION} `{name}`");
        Fault::new(row.place(), found, format!("{}{}", expected(), hint(name, names())))
    })?;
    let dimension = &dimensions[number];
    let mut cell = 0;
    for axis in &dimension.axes {
        let expected = format!("a whole number below {}: where along the axis the cell is", axis.len);
        if sheet.column(&axis.name).is_none() {
            let found = format!("no column `{}`, which `{name}` has as an axis", axis.name);
            return Err(Fault::new("1", found, format!("a column `{}`: {expected}", axis.name)));
        }
        let text = sheet.need(row, &axis.name, &expected)?;
        // pandas writes whole numbers as 3.0 where a column has gaps.
        let place = text.strip_suffix(".0").unwrap_or(text).parse::<u32>().ok();
        let place = place.filter(|place| *place < axis.len).ok_or_else(|| {
            Fault::new(row.place(), format!("`{}` is `{text}`", axis.name), expected.clone())
        })?;
        cell = cell * axis.len as usize + place as usize;
    }
    let others =
        axes(dimensions).into_iter().filter(|axis| dimension.axes.iter().all(|own| own.name != *axis));
    for axis in others {
        if let Some(text) = sheet.get(row, axis) {
            let expected = format!("nothing there: `{name}` has no such axis");
            return Err(Fault::new(row.place(), format!("`{axis}` is `{text}`"), expected));
        }
    }
    Ok(Slot { dimension: number, cell })
}

/// The option, or the element, that a row is of.
fn option(sheet: &Sheet, row: &Row, dimension: &Dimension, cell: usize) -> Result<u32, Fault> {
    let all = || (0..choices(&dimension.domain)).map(|option| choice(&dimension.domain, option));
    let place = dimension.place(cell);
    let of = if place.is_empty() { String::new() } else { format!(" ({place})") };
    let expected = || match &dimension.domain {
        Domain::Subset { of: elements, .. } => {
            format!("an element of `{}`{of}: below {elements}", dimension.name)
        }
        _ => format!("a choice of `{}`{of}: {}", dimension.name, listed(all())),
    };
    let text = sheet.need(row, CHOICE, &expected())?;
    let is = |option: u32| match &dimension.domain {
        Domain::Choice { options } => options.get(option as usize).is_some_and(|name| name == text),
        Domain::Level { levels } => {
            text.parse::<f64>().is_ok_and(|number| levels.get(option as usize) == Some(&number))
        }
        _ => text.strip_suffix(".0").unwrap_or(text).parse::<u32>() == Ok(option),
    };
    (0..choices(&dimension.domain))
        .find(|option| is(*option))
        .ok_or_else(|| Fault::new(row.place(), format!("the {CHOICE} `{text}`"), expected()))
}

/// Notes what rows say of a cell.
fn take(slot: Slot, cell: &OfCell<'_>, of: &Tabled<'_>, table: &mut GivenTable) -> Result<(), Fault> {
    let dimension = &of.space.dimensions()[slot.dimension];
    let whole = !matches!(dimension.domain, Domain::Subset { .. });
    if whole && cell.picked.len() > 1 {
        let mut rows: Vec<&Row> = cell.picked.values().copied().collect();
        rows.sort_by_key(|row| row.line);
        let found = format!("another choice of the reference, after line {}", rows[0].line);
        return Err(Fault::new(rows[1].place(), found, "one in each cell"));
    }
    let own = own_reference(slot, of).filter(|_| whole);
    if let (Some(own), Some((picked, row))) = (own, cell.picked.first_key_value())
        && *picked != own
        && !cell.options.keys().any(|(option, _)| *option == own)
    {
        // It has no probe, so that nothing would be told of it against the reference of the table.
        let name = |option| choice(&dimension.domain, option);
        let expected =
            format!("a row of the same cell with the choice {}, which the search starts from", name(own));
        return Err(Fault::new(
            row.place(),
            format!("damages against the choice {}", name(*picked)),
            expected,
        ));
    }
    for (&(option, objective), said) in &cell.options {
        let damage = match (said.damage, said.loss) {
            (Some(damage), _) => damage,
            (None, Some(loss)) if whole => loss - base(slot, cell, of, objective, said.row)?,
            _ => {
                let expected = format!("a `{DAMAGE}`: elements of a subset are told against each other");
                return Err(Fault::new(said.row.place(), format!("no `{DAMAGE}`"), expected));
            }
        };
        table.set(slot, option, objective, finite(damage, &said.row.place())?);
    }
    Ok(())
}

/// The option that probes of the search are told against.
fn own_reference(slot: Slot, of: &Tabled<'_>) -> Option<u32> {
    match reference(of.space, None).ok()?.get(slot) {
        Value::Index(option) => Some(*option),
        _ => None,
    }
}

/// The loss that damages of a cell are told against.
fn base(slot: Slot, cell: &OfCell<'_>, of: &Tabled<'_>, objective: usize, row: &Row) -> Result<f64, Fault> {
    let option = cell.picked.keys().next().copied().or_else(|| own_reference(slot, of));
    let loss = option.and_then(|option| cell.options.get(&(option, objective))?.loss);
    loss.ok_or_else(|| {
        let dimension = &of.space.dimensions()[slot.dimension];
        let named = option.map_or_else(String::new, |option| choice(&dimension.domain, option));
        let expected = format!(
            "a `{DAMAGE}`, or a row of the same cell with the `{LOSS}` of the choice {named}, to tell it from"
        );
        Fault::new(row.place(), format!("a `{LOSS}` alone"), expected)
    })
}

/// The config that damages are told against, where rows say so of every cell.
fn told_against(cells: &BTreeMap<Slot, OfCell<'_>>, of: &Tabled<'_>) -> Result<Option<Config>, Fault> {
    let mut config: Vec<Vec<Value>> = of.space.dimensions().iter().map(|_| Vec::new()).collect();
    let mut first: Option<&Row> = None;
    for slot in of.space.slots() {
        let Some(cell) = cells.get(&slot).filter(|cell| !cell.picked.is_empty()) else { return Ok(None) };
        let subset = matches!(of.space.dimensions()[slot.dimension].domain, Domain::Subset { .. });
        let picked: Vec<u32> = cell.picked.keys().copied().collect();
        first = first.or_else(|| cell.picked.values().next().copied());
        config[slot.dimension].push(if subset { Value::Indices(picked) } else { Value::Index(picked[0]) });
    }
    let config = Config::new(config);
    match of.space.check_domains(&config) {
        Ok(()) => Ok(Some(config)),
        Err(violation) => {
            let place = first.map(Row::place).unwrap_or_default();
            Err(Fault::new(place, format!("a reference that is no config: {violation}"), "one of the search"))
        }
    }
}
