//! Rows by modules and bits, which tables of other people have.

use std::collections::BTreeMap;

use attune_core::sensitivity::GivenTable;

use super::super::error::Fault;
use super::super::places::Places;
use super::super::plain::{CHOICE, DAMAGE, LOSS, METRIC, MODULES};
use super::super::spread::{Entry, Rule, note, spread};
use super::super::{ReadTable, Tabled};
use super::sheet::{Row, Sheet};

/// Rows of one module, or of several that were measured together, and one metric: by bits, the damage, the loss and the row.
type OfModules<'a> = BTreeMap<u32, (Option<f64>, Option<f64>, &'a Row)>;

pub(super) fn read(sheet: &Sheet, of: &Tabled<'_>) -> Result<ReadTable, Fault> {
    let places = Places::of(of).map_err(|reason| {
        Fault::new("1", format!("a column of modules, and {reason}"), "a column `dimension`")
    })?;
    let mut groups: BTreeMap<(usize, Vec<usize>), OfModules<'_>> = BTreeMap::new();
    for row in &sheet.rows {
        let example = format!("names of the model's linear modules, as `{}`", places.example());
        let mut members = Vec::new();
        for name in sheet.need(row, MODULES, &example)?.split(';') {
            let found = places.matrices.of_tensor(name.trim());
            if found.is_empty() && !places.matrices.is_beside(name.trim()) {
                return Err(Fault::new(row.place(), format!("the model has no module `{name}`"), example));
            }
            members.extend_from_slice(found);
        }
        members.sort_unstable();
        let text = sheet.need(row, CHOICE, "bits, as 4")?;
        let bits = text
            .strip_suffix(".0")
            .unwrap_or(text)
            .parse::<u32>()
            .ok()
            .filter(|bits| (1..=32).contains(bits));
        let bits = bits.ok_or_else(|| {
            Fault::new(row.place(), format!("the {CHOICE} `{text}`"), "bits of a weight, as 4")
        })?;
        let objective = sheet.objective(row, of.objectives)?;
        let (damage, loss) = (sheet.number(row, DAMAGE)?, sheet.number(row, LOSS)?);
        if damage.is_none() && loss.is_none() {
            let found = format!("neither `{DAMAGE}` nor `{LOSS}`");
            return Err(Fault::new(row.place(), found, "one of them"));
        }
        let group = groups.entry((objective, members)).or_default();
        if let Some((_, _, before)) = group.insert(bits, (damage, loss, row)) {
            let found = format!("the module and the bits of line {} again", before.line);
            return Err(Fault::new(row.place(), found, format!("a module, bits and a {METRIC} once")));
        }
    }
    let mut table = GivenTable::new();
    let mut divided = 0;
    for objective in 0..of.objectives.len() {
        let of_objective =
            groups.iter().filter(|((found, members), _)| *found == objective && !members.is_empty());
        let entries = of_objective.map(|((_, members), rows)| entry(members, rows, &places));
        let entries = entries.collect::<Result<Vec<Entry>, Fault>>()?;
        divided += spread(&places, &entries, &Rule { objective, strict: false }, &mut table)?;
    }
    Ok(ReadTable { tool: "a CSV by modules", table, notes: note(divided).into_iter().collect() })
}

fn entry(members: &[usize], rows: &OfModules<'_>, places: &Places) -> Result<Entry, Fault> {
    // What is missing is measured against the most that the search has, and so losses are told against it.
    let most = places.most(members);
    let highest = most.and_then(|most| rows.get(&most)?.1);
    let damage = |(bits, (damage, loss, row)): (&u32, &(Option<f64>, Option<f64>, &Row))| {
        let told = damage.or_else(|| Some((*loss)? - highest?));
        told.map(|damage| (*bits, damage)).ok_or_else(|| {
            let bits = most.map_or_else(String::new, |most| format!(" ({most})"));
            let expected = format!(
                "a `{DAMAGE}`, or a `{LOSS}` for the most bits that the search gives the module{bits} as well, to tell it from"
            );
            Fault::new(row.place(), format!("a `{LOSS}` alone"), expected)
        })
    };
    let damages = rows.iter().map(damage).collect::<Result<BTreeMap<u32, f64>, Fault>>()?;
    let line = rows.values().map(|(_, _, row)| row.line).min().unwrap_or_default();
    Ok(Entry { members: members.to_vec(), damages, place: line.to_string() })
}
