//! What a drawing shows that a person can point at or copy.
//!
//! Drawing is a function of the model, so where things are is not remembered: a click is answered by drawing the same
//! screen once more, without a terminal, while somebody listens here.

use std::cell::RefCell;

use ratatui::layout::{Position, Rect};

use crate::key::Key;

/// What a click on a place does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// It presses a key.
    Key(Key),
    /// It moves the cursor by so many lines, or opens what the cursor is on.
    Lines(i64),
    /// It goes to a list and a line of it.
    Line(List, usize),
    /// It does nothing: something lies over what would be there.
    Nothing,
}

/// Lists that can have the cursor or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Studies,
    Profiles,
}

/// What a drawing showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    places: Vec<(Rect, Target)>,
    /// The command line that does the same.
    pub(crate) command: String,
}

thread_local! {
    static LISTENING: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// What is shown while `draw` runs.
pub(crate) fn listen(draw: impl FnOnce()) -> Seen {
    LISTENING.set(Some(Seen::default()));
    draw();
    LISTENING.take().unwrap_or_default()
}

impl Seen {
    /// What is at a place; what was drawn last lies on top.
    pub(crate) fn at(&self, column: u16, row: u16) -> Option<Target> {
        let here = |(area, _): &&(Rect, Target)| area.contains(Position { x: column, y: row });
        self.places.iter().rev().find(here).map(|(_, target)| *target)
    }
}

/// Says what a click in `area` does.
pub(crate) fn place(area: Rect, target: Target) {
    LISTENING.with_borrow_mut(|seen| {
        if let Some(seen) = seen {
            seen.places.push((area, target));
        }
    });
}

/// Says that line `position` of a list whose cursor is at `cursor` is in `area`.
pub(crate) fn row(area: Rect, position: usize, cursor: Option<usize>) {
    // Without a cursor, the first step goes to the first line.
    let from = cursor.map_or(-1, |cursor| cursor as i64);
    place(area, Target::Lines(position as i64 - from));
}

/// Says which command line does the same.
pub(crate) fn command(line: &str) {
    LISTENING.with_borrow_mut(|seen| {
        if let Some(seen) = seen {
            line.clone_into(&mut seen.command);
        }
    });
}
