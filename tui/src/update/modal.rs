//! Keys of dialogs.

use attune_core::event::Command;

use super::leave::{go_home, stop_all};
use super::{change, chooser, draft};
use crate::effect::Effect;
use crate::key::Key;
use crate::modal::Modal;
use crate::model::Model;

/// A key while a dialog is open.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(mut top) = model.modals.pop() else { return Vec::new() };
    if key == Key::Esc {
        return Vec::new();
    }
    if let Modal::Choose(chooser) = top {
        return chooser::press(model, *chooser, key);
    }
    match (&mut top, key) {
        // Help has nothing to choose: any key closes it.
        (Modal::Help, _) => return Vec::new(),
        (Modal::Leave, Key::Char('f')) => {
            model.leaving = true;
            return stop_all(model, Command::StopAfterGeneration);
        }
        (Modal::Leave, Key::Char('x')) => {
            model.leaving = true;
            return stop_all(model, Command::StopNow);
        }
        (Modal::Replace { .. }, Key::Enter) => return draft::replace(model),
        (Modal::Discard, Key::Enter) => {
            model.draft = None;
            return go_home(model);
        }
        (Modal::Change { study, change }, Key::Enter) => {
            return change::agreed(model, study.clone(), change);
        }
        (Modal::Change { change, .. }, key) => {
            if let Some(line) = change.line_mut() {
                line.press(key);
            }
        }
        (Modal::Export(export), key) => {
            let effects = export.press(key);
            model.modals.push(top);
            return effects;
        }
        _ => {}
    }
    model.modals.push(top);
    Vec::new()
}
