//! Keys of the form.

use super::said::Words;
use super::{Kind, fields, steps};
use crate::effect::Effect;
use crate::key::Key;
use crate::line_edit::LineEdit;
use crate::modal::Modal;
use crate::model::Model;
use crate::update::go_home;

/// A key on the new study screen.
pub(crate) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return go_home(model) };
    if draft.editing.is_some() {
        return edit(model, key);
    }
    if let Some(moved) = key.moved(draft.cursor, draft.fields.len(), 10) {
        draft.cursor = moved;
        return Vec::new();
    }
    let Some(field) = draft.fields.get_mut(draft.cursor) else { return Vec::new() };
    match key {
        Key::Left | Key::Right | Key::Char(' ') => {
            let Some(text) = field.stepped(key == Key::Left) else { return Vec::new() };
            return change(model, text);
        }
        Key::Enter if field.is_choice() => {
            let Some(text) = field.stepped(false) else { return Vec::new() };
            return change(model, text);
        }
        Key::Enter => draft.editing = Some(LineEdit::new(&field.text)),
        Key::Char('r') => return reset(model),
        Key::Tab => draft.cursor = (draft.cursor + 1) % draft.fields.len(),
        Key::BackTab => draft.cursor = draft.cursor.checked_sub(1).unwrap_or(draft.fields.len() - 1),
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

fn edit(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    match key {
        Key::Esc => draft.editing = None,
        Key::Enter => {
            let Some(line) = draft.editing.take() else { return Vec::new() };
            let text = line.text().trim().to_owned();
            // Who opens a field and leaves it as it was has said nothing.
            let same = draft.fields.get(draft.cursor).is_some_and(|field| field.text == text);
            return if same { Vec::new() } else { change(model, text) };
        }
        Key::Tab => {
            // The suggestion that begins like what has been typed, or the next one.
            let Some(field) = draft.fields.get(draft.cursor) else { return Vec::new() };
            let (Kind::Text(words) | Kind::Named(words)) = &field.kind else {
                return Vec::new();
            };
            let typed = draft.editing.as_ref().map_or("", |line| line.text());
            if let Some(word) = words.iter().find(|word| word.starts_with(typed) && *word != typed) {
                draft.editing = Some(LineEdit::new(word));
            }
        }
        key => {
            if let Some(line) = &mut draft.editing {
                line.press(key);
            }
        }
    }
    Vec::new()
}

/// A person says something of the field under the cursor; nothing of an undescribed option removes it.
fn change(model: &mut Model, text: String) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    let Some(field) = draft.fields.get(draft.cursor) else { return Vec::new() };
    if field.said && field.text == text {
        return Vec::new();
    }
    let (path, removed) = (field.path.clone(), field.kind == Kind::Undescribed && text.is_empty());
    let owner = fields::owner(draft, &path).to_owned();
    match removed {
        true => draft.said.forget(&owner, &path),
        false => draft.said.put(&owner, &path, Words::Typed(text)),
    }
    draft.touched = true;
    steps::settle(model)
}

/// A person leaves the field under the cursor to what follows from the rest.
fn reset(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    let Some(field) = draft.fields.get(draft.cursor).filter(|field| field.said) else { return Vec::new() };
    let path = field.path.clone();
    let owner = fields::owner(draft, &path).to_owned();
    draft.said.forget(&owner, &path);
    draft.touched = true;
    steps::settle(model)
}
