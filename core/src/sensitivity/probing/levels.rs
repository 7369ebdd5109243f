//! Levels are measured by a few: what the pilots show of a level predicts what it does to the other cells.

use std::collections::BTreeMap;

use super::{Probing, Stage};
use crate::sensitivity::{Probe, probes_of};
use crate::space::{Domain, Slot};

/// Cells of a dimension that are measured at every level.
pub const PILOTS: usize = 6;
/// Relative error of a pilot, as the others predict it, up to which they stand for everybody (root mean square).
const GOOD: f64 = 0.2;

impl Probing<'_> {
    /// Every choice of every cell, but of levels in the cells that are no pilots only the lowest.
    pub(super) fn of_pilots(&mut self) -> Vec<Probe> {
        let (mut probes, mut pilots) = (Vec::new(), Vec::new());
        for slot in std::mem::take(&mut self.rest) {
            let dimension = &self.space.dimensions()[slot.dimension];
            let (cells, all) = (dimension.cells(), probes_of(self.space, &self.reference, slot));
            let ordered = matches!(dimension.domain, Domain::Level { .. });
            // Evenly spread over the cells.
            let pilot = (0..PILOTS).any(|pilot| (2 * pilot + 1) * cells / (2 * PILOTS) == slot.cell);
            let few = ordered && all.len() > 1 && cells >= 2 * PILOTS;
            if few && !pilot {
                self.lowest.push(slot);
                let now = self.doubt.is_none();
                probes.extend(all.into_iter().filter(|probe| now && probe.option == 0));
            } else {
                pilots.extend(few.then_some(slot));
                probes.extend(all);
            }
        }
        if self.doubt.is_some() {
            // Every other cell, so that both halves lie all over the space.
            let half = |from: usize| self.lowest.iter().skip(from).step_by(2).copied().collect::<Vec<Slot>>();
            let known: Vec<Slot> = pilots.iter().copied().chain(half(0)).collect();
            let sparse = known.iter().step_by(2).copied().collect();
            self.stages.extend([Stage::Check(pilots), Stage::Lowest(half(0)), Stage::Check(known)]);
            self.stages.extend([Stage::Check(sparse), Stage::Lowest(half(1))]);
        }
        probes
    }

    /// What the pilots do not predict of the other cells; what they predict is noted.
    pub(super) fn of_others(&mut self) -> Vec<Probe> {
        let mut probes = Vec::new();
        let lowest = std::mem::take(&mut self.lowest);
        let known: BTreeMap<(Slot, u32), Option<Vec<f64>>> = self
            .probes
            .iter()
            .zip(&self.changes)
            .map(|(probe, change)| ((probe.slot, probe.option), change.clone()))
            .collect();
        for dimension in 0..self.space.dimensions().len() {
            let others: Vec<Slot> =
                lowest.iter().copied().filter(|slot| slot.dimension == dimension).collect();
            if others.is_empty() {
                continue;
            }
            let levels = self.space.dimensions()[dimension].domain.options().unwrap_or(0);
            let shares = shares(&known, dimension, levels, &others, self.at_reference.len());
            for slot in others {
                for probe in
                    probes_of(self.space, &self.reference, slot).into_iter().filter(|probe| probe.option > 0)
                {
                    let lowest = known.get(&(slot, 0)).cloned().flatten();
                    let predicted = shares.as_ref().zip(lowest).map(|(shares, lowest)| {
                        let share = shares[probe.option as usize - 1].iter();
                        lowest.iter().zip(share).map(|(lowest, share)| lowest * share).collect::<Vec<f64>>()
                    });
                    match predicted {
                        Some(predicted) => {
                            self.predicted.insert((probe.slot, probe.option));
                            self.probes.push(probe);
                            self.changes.push(Some(predicted));
                        }
                        None => probes.push(probe),
                    }
                }
            }
        }
        probes
    }
}

/// By level after the lowest and by objective, what it does to a cell as a share of what the lowest does; `None` when the
/// pilots do not predict each other.
fn shares(
    known: &BTreeMap<(Slot, u32), Option<Vec<f64>>>,
    dimension: usize,
    levels: u32,
    others: &[Slot],
    objectives: usize,
) -> Option<Vec<Vec<f64>>> {
    let pilots: Vec<Slot> = known
        .keys()
        .filter(|(slot, option)| slot.dimension == dimension && *option == 0 && !others.contains(slot))
        .map(|(slot, _)| *slot)
        .collect();
    let change = |slot: Slot, option: u32, objective: usize| {
        known.get(&(slot, option))?.as_ref()?.get(objective).copied()
    };
    // The highest level is the reference.
    let share = |option: u32, objective: usize| -> Option<f64> {
        let pairs =
            pilots.iter().map(|&slot| Some((change(slot, 0, objective)?, change(slot, option, objective)?)));
        let pairs: Vec<(f64, f64)> = pairs.collect::<Option<_>>()?;
        let fit = |left_out: usize| {
            let kept = pairs.iter().enumerate().filter(|(number, _)| *number != left_out);
            let (both, square) =
                kept.fold((0.0, 0.0), |sum, (_, (low, here))| (sum.0 + low * here, sum.1 + low * low));
            if square > 0.0 { both / square } else { 0.0 }
        };
        let wrong: f64 =
            pairs.iter().enumerate().map(|(number, (low, here))| (here - fit(number) * low).powi(2)).sum();
        // An error counts by what the lowest level does: that is what choices are weighed against.
        let size: f64 = pairs.iter().map(|(low, here)| here.powi(2).max((low / 100.0).powi(2))).sum();
        (wrong <= GOOD * GOOD * size).then(|| fit(pairs.len()))
    };
    (1..levels.saturating_sub(1))
        .map(|option| (0..objectives).map(|objective| share(option, objective)).collect())
        .collect()
}
