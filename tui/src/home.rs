//! The home screen: studies of the store and profiles that were found.

pub(crate) mod change;
mod order;
pub(crate) mod view;

use std::collections::BTreeMap;

use crate::compare;
use crate::draft;
use crate::effect::Effect;
use crate::key::Key;
use crate::line_edit::LineEdit;
use crate::model::{Model, Screen};
use attune::backend::{ProfileRow, Request, RunLocation, StudyRow};
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
    touched: bool,
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
    fn sort_by(&mut self, by: SortBy, reversed: bool) {
        let chosen = self.shown_studies().get(self.study).map(|row| row.name.clone());
        self.sort = (by, reversed);
        let at = self.shown_studies().iter().position(|row| Some(&row.name) == chosen.as_ref());
        self.study = at.unwrap_or(self.study);
    }

    fn clamp(&mut self) {
        self.study = self.study.min(self.shown_studies().len().saturating_sub(1));
        self.profile = self.profile.min(self.shown_profiles().len().saturating_sub(1));
    }
}

/// A key on the home screen.
pub(crate) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let home = &mut model.home;
    if home.filtering {
        match key {
            Key::Esc => {
                home.filter = LineEdit::default();
                home.filtering = false;
            }
            Key::Enter => home.filtering = false,
            _ => drop(home.filter.press(key)),
        }
        home.clamp();
        return Vec::new();
    }
    let (cursor, len) = match home.list {
        List::Studies => (home.study, home.shown_studies().len()),
        List::Profiles => (home.profile, home.shown_profiles().len()),
    };
    if let Some(moved) = key.moved(cursor, len, 10) {
        home.touched = true;
        match home.list {
            List::Studies => home.study = moved,
            List::Profiles => home.profile = moved,
        }
        return Vec::new();
    }
    match key {
        Key::Tab | Key::BackTab => {
            home.touched = true;
            home.list = if home.list == List::Studies { List::Profiles } else { List::Studies };
        }
        Key::Char('/') => home.filtering = true,
        Key::Esc => home.filter = LineEdit::default(),
        Key::Char('o') => home.sort_by(home.sort.0.next(), home.sort.1),
        Key::Char('O') => home.sort_by(home.sort.0, !home.sort.1),
        Key::Char('v') => return side_by_side(model),
        Key::Char('n') => return draft::begin(model),
        Key::Char('e') if home.list == List::Profiles => {
            let path = home.chosen_profile().map(|profile| profile.path.clone());
            return path.map(Effect::Edit).into_iter().collect();
        }
        Key::Enter => return enter(model),
        Key::Char('c') => return go_on(model),
        _ => drop(change::ask(model, key)),
    }
    Vec::new()
}

/// The first study is kept in mind, the second one opens both.
fn side_by_side(model: &mut Model) -> Vec<Effect> {
    let Some(study) = model.home.chosen_study() else { return Vec::new() };
    let name = study.name.clone();
    match model.home.compared.take() {
        Some(first) if first == name => {}
        Some(first) => return compare::open(model, [first, name]),
        None => {
            model.say(format!("{name} is compared with the study on which you press v next"));
            model.home.compared = Some(name);
        }
    }
    Vec::new()
}

fn enter(model: &mut Model) -> Vec<Effect> {
    if let Some(profile) = model.home.chosen_profile() {
        let path = profile.path.clone();
        return vec![Effect::Ask(Request::Load { path })];
    }
    let Some(study) = model.home.chosen_study() else { return Vec::new() };
    let name = study.name.clone();
    if study.place == RunLocation::Here && model.studies.contains_key(&name) {
        model.screen = Screen::Live(name);
        return Vec::new();
    }
    model.screen = Screen::Opening(format!("opening {name}"));
    vec![Effect::Ask(Request::Open { study: name })]
}

/// Runs the chosen study again, from the profile that describes it.
fn go_on(model: &mut Model) -> Vec<Effect> {
    let Some(study) = model.home.chosen_study() else { return Vec::new() };
    let (name, place) = (study.name.clone(), study.place);
    let profile = model.home.profiles.iter().find(|profile| profile.name == name);
    match (place, profile.map(|profile| profile.path.clone())) {
        (RunLocation::Here | RunLocation::Elsewhere, _) => {
            model.say(format!("{name} is running already; Enter shows it"))
        }
        (_, None) => {
            let device = model.setup.device.clone();
            model.screen = Screen::Opening(format!("continuing {name}"));
            return vec![Effect::Ask(Request::Continue { study: name, device })];
        }
        (_, Some(profile)) => {
            let device = model.setup.device.clone();
            model.screen = Screen::Opening(format!("continuing {name}"));
            return vec![Effect::Ask(Request::Launch { profile, study: None, device })];
        }
    }
    Vec::new()
}
