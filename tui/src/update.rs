//! One step of the screens: a message in, effects out. Pure.

mod answers;
mod change;
mod chooser;
mod compare;
mod draft;
mod export;
mod home;
mod leave;
mod modal;
mod mouse;
mod result;
mod study;
mod trial;

use std::time::Duration;

use attune::backend::Request;

use crate::effect::Effect;
use crate::key::Key;
use crate::message::Message;
use crate::modal::Modal;
use crate::model::{Model, Screen};
use crate::recording;
use leave::go_home;

/// Brings the model up to date and says what has to be done.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = match message {
        Message::Key(key) => press(model, key),
        Message::Mouse(mouse) => mouse::mouse(model, mouse),
        Message::Edited { path, failure } => draft::edited(model, &path, failure),
        Message::Paste(text) => paste(model, &text),
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Message::Answer(answer) => answers::receive(model, answer),
        Message::Tick(now) => tick(model, now),
        Message::Hangup => leave::hang_up(model),
        Message::Continued => vec![Effect::Redraw],
    };
    if model.leaving && model.running_here().is_empty() && !effects.contains(&Effect::Quit) {
        effects.push(Effect::Quit);
    }
    effects
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.notice = None;
    match key {
        Key::Ctrl('c') => return leave::leave(model),
        Key::Ctrl('z') => return vec![Effect::Suspend],
        Key::Ctrl('l') => return vec![Effect::Redraw],
        _ => {}
    }
    if !model.modals.is_empty() {
        return modal::press(model, key);
    }
    if !model.has_modal() {
        match key {
            Key::Char('?') => {
                model.modals.push(Modal::Help);
                return Vec::new();
            }
            Key::Char('q') => return leave::leave(model),
            Key::Char('y') => return copy(model),
            _ => {}
        }
    }
    match model.screen.clone() {
        Screen::Home => home::press(model, key),
        Screen::Draft => draft::press(model, key),
        Screen::Opening(_) if key == Key::Esc => go_home(model),
        Screen::Opening(_) => Vec::new(),
        Screen::Live(name) => study::press(model, &name, key),
        Screen::Result(name) => result::press(model, &name, key),
        Screen::Trial(name) => trial::press(model, &name, key),
        Screen::Compare => compare::press(model, key),
    }
}

/// `y`: the command line that the screen shows.
fn copy(model: &mut Model) -> Vec<Effect> {
    let command = recording::seen(model).command;
    if command.is_empty() {
        model.say("this screen has no command line");
        return Vec::new();
    }
    model.say(format!("copied, if this terminal lets programs copy: {command}"));
    vec![Effect::Copy(command)]
}

fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(modal) = model.modals.last_mut() {
        modal.paste(text);
    } else if model.home.filtering {
        model.home.filter.paste(text);
    } else if let Some(line) = model.draft.as_mut().and_then(|draft| draft.editing.as_mut()) {
        line.paste(text);
    }
    Vec::new()
}

fn tick(model: &mut Model, now: Duration) -> Vec<Effect> {
    let second = now.as_secs() > model.now.as_secs();
    model.now = now;
    if !second {
        return Vec::new();
    }
    model.studies.values_mut().for_each(|study| study.tick(now));
    // A study that another process runs shows up in the list without a key.
    let due = model.screen == Screen::Home && now.as_secs().is_multiple_of(2) && !model.home.asked;
    if due {
        model.home.asked = true;
        return vec![Effect::Ask(Request::Studies)];
    }
    Vec::new()
}
