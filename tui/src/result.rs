//! The result screen: the report table, the front of several objectives, the config in words, and the way to an export.

mod front;
pub(crate) mod view;

use crate::effect::Effect;
use crate::export;
use crate::key::Key;
use crate::model::{Model, Screen};
use crate::trial;
use crate::update::go_home;

/// A key on the result screen.
pub(crate) fn press(model: &mut Model, name: &str, key: Key) -> Vec<Effect> {
    let (theme, columns) = (model.theme(), usize::from(model.size.0));
    let Some(study) = model.studies.get_mut(name) else { return go_home(model) };
    let lines = view::lines(theme, study, columns).len();
    if let Some(moved) = key.moved(study.result_scroll, lines, 10) {
        study.result_scroll = moved;
        return Vec::new();
    }
    let members = front::members(study);
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
