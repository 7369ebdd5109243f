//! Keys of the home screen.

use attune::backend::{Request, RunLocation};

use super::{change, compare, draft};
use crate::effect::Effect;
use crate::home::List;
use crate::key::Key;
use crate::line_edit::LineEdit;
use crate::model::{Model, Screen};

/// A key on the home screen.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
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
