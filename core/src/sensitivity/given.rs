//! Tables that were measured elsewhere, as far as they go.

use std::collections::BTreeMap;

use super::{NoTable, Probe, SensitivityTable, probes, table_from};
use crate::hash::ContentHash;
use crate::space::{Config, Slot, Space, Value};

/// Damages that somebody else has measured: of some options, for some objectives, against an option of the same cell that
/// has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenTable {
    /// By cell, option (or element) and place of the objective.
    damages: BTreeMap<Slot, BTreeMap<u32, BTreeMap<usize, f64>>>,
    best: Option<Config>,
}

impl GivenTable {
    /// A table that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what an option of a cell, or picking an element, does to the loss of that objective. What was said before counts
    /// no more, and is returned.
    pub fn set(&mut self, slot: Slot, option: u32, objective: usize, damage: f64) -> Option<f64> {
        self.damages.entry(slot).or_default().entry(option).or_default().insert(objective, damage)
    }

    /// Notes the config that damages are told against. Where nothing limits a space it is the best that was seen while they
    /// were measured, and a search starts from it.
    pub fn set_reference(&mut self, config: Config) {
        self.best = Some(config);
    }

    /// The config that damages are told against, where that is known.
    pub fn reference(&self) -> Option<&Config> {
        self.best.as_ref()
    }

