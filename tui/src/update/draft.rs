//! Keys of the form.

mod arrivals;
mod choices;
mod steps;

pub(super) use arrivals::{
    catalogue_arrived, checked, counted, evaluator_arrived, model_arrived, profile_arrived, saved,
    technique_arrived, timed,
};
pub(super) use steps::{begin, edited, replace};

use super::leave::go_home;
use crate::draft::{Kind, Spot, Words, fields};
use crate::effect::Effect;
use crate::key::Key;
use crate::line_edit::LineEdit;
use crate::modal::Modal;
use crate::model::Model;

/// A key on the new study screen.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return go_home(model) };
    if draft.editing.is_some() {
        return edit(model, key);
    }
    if draft.moves(key) {
        return Vec::new();
    }
    match (key, draft.cursor.clone()) {
        (Key::Left | Key::Right | Key::Char(' ') | Key::Enter, Spot::Group(group)) => {
            draft.fold(Some(group));
            return Vec::new();
        }
        (Key::Left | Key::Right, Spot::Field(path)) => {
            let text = draft.field().and_then(|field| field.stepped(key == Key::Left));
            return text.map_or_else(Vec::new, |text| said(model, &path, text));
        }
        (Key::Enter | Key::Char(' '), Spot::Field(_)) => return open(model),
        _ => {}
    }
    match key {
        Key::Char('a') => draft.fold(None),
        Key::Char('e') => return steps::edit(model),
        Key::Char('r') => return reset(model),
        Key::Char('t') => return steps::time(model),
        Key::Char('s') => return steps::save(model, false),
        Key::Char('l') => return steps::launch(model),
        Key::Esc if draft.touched && draft.changed() && !draft.incomplete => {
            model.modals.push(Modal::Discard)
        }
        Key::Esc => {
            model.draft = None;
            return go_home(model);
        }
        _ => {}
    }
    Vec::new()
}

/// Enter: the list of what the field can be, or its text.
fn open(model: &mut Model) -> Vec<Effect> {
    if let Some(chooser) = choices::chooser(model) {
        let asks = model.draft.as_ref().map_or_else(Vec::new, |draft| chooser.asks(&draft.file));
        model.modals.push(Modal::Choose(Box::new(chooser)));
        return asks;
    }
    let Some(draft) = &mut model.draft else { return Vec::new() };
    draft.editing = draft.field().map(|field| LineEdit::new(&field.text));
    Vec::new()
}

fn edit(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    match key {
        Key::Esc => draft.editing = None,
        Key::Enter => {
            let Some(line) = draft.editing.take() else { return Vec::new() };
            let Some(path) = draft.field().map(|field| field.path.clone()) else { return Vec::new() };
            return said(model, &path, line.text().trim().to_owned());
        }
        key => {
            if let Some(line) = &mut draft.editing {
                line.press(key);
            }
        }
    }
    Vec::new()
}

/// A person says something of a field; nothing of an undescribed option removes it. Who leaves a field as it was has
/// said nothing.
pub(super) fn said(model: &mut Model, path: &str, text: String) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    let Some(field) = draft.fields.iter().find(|field| field.path == path) else { return Vec::new() };
    if field.text == text {
        return Vec::new();
    }
    let removed = field.kind == Kind::Undescribed && text.is_empty();
    let owner = fields::owner(draft, path).to_owned();
    match removed {
        true => draft.said.forget(&owner, path),
        false => draft.said.put(&owner, path, Words::Typed(text)),
    }
    draft.touched = true;
    steps::settle(model)
}

/// A person leaves the field under the cursor to what follows from the rest.
fn reset(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    let Some(field) = draft.field().filter(|field| field.said) else { return Vec::new() };
    let path = field.path.clone();
    let owner = fields::owner(draft, &path).to_owned();
    draft.said.forget(&owner, &path);
    draft.touched = true;
    steps::settle(model)
}
