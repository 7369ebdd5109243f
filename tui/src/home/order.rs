//! The order of the list of studies.

use std::cmp::Ordering;

use attune::backend::{RunLocation, StudyRow};
use attune_core::objective::compare;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum SortBy {
    /// Those that run, then those that changed last.
    #[default]
    Newest,
    Name,
    State,
    Best,
}

impl SortBy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest first",
            Self::Name => "by name",
            Self::State => "by state",
            Self::Best => "by best",
        }
    }

    pub(crate) fn next(self) -> Self {
        match self {
            Self::Newest => Self::Name,
            Self::Name => Self::State,
            Self::State => Self::Best,
            Self::Best => Self::Newest,
        }
    }

    /// Equal ones are in name order.
    pub(crate) fn compare(self, a: &StudyRow, b: &StudyRow) -> Ordering {
        let order = match self {
            Self::Newest => {
                let resting =
                    |row: &StudyRow| !matches!(row.place, RunLocation::Here | RunLocation::Elsewhere);
                // Of unknown age: very old.
                let age = |row: &StudyRow| row.age.unwrap_or(std::time::Duration::MAX);
                resting(a).cmp(&resting(b)).then(age(a).cmp(&age(b)))
            }
            Self::Name => Ordering::Equal,
            Self::State => rank(a.place).cmp(&rank(b.place)),
            Self::Best => {
                let best = |row: &StudyRow| {
                    row.best.as_ref().map_or((String::from('\u{10ffff}'), f64::NAN), Clone::clone)
                };
                let (a, b) = (best(a), best(b));
                a.0.cmp(&b.0).then(compare(a.1, b.1))
            }
        };
        order.then_with(|| a.name.cmp(&b.name))
    }
}

/// What wants to be looked at comes first.
fn rank(place: RunLocation) -> u8 {
    match place {
        RunLocation::Here => 0,
        RunLocation::Elsewhere => 1,
        RunLocation::Failed => 2,
        RunLocation::Nobody => 3,
        RunLocation::Done => 4,
    }
}
