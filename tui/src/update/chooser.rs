//! Keys of the list from which a value of the form is chosen.

use super::draft;
use crate::chooser::Chooser;
use crate::effect::Effect;
use crate::key::Key;
use crate::modal::Modal;
use crate::model::Model;

/// A key other than Escape, which closes the dialog.
pub(super) fn press(model: &mut Model, mut chooser: Chooser, key: Key) -> Vec<Effect> {
    let folder = |chooser: &Chooser| chooser.browsing.as_ref().map(|browsing| browsing.folder.clone());
    let before = folder(&chooser);
    if let Some(text) = chooser.press(key) {
        return draft::said(model, &chooser.path, text);
    }
    let asks = match &model.draft {
        Some(draft) if folder(&chooser) != before => chooser.asks(&draft.file),
        _ => Vec::new(),
    };
    model.modals.push(Modal::Choose(Box::new(chooser)));
    asks
}
