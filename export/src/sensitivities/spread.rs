//! Damages by modules, spread over the cells of a space.

use std::collections::{BTreeMap, BTreeSet};

use attune_core::sensitivity::GivenTable;

use super::error::Fault;
use super::number::listed;
use super::places::Places;

/// What was measured of some matrices together.
pub(super) struct Entry {
    /// Their numbers.
    pub(super) members: Vec<usize>,
    /// The damage by bits.
    pub(super) damages: BTreeMap<u32, f64>,
    /// Where it stands in its file.
    pub(super) place: String,
}

/// How damages by modules are taken.
pub(super) struct Rule {
    /// The place of the objective that they are of.
    pub(super) objective: usize,
    /// Whether an entry has to tell of all bits that its cell can have, and tells them against the most of these.
    pub(super) strict: bool,
}

/// Gives cells what was measured of their matrices: sums where a cell is larger than what was measured together, shares by weights
/// where it is smaller. Returns how many entries were divided.
pub(super) fn spread(
    places: &Places,
    entries: &[Entry],
    rule: &Rule,
    into: &mut GivenTable,
) -> Result<usize, Fault> {
    let mut by_matrix: BTreeMap<usize, usize> = BTreeMap::new();
    let mut weights = Vec::with_capacity(entries.len());
    for (number, entry) in entries.iter().enumerate() {
        let mut sum = 0.0;
        for &matrix in &entry.members {
            if let Some(before) = by_matrix.insert(matrix, number) {
                let name = &places.matrices.list()[matrix].tensor;
                let found = format!("`{name}` again, after {}", entries[before].place);
                return Err(Fault::new(&*entry.place, found, "each module once"));
            }
            sum += weight(places, matrix, &entry.place)?;
        }
        weights.push(sum);
    }
    let mut divided = BTreeSet::new();
    for (slot, cell) in &places.cells {
        let of: Vec<Option<usize>> =
            cell.members.iter().map(|matrix| by_matrix.get(matrix).copied()).collect();
        let Some(first) = of.iter().flatten().next() else { continue };
        let place = &entries[*first].place;
        if let Some(without) = of.iter().position(Option::is_none) {
            let list = places.matrices.list();
            let (has, lacks) = (&entries[*first].members, &list[cell.members[without]].tensor);
            let has = has.first().map_or("", |&matrix| list[matrix].tensor.as_str());
            let expected =
                format!("an entry for `{lacks}` as well, which the search gives the same bits as `{has}`");
            return Err(Fault::new(&**place, format!("no entry for `{lacks}` in the file"), expected));
        }
        let share: BTreeMap<usize, f64> = {
            let mut share = BTreeMap::new();
            for (&matrix, entry) in cell.members.iter().zip(of.iter().flatten()) {
                *share.entry(*entry).or_insert(0.0) += weight(places, matrix, place)?;
            }
            share
        };
        divided
            .extend(share.iter().filter(|(entry, part)| **part < weights[**entry]).map(|(entry, _)| *entry));
        let damage = |bits: u32| -> Option<f64> {
            let of_entry = |(entry, part): (&usize, &f64)| {
                Some(entries[*entry].damages.get(&bits)? * (part / weights[*entry]))
            };
            share.iter().map(of_entry).sum()
        };
        let levels = cell.levels();
        if rule.strict
            && let Some(lacking) = levels.iter().find(|bits| damage(**bits).is_none())
        {
            let known: Vec<u32> = entries[*first].damages.keys().copied().collect();
            let found = format!("{} bits, and the search has {lacking} bits as well", listed(&known));
            let expected = format!("all of them; search with `levels` of {} alone", listed(&known));
            return Err(Fault::new(&**place, found, expected));
        }
        let most = levels.last().copied().filter(|_| rule.strict).and_then(damage).unwrap_or(0.0);
        for (option, bits) in (0..).zip(&cell.bits) {
            if let Some(damage) = bits.and_then(damage) {
                into.set(*slot, option, rule.objective, finite(damage - most, place)?);
            }
        }
    }
    Ok(divided.len())
}

/// A difference or a product of finite numbers that is one, too.
pub(super) fn finite(damage: f64, place: &str) -> Result<f64, Fault> {
    damage.is_finite().then_some(damage).ok_or_else(|| {
        Fault::new(place, "a damage that is too large for a number", "numbers whose differences are numbers")
    })
}

fn weight(places: &Places, matrix: usize, place: &str) -> Result<f64, Fault> {
    places.weights(matrix).ok_or_else(|| {
        let found =
            format!("`{}`, whose size is not known of this model", places.matrices.list()[matrix].tensor);
        Fault::new(place, found, "a model that says how large its modules are; use a CSV by dimensions")
    })
}

/// What a person should know of entries that were divided.
pub(super) fn note(divided: usize) -> Option<String> {
    (divided > 0).then(|| {
        format!(
            "{divided} entries of the table are of modules that the search gives bits of their own: their damages are divided by weights"
        )
    })
}
