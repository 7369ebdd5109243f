//! The result screen: the report table, the config in words, and the way to an export.

pub(crate) mod view;

use crate::effect::Effect;
use crate::export;
use crate::key::Key;
use crate::model::{Model, Screen};
use crate::update::go_home;

/// A key on the result screen.
pub(crate) fn press(model: &mut Model, name: &str, key: Key) -> Vec<Effect> {
    let Some(study) = model.studies.get_mut(name) else { return go_home(model) };
    let lines = study.finished.as_deref().map_or(0, view::length);
    if let Some(moved) = key.moved(study.result_scroll, lines, 10) {
        study.result_scroll = moved;
        return Vec::new();
    }
    match key {
        Key::Esc => return go_home(model),
        Key::Char('t') => model.screen = Screen::Live(name.to_owned()),
        Key::Char('m') => {
            let metrics = study.finished.as_ref().map_or(1, |finished| finished.report.best.estimates.len());
            study.result_metric = (study.result_metric + 1) % metrics.max(1);
        }
        Key::Char('e') | Key::Enter => return export::open(model, name, None),
        _ => {}
    }
    Vec::new()
}
