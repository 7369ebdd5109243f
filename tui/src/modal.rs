//! Dialogs. The one on top gets every key, and Escape closes it.

use crate::chooser::Chooser;
use crate::export::Export;
use crate::home::Change;

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
