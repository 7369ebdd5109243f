//! The home screen: studies of the store and profiles that were found.

mod change;
mod order;

use std::collections::BTreeMap;

use attune::backend::{ProfileRow, StudyRow};

pub(crate) use change::Change;

use crate::line_edit::LineEdit;
use order::SortBy;

/// Which list has the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum List {
    #[default]
    Studies,
    Profiles,
}

/// The state of the home screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Home {
    /// `None` until the backend has answered.
    pub(crate) studies: Option<Result<Vec<StudyRow>, String>>,
    pub(crate) profiles: Vec<ProfileRow>,
    pub(crate) list: List,
    pub(crate) study: usize,
    pub(crate) profile: usize,
    pub(crate) filter: LineEdit,
    pub(crate) filtering: bool,
    /// The list of studies was asked for and has not come yet.
    pub(crate) asked: bool,
    /// The order of the studies, and whether it is turned round.
    pub(crate) sort: (SortBy, bool),
    /// A study that is to be compared with the next one that is chosen.
    pub(crate) compared: Option<String>,
    /// Studies that are being removed, renamed or cloned, and what is said when that is done.
    pub(crate) changing: BTreeMap<String, String>,
    /// The cursor was never moved: it may go where there is something to choose.
    pub(crate) touched: bool,
}

impl Home {
    pub(crate) fn set_studies(&mut self, studies: Result<Vec<StudyRow>, String>) {
        self.asked = false;
        // The cursor stays on its study when others come and go.
        let chosen = self.shown_studies().get(self.study).map(|row| row.name.clone());
        self.studies = Some(studies);
        let shown = self.shown_studies();
        let found = chosen.and_then(|name| shown.iter().position(|row| row.name == name));
        self.study = found.unwrap_or(self.study).min(shown.len().saturating_sub(1));
        self.settle();
    }

    pub(crate) fn set_profiles(&mut self, profiles: Vec<ProfileRow>) {
        self.profiles = profiles;
        self.profile = self.profile.min(self.profiles.len().saturating_sub(1));
        self.settle();
    }

    fn settle(&mut self) {
        if self.touched || self.studies.is_none() {
            return;
        }
        let empty = self.shown_studies().is_empty() && !self.profiles.is_empty();
        self.list = if empty { List::Profiles } else { List::Studies };
    }

    pub(crate) fn shown_studies(&self) -> Vec<&StudyRow> {
        let all = self.studies.iter().flatten().flatten();
        let mut shown: Vec<&StudyRow> =
            all.filter(|row| self.lets_through(&[&row.name, &row.technique, &row.model])).collect();
        let (by, reversed) = self.sort;
        shown.sort_by(|a, b| by.compare(a, b));
        if reversed {
            shown.reverse();
        }
        shown
    }

    pub(crate) fn shown_profiles(&self) -> Vec<&ProfileRow> {
        self.profiles.iter().filter(|row| self.lets_through(&[&row.path, &row.name, &row.summary])).collect()
    }

    pub(crate) fn chosen_study(&self) -> Option<&StudyRow> {
        self.shown_studies().get(self.study).copied().filter(|_| self.list == List::Studies)
    }

    pub(crate) fn chosen_profile(&self) -> Option<&ProfileRow> {
        self.shown_profiles().get(self.profile).copied().filter(|_| self.list == List::Profiles)
    }

    /// Goes to a line of a list; says whether the cursor was there already.
    pub(crate) fn choose(&mut self, list: List, position: usize) -> bool {
        self.touched = true;
        let cursor = match list {
            List::Studies => &mut self.study,
            List::Profiles => &mut self.profile,
        };
        let there = self.list == list && *cursor == position;
        (*cursor, self.list) = (position, list);
        self.clamp();
        there
    }

    fn lets_through(&self, texts: &[&str]) -> bool {
        let wanted = self.filter.text().to_lowercase();
        wanted.split_whitespace().all(|word| texts.iter().any(|text| text.to_lowercase().contains(word)))
    }

    /// The cursor stays on its study.
    pub(crate) fn sort_by(&mut self, by: SortBy, reversed: bool) {
        let chosen = self.shown_studies().get(self.study).map(|row| row.name.clone());
        self.sort = (by, reversed);
        let at = self.shown_studies().iter().position(|row| Some(&row.name) == chosen.as_ref());
        self.study = at.unwrap_or(self.study);
    }

    /// Cursors stay on their lists.
    pub(crate) fn clamp(&mut self) {
        self.study = self.study.min(self.shown_studies().len().saturating_sub(1));
        self.profile = self.profile.min(self.shown_profiles().len().saturating_sub(1));
    }
}
