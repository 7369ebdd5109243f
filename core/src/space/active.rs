//! Conditional dimensions: which cells count, and what the others hold.

use super::structure::Structure;
use super::{Config, Domain, Slot, Space, Value};
use crate::rng::Rng;

/// Which cells of a config count.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Activity {
    /// By dimension; without cells: all of them do.
    cells: Vec<Vec<bool>>,
}

impl Activity {
    /// Every cell counts.
    pub(super) fn all() -> Self {
        Self { cells: Vec::new() }
    }

    /// Nothing is decided yet.
    fn undecided(dimensions: usize) -> Self {
        Self { cells: vec![Vec::new(); dimensions] }
    }

    fn decided(
        &self,
        structure: &Structure,
        dimensions: &[Vec<Value>],
        dimension: usize,
        cell: usize,
    ) -> bool {
        structure.conditions(dimension).iter().all(|condition| {
            let by = condition.decides(cell);
            let option = dimensions.get(condition.when).and_then(|cells| cells.get(by));
            self.has(condition.when, by)
                && matches!(option, Some(Value::Index(option)) if condition.holds(*option))
        })
    }

    /// Whether a cell counts.
    pub(super) fn has(&self, dimension: usize, cell: usize) -> bool {
        self.cells.get(dimension).and_then(|cells| cells.get(cell)).copied().unwrap_or(true)
    }

    /// Whether the cells of a conditional dimension count.
    pub(super) fn of_dimension(&self, dimension: usize) -> &[bool] {
        &self.cells[dimension]
    }

    /// Whether a cell counts.
    pub(super) fn of_slot(&self, slot: Slot) -> bool {
        self.has(slot.dimension, slot.cell)
    }

    /// Cells that count here or there.
    pub(super) fn or(mut self, other: &Self) -> Self {
        for (cells, others) in self.cells.iter_mut().zip(&other.cells) {
            cells.iter_mut().zip(others).for_each(|(cell, other)| *cell |= other);
        }
        self
    }
}

impl Domain {
    /// What a cell holds that does not count: the first option, level or element, the least number, the identical order,
    /// equal coefficients.
    pub fn first(&self) -> Value {
        match self {
            Self::Choice { .. } | Self::Level { .. } => Value::Index(0),
            Self::Int { min, .. } => Value::Int(*min),
            Self::Real { min, .. } => Value::Real(min + 0.0),
            Self::Subset { min, .. } => Value::Indices((0..*min).collect()),
            Self::Permutation { of } => Value::Indices((0..*of).collect()),
            Self::Affine { of, sum, .. } => Value::Reals(vec![sum / f64::from(*of) + 0.0; *of as usize]),
            Self::Matrix { rows, columns, min, .. } => {
                Value::Reals(vec![min + 0.0; *rows as usize * *columns as usize])
            }
        }
    }
}

impl Space {
    /// Which cells of a config count.
    pub(super) fn activity(&self, config: &Config) -> Activity {
        if !self.structure.has_conditions() {
            return Activity::all();
        }
        let mut activity = Activity::undecided(self.dimensions.len());
        for &number in self.structure.sequence() {
            self.decide(number, config, &mut activity);
        }
        activity
    }

    /// Finds out which cells of a dimension count; those that decide about it are known.
    pub(super) fn decide(&self, number: usize, config: &Config, activity: &mut Activity) {
        let decided = |cell| activity.decided(&self.structure, config.dimensions(), number, cell);
        activity.cells[number] = (0..self.dimensions[number].cells()).map(decided).collect();
    }

    /// By dimension and cell, whether the cell of a config counts: a conditional one does where the conditions of
    /// [`Constraint::Active`](super::Constraint::Active) hold, others always.
    pub fn active(&self, config: &Config) -> Vec<Vec<bool>> {
        let activity = self.activity(config);
        let all = self.dimensions.iter().enumerate();
        all.map(|(number, found)| (0..found.cells()).map(|cell| activity.has(number, cell)).collect())
            .collect()
    }

    /// Whether any dimension counts only under a condition.
    pub fn is_conditional(&self) -> bool {
        self.structure.has_conditions()
    }

    /// Whether any dimension ascends along an axis.
    pub fn is_ordered(&self) -> bool {
        self.structure.has_orders()
    }

    /// Gives cells that do not count their first value.
    pub(super) fn reset_inactive(&self, config: &mut Config) {
        if !self.structure.has_conditions() {
            return;
        }
        let mut activity = Activity::undecided(self.dimensions.len());
        for &number in self.structure.sequence() {
            self.decide(number, config, &mut activity);
            let domain = &self.dimensions[number].domain;
            let cells = config.dimensions.get_mut(number).map(Vec::as_mut_slice).unwrap_or_default();
            let inactive = cells.iter_mut().zip(&activity.cells[number]).filter(|(_, active)| !**active);
            inactive.for_each(|(value, _)| *value = domain.first());
        }
    }

    /// Brings what depends on changed cells in line: cells that counted before keep their values, those that count now are
    /// drawn, the others are reset. Values are in their domains.
    pub(super) fn follow(&self, before: &Activity, child: &mut Config, random: &mut Rng) {
        if !self.structure.has_conditions() {
            return;
        }
        let mut activity = Activity::undecided(self.dimensions.len());
        for &number in self.structure.sequence() {
            self.decide(number, child, &mut activity);
            let found = &self.dimensions[number];
            let mut woken = Vec::new();
            for cell in 0..found.cells() {
                match (activity.has(number, cell), before.has(number, cell)) {
                    (true, false) => woken.push(cell),
                    (true, true) => {}
                    (false, _) => {
                        child.dimensions[number][cell] = found.domain.first();
                    }
                }
            }
            self.draw_cells(number, &woken, &activity, child, random);
        }
    }

    /// A child of `parent` in line with itself: what depends on changed cells is drawn anew where it counts now and did not,
    /// and reset where it does not any more. For operators that change cells one by one.
    #[must_use]
    pub fn followed(&self, parent: &Config, mut child: Config, random: &mut Rng) -> Config {
        if self.structure.has_conditions() && self.check_domains(&child).is_ok() {
            self.follow(&self.activity(parent), &mut child, random);
        }
        child
    }
}
