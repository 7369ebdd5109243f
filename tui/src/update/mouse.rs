//! The mouse: a click does what keys do, so nothing can be done with it alone.

use super::press;
use crate::effect::Effect;
use crate::home;
use crate::key::Key;
use crate::message::{Mouse, MouseKind};
use crate::modal::Modal;
use crate::model::{Model, Screen};
use crate::recording;
use crate::widgets::seen::{List, Target};

/// Lines that one step of the wheel moves.
const STEP: usize = 3;

pub(super) fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    match mouse.kind {
        MouseKind::Click => click(model, mouse.column, mouse.row),
        // Any key would close the help.
        _ if model.modals.last() == Some(&Modal::Help) => Vec::new(),
        MouseKind::Up => keys(model, Key::Up, STEP),
        MouseKind::Down => keys(model, Key::Down, STEP),
    }
}

fn click(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    match recording::seen(model).at(column, row) {
        None | Some(Target::Nothing) => Vec::new(),
        Some(Target::Key(key)) => press(model, key),
        Some(Target::Lines(0)) => press(model, Key::Enter),
        Some(Target::Lines(lines)) => {
            let key = if lines < 0 { Key::Up } else { Key::Down };
            keys(model, key, usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX))
        }
        Some(Target::Line(list, position)) => line(model, list, position),
    }
}

fn keys(model: &mut Model, key: Key, times: usize) -> Vec<Effect> {
    (0..times).flat_map(|_| press(model, key)).collect()
}

/// A line of a list of the home screen: chosen by the first click, opened by the second one.
fn line(model: &mut Model, list: List, position: usize) -> Vec<Effect> {
    let list = match list {
        List::Studies => home::List::Studies,
        List::Profiles => home::List::Profiles,
    };
    if model.screen != Screen::Home {
        return Vec::new();
    }
    if model.home.choose(list, position) { press(model, Key::Enter) } else { Vec::new() }
}
