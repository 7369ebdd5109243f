//! The trial that a person looks at, and those that it is compared with.

use std::collections::BTreeSet;

use attune_core::strategy::Origin;

use super::{Row, Study};
use crate::line_edit::LineEdit;

/// What the screen shows. Positions are those of [`Study::rows`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Detail {
    pub(crate) position: usize,
    /// The trial that it is compared with; `None` is the first of [`Study::others`].
    pub(crate) against: Option<usize>,
    pub(crate) scroll: usize,
    /// The number of a trial to compare with is being typed.
    pub(crate) asking: Option<LineEdit>,
    /// The result screen is one step back, and not the live one.
    pub(crate) from_result: bool,
}

impl Study {
    /// What a trial may be compared with first: what the study began with, the best, its parents.
    pub(crate) fn others(&self, position: usize) -> Vec<usize> {
        let mut others: Vec<usize> = self.uniform().map(|(_, uniform)| uniform).into_iter().collect();
        let start = |row: &Row| matches!(row.trial.origin, Origin::Start(_));
        others.extend(self.rows.iter().enumerate().filter(|(_, row)| start(row)).map(|(at, _)| at));
        others.extend(self.best);
        if let Some(Origin::Varied { parents, .. }) = self.rows.get(position).map(|row| &row.trial.origin) {
            others.extend(parents.iter().filter_map(|parent| self.position(*parent)));
        }
        let mut seen = BTreeSet::from([position]);
        others.retain(|other| seen.insert(*other));
        others
    }
}
