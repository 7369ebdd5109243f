//! Dialogs. The one on top gets every key, and Escape closes it.

use attune_core::event::Command;

use crate::chooser::{self, Chooser};
use crate::draft;
use crate::effect::Effect;
use crate::export::Export;
use crate::home::change::{self, Change};
use crate::key::Key;
use crate::model::Model;
use crate::update::{go_home, stop_all};

/// A dialog.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Modal {
    /// Every key of the screen below.
    Help,
    /// Studies run in this process: how to quit.
    Leave,
    /// A profile would replace this file.
    Replace {
        /// Path of the file, as the message names it.
        path: String,
    },
    /// A changed profile would be lost.
    Discard,
    /// A study is to be deleted, renamed or cloned.
    Change {
        /// The study.
        study: String,
        /// What is to be done to it.
        change: Change,
    },
    /// What a field of the form is chosen from.
    Choose(Box<Chooser>),
    /// Export of a trial.
    Export(Export),
}

impl Modal {
    pub(crate) fn paste(&mut self, text: &str) {
        match self {
            Self::Export(export) => export.paste(text),
            Self::Change { change, .. } => {
                if let Some(line) = change.line_mut() {
                    line.paste(text);
                }
            }
            Self::Choose(chooser) => chooser.paste(text),
            _ => {}
        }
    }
}

/// A key while a dialog is open.
pub(crate) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
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
