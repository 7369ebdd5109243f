//! What is told of a table to those who read it: where each damage comes from, and how certain it is.

use std::collections::{BTreeMap, HashMap};

use attune_core::hash::ContentHash;
use attune_core::objective::Direction;
use attune_core::scores::Scores;
use attune_core::sensitivity::{MeasuredTable, Origin, Probe, Probing, SensitivityTable, Told, choices};
use attune_core::space::{Config, Slot, Value};
use attune_core::stats;

use super::Probed;
use crate::session::SessionSetup;

/// Collects it while a table comes about; a table that nobody reads needs none of it.
pub(super) struct Telling<'a> {
    setup: &'a SessionSetup,
    read: bool,
    told: BTreeMap<(Slot, u32), Told>,
    /// Of the configs that were evaluated last, and of references.
    scores: HashMap<ContentHash, Scores>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(setup: &'a SessionSetup, read: bool) -> Self {
        Self { setup, read, told: BTreeMap::new(), scores: HashMap::new() }
    }

    /// All damages come from there, until something else is said of them.
    pub(super) fn all(&mut self, origin: Origin) {
        if !self.read {
            return;
        }
        for slot in self.setup.space.slots() {
            let options = choices(&self.setup.space.dimensions()[slot.dimension].domain);
            let bare = self.bare(origin);
            self.told.extend((0..options).map(|option| ((slot, option), bare.clone())));
        }
    }

    fn bare(&self, origin: Origin) -> Told {
        Told { origin, intervals: vec![None; self.setup.objectives.len()] }
    }

    /// Hears of evaluated configs; `left` is what they leave, and stays known.
    pub(super) fn hear(&mut self, left: &Config, configs: &[Config], probed: Vec<Probed>) {
        let left = left.hash();
        self.scores.retain(|hash, _| *hash == left);
        let scored =
            configs.iter().zip(probed).filter_map(|(config, probe)| Some((config.hash(), probe.scores?)));
        self.scores.extend(scored);
    }

    /// Hears of the probes after the first `before` ones, which left this config.
    pub(super) fn probes(&mut self, left: &Config, probing: &Probing<'_>, before: usize) {
        if !self.read {
            return;
        }
        for (probe, change) in probing.changes().skip(before) {
            let origin = match change {
                None => Origin::Failed,
                Some(_) if probing.is_predicted(probe) => Origin::Predicted,
                Some(_) => Origin::Measured,
            };
            self.probe(left, probe, origin);
        }
    }

    /// Hears where the damage of one probe comes from, which left this config.
    pub(super) fn probe(&mut self, left: &Config, probe: &Probe, origin: Origin) {
        if !self.read {
            return;
        }
        let mut told = self.bare(origin);
        // Damages of elements are told against each other, and not against the reference.
        let alone = !matches!(left.get(probe.slot), Value::Indices(_));
        if let (true, Origin::Measured, Some(here), Some(there)) =
            (alone, origin, self.scores.get(&probe.config.hash()), self.scores.get(&left.hash()))
        {
            told.intervals = self
                .setup
                .objectives
                .iter()
                .map(|objective| {
                    let metric = &objective.metric;
                    let known =
                        self.setup.evaluator.task().metrics.iter().find(|known| known.name == *metric)?;
                    let (here, there) = (here.metrics.get(metric)?, there.metrics.get(metric)?);
                    let found =
                        stats::difference(known.support(), here, there, self.setup.header.seed).ok()?;
                    let interval = match objective.direction {
                        Direction::Minimise => (found.low, found.high),
                        Direction::Maximise => (-found.high, -found.low),
                    };
                    (interval.0.is_finite() && interval.1.is_finite()).then_some(interval)
                })
                .collect();
        }
        self.told.insert((probe.slot, probe.option), told);
    }

    /// The table with all that.
    pub(super) fn of(
        mut self,
        table: SensitivityTable,
        reference: Config,
        at_reference: Option<Vec<f64>>,
        best: Option<Config>,
    ) -> MeasuredTable {
        if self.read {
            for slot in self.setup.space.slots() {
                let options = choices(&self.setup.space.dimensions()[slot.dimension].domain);
                let bare = self.bare(Origin::Reference);
                // Of a subset also the element that others make way for: it has no probe of its own.
                let told_against = (0..options).filter(|option| match reference.get(slot) {
                    Value::Index(at) => at == option,
                    _ => true,
                });
                for option in told_against {
                    self.told.entry((slot, option)).or_insert_with(|| bare.clone());
                }
            }
        }
        MeasuredTable {
            table,
            reference,
            at_reference,
            objectives: self.setup.measured_objectives(),
            items: self.setup.fidelity.items,
            told: self.told,
            best,
        }
    }
}
