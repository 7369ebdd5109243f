//! Keys of the result screen.

use super::leave::go_home;
use super::{export, trial};
use crate::effect::Effect;
use crate::key::Key;
use crate::model::{Model, Screen};
use crate::study::members;
use crate::view;

/// A key on the result screen.
pub(super) fn press(model: &mut Model, name: &str, key: Key) -> Vec<Effect> {
    let (theme, columns) = (model.theme(), usize::from(model.size.0));
    let Some(study) = model.studies.get_mut(name) else { return go_home(model) };
    let lines = view::result::lines(theme, study, columns).len();
    if let Some(moved) = key.moved(study.result_scroll, lines, 10) {
        study.result_scroll = moved;
        return Vec::new();
    }
    let members = members::members(study);
    match key {
        Key::Esc => return go_home(model),
        Key::Char('t') => model.screen = Screen::Live(name.to_owned()),
        Key::Tab | Key::BackTab if !members.is_empty() => {
            let step = if key == Key::Tab { 1 } else { members.len() - 1 };
            study.front_choice = Some(study.front_choice.map_or(0, |at| (at + step) % members.len()));
        }
        Key::Char('i') => {
            let chosen = study.front_choice.and_then(|at| members.get(at)).map(|member| member.trial);
            let id = chosen.or(study.finished.as_ref().map(|finished| finished.report.best.trial));
            let position = id.and_then(|id| study.position(id));
            return trial::open(model, name, position);
        }
        Key::Char('e') | Key::Enter => {
            let chosen = study.front_choice.and_then(|at| members.get(at)).map(|member| member.trial);
            return export::open(model, name, chosen);
        }
        _ => {}
    }
    Vec::new()
}
