//! Opening the screen of a trial, and its keys.

use super::export;
use super::leave::go_home;
use crate::effect::Effect;
use crate::key::Key;
use crate::line_edit::LineEdit;
use crate::model::{Model, Screen};
use crate::study::Detail;
use crate::view;

/// Opens the screen of a trial.
pub(super) fn open(model: &mut Model, name: &str, position: Option<usize>) -> Vec<Effect> {
    let from_result = matches!(model.screen, Screen::Result(_));
    let Some(study) = model.studies.get_mut(name) else { return go_home(model) };
    match position.filter(|position| *position < study.rows.len()) {
        Some(position) => {
            let against = study.detail.against.filter(|against| *against != position);
            study.detail = Detail { position, against, from_result, ..Detail::default() };
            model.screen = Screen::Trial(name.to_owned());
        }
        None => model.complain("no trial has finished yet"),
    }
    Vec::new()
}

/// A key on the screen of a trial.
pub(super) fn press(model: &mut Model, name: &str, key: Key) -> Vec<Effect> {
    let (theme, columns) = (model.theme(), usize::from(model.size.0));
    let Some(study) = model.studies.get_mut(name) else { return go_home(model) };
    if let Some(line) = &mut study.detail.asking {
        match key {
            Key::Esc => study.detail.asking = None,
            Key::Enter => {
                let text = line.text().trim().to_owned();
                let found = text.parse().ok().and_then(|id| study.position(id));
                study.detail.asking = None;
                match found {
                    Some(position) => study.detail.against = Some(position),
                    None => model.complain(format!("there is no finished trial `{text}`: type its number")),
                }
            }
            _ => drop(line.press(key)),
        }
        return Vec::new();
    }
    let lines = view::trial::lines(theme, study, columns).len();
    if let Some(moved) = key.moved(study.detail.scroll, lines, 10) {
        study.detail.scroll = moved;
        return Vec::new();
    }
    let position = study.detail.position;
    match key {
        Key::Esc if study.detail.from_result => model.screen = Screen::Result(name.to_owned()),
        Key::Esc => model.screen = Screen::Live(name.to_owned()),
        Key::Left | Key::Right => {
            let rank = study.order.rank(position).unwrap_or(0);
            let rank = if key == Key::Left { rank.checked_sub(1) } else { Some(rank + 1) };
            if let Some(&next) = rank.and_then(|rank| study.order.positions().get(rank)) {
                study.detail.position = next;
                study.selected = Some(next);
            }
        }
        Key::Char('c') => {
            let others = study.others(position);
            let now =
                study.detail.against.and_then(|against| others.iter().position(|other| *other == against));
            // Nothing chosen is the first one.
            study.detail.against = others.get(now.map_or(1, |now| now + 1)).or(others.first()).copied();
        }
        Key::Char('g') => study.detail.asking = Some(LineEdit::default()),
        Key::Char('e') => {
            let trial = &study.rows[position].trial;
            let (id, state) = (trial.id, trial.state().name());
            if state == "complete" {
                return export::open(model, name, Some(id));
            }
            model.complain(format!("trial {id} is {state}: there is nothing to export"));
        }
        _ => {}
    }
    Vec::new()
}
