//! The order of the trials table, kept as trials arrive: a redraw sorts nothing.

use std::cmp::Ordering;

use attune_core::objective::compare;

use super::Row;

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortBy {
    Number,
    Loss,
    Cost,
    State,
}

impl SortBy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Loss => "score",
            Self::Cost => "cost",
            Self::State => "state",
        }
    }

    pub(crate) fn next(self) -> Self {
        match self {
            Self::Number => Self::Loss,
            Self::Loss => Self::Cost,
            Self::Cost => Self::State,
            Self::State => Self::Number,
        }
    }
}

/// Positions of all trials in the table's order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) by: SortBy,
    pub(crate) reversed: bool,
    positions: Vec<usize>,
}

impl Order {
    pub(crate) fn new(by: SortBy) -> Self {
        Self { by, reversed: false, positions: Vec::new() }
    }

    pub(crate) fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// Puts the last of `rows` into its place.
    pub(crate) fn insert_last(&mut self, rows: &[Row]) {
        let Some(last) = rows.len().checked_sub(1) else { return };
        let at = self.positions.partition_point(|&position| self.compare(rows, position, last).is_lt());
        self.positions.insert(at, last);
    }

    /// Sorts anew, by `by` and in the given direction.
    pub(crate) fn sort(&mut self, by: SortBy, reversed: bool, rows: &[Row]) {
        (self.by, self.reversed) = (by, reversed);
        let mut positions = std::mem::take(&mut self.positions);
        positions.sort_by(|&left, &right| self.compare(rows, left, right));
        self.positions = positions;
    }

    /// Where a trial stands in the table.
    pub(crate) fn rank(&self, position: usize) -> Option<usize> {
        self.positions.iter().position(|&other| other == position)
    }

    fn compare(&self, rows: &[Row], left: usize, right: usize) -> Ordering {
        let (a, b) = (&rows[left], &rows[right]);
        let order = match self.by {
            SortBy::Number => Ordering::Equal,
            SortBy::Loss => compare(a.loss, b.loss),
            SortBy::Cost => compare(a.cost, b.cost),
            SortBy::State => a.trial.state().name().cmp(b.trial.state().name()),
        };
        let order = order.then(left.cmp(&right));
        if self.reversed { order.reverse() } else { order }
    }
}