    /// The damage of an option, or of picking an element.
    pub fn damage(&self, slot: Slot, option: u32, objective: usize) -> Option<f64> {
        self.damages.get(&slot)?.get(&option)?.get(&objective).copied()
    }

    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.damages.is_empty()
    }

    /// The hash of everything that it says: the same for the same damages, in whichever form and order they were written.
    pub fn hash(&self) -> ContentHash {
        let mut text = String::new();
        for (slot, options) in &self.damages {
            for (option, damages) in options {
                for (objective, damage) in damages {
                    let numbers =
                        [slot.dimension as u64, slot.cell as u64, u64::from(*option), *objective as u64];
                    // Zeros of either sign are the same damage.
                    text.push_str(&format!("{numbers:?}={:?}\n", damage + 0.0));
                }
            }
        }
        if let Some(best) = &self.best {
            text.push_str(&best.hash().to_string());
        }
        ContentHash::of(text.as_bytes())
    }

    /// The probes of what it does not say, for the objectives that `wanted` says yes to. What it says of the elements of a
    /// subset counts only where it tells of all of them, since they are told against each other.
    ///
    /// # Errors
    /// [`NoTable`].
    pub fn missing(&self, space: &Space, reference: &Config, wanted: &[bool]) -> Result<Vec<Probe>, NoTable> {
        let mut missing = probes(space, reference)?;
        missing.retain(|probe| {
            let whole = matches!(reference.get(probe.slot), Value::Indices(_));
            if whole {
                !self.is_whole(space, probe.slot, wanted)
            } else {
                !self.has(probe.slot, probe.option, wanted)
            }
        });
        Ok(missing)
    }

    /// The table that it makes with the losses of the reference and of the probes that were [`missing`](Self::missing), in their
    /// order.
    pub fn completed(
        &self,
        space: &Space,
        reference: &Config,
        at_reference: &[f64],
        measured: &[Probe],
        losses: &[Option<Vec<f64>>],
        wanted: &[bool],
    ) -> SensitivityTable {
        let SensitivityTable { objectives, mut damages, points } =
            table_from(space, reference, at_reference, measured, losses);
        for (slot, rows) in &mut damages {
            let of_subset = matches!(reference.get(*slot), Value::Indices(_));
            let mixed = measured.iter().any(|probe| probe.slot == *slot);
            if of_subset && mixed {
                continue;
            }
            for (objective, _) in wanted.iter().enumerate().filter(|(_, wanted)| **wanted) {
                // Beside what was measured against the reference, damages have to be told against it, too.
                let base = match reference.get(*slot) {
                    Value::Index(at) if mixed => self.damage(*slot, *at, objective).unwrap_or(0.0),
                    _ => 0.0,
                };
                for (option, row) in (0..).zip(rows.iter_mut()) {
                    if self.has(*slot, option, wanted)
                        && let (Some(damage), Some(held)) =
                            (self.damage(*slot, option, objective), row.get_mut(objective))
                    {
                        *held = damage - base;
                    }
                }
            }
        }
        SensitivityTable { objectives, damages, points }
    }

    fn has(&self, slot: Slot, option: u32, wanted: &[bool]) -> bool {
        let said =
            |(objective, wanted): (usize, &bool)| !wanted || self.damage(slot, option, objective).is_some();
        wanted.iter().enumerate().all(said)
    }

    /// Whether it tells of every element of a subset.
    fn is_whole(&self, space: &Space, slot: Slot, wanted: &[bool]) -> bool {
        let of = super::choices(&space.dimensions()[slot.dimension].domain);
        (0..of).all(|element| self.has(slot, element, wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitivity::reference;
    use crate::space::Dimension;

    const SLOT: Slot = Slot { dimension: 0, cell: 0 };

    fn levels() -> Space {
        Space::of([Dimension::level("bits", [2.0, 4.0, 8.0])]).unwrap()
    }

    #[test]
    fn a_whole_table_leaves_nothing_to_measure_and_is_taken_to_the_bit() {
        let space = levels();
        let reference = reference(&space, None).unwrap();
        let mut given = GivenTable::new();
        given.set(SLOT, 0, 0, 0.1 + 0.2);
        given.set(SLOT, 1, 0, 0.1);
        assert!(
            given.missing(&space, &reference, &[true]).unwrap().is_empty(),
            "nobody has to name the reference"
        );
        let table = given.completed(&space, &reference, &[0.0], &[], &[], &[true]);
        assert_eq!([0, 1, 2].map(|option| table.damage(SLOT, option, 0)), [0.1 + 0.2, 0.1, 0.0]);
    }

    #[test]
    fn what_is_missing_is_measured_beside_it_against_the_same_option() {
        let space = levels();
        let reference = reference(&space, None).unwrap();
        let mut given = GivenTable::new();
        given.set(SLOT, 0, 0, 3.0);
        given.set(SLOT, 2, 0, 1.0);
        let missing = given.missing(&space, &reference, &[true]).unwrap();
        assert_eq!(missing.iter().map(|probe| probe.option).collect::<Vec<_>>(), [1]);
        let table = given.completed(&space, &reference, &[5.0], &missing, &[Some(vec![5.5])], &[true]);
        assert_eq!([0, 1, 2].map(|option| table.damage(SLOT, option, 0)), [2.0, 0.5, 0.0]);
        // An objective that nobody wants of it is not looked for.
        assert!(given.missing(&space, &reference, &[false]).unwrap().is_empty());
        assert_eq!(given.missing(&space, &reference, &[true, true]).unwrap().len(), 2);
    }

    #[test]
    fn elements_of_a_subset_count_when_all_are_told() {
        let domain = crate::space::Domain::Subset { of: 3, min: 1, max: 2 };
        let space = Space::of([Dimension::new("kept", domain)]).unwrap();
        let reference = reference(&space, None).unwrap();
        let mut given = GivenTable::new();
        given.set(SLOT, 0, 0, -3.0);
        given.set(SLOT, 1, 0, -2.0);
        let all = probes(&space, &reference).unwrap();
        assert_eq!(given.missing(&space, &reference, &[true]).unwrap(), all);
        given.set(SLOT, 2, 0, -1.0);
        assert!(given.missing(&space, &reference, &[true]).unwrap().is_empty());
        let table = given.completed(&space, &reference, &[0.0], &[], &[], &[true]);
        assert_eq!([0, 1, 2].map(|element| table.damage(SLOT, element, 0)), [-3.0, -2.0, -1.0]);
    }

    #[test]
    fn the_hash_is_of_what_is_said() {
        let said = |damage: f64| {
            let mut given = GivenTable::new();
            given.set(SLOT, 1, 0, damage);
            given
        };
        assert_eq!(said(0.5).hash(), said(0.5).hash());
        assert_eq!(said(0.0).hash(), said(-0.0).hash());
        assert_ne!(said(0.5).hash(), said(0.25).hash());
        let mut started = said(0.5);
        started.set_reference(reference(&levels(), None).unwrap());
        assert_ne!(started.hash(), said(0.5).hash());
    }
}
