//! Everything that can happen to the screens.

use std::time::Duration;

use attune::backend::Answer;

use crate::key::Key;

/// What was done with the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The first button was pressed.
    Click,
    /// The wheel was turned up.
    Up,
    /// The wheel was turned down.
    Down,
}

/// Something was done with the mouse, at a place that counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// Column of the terminal.
    pub column: u16,
    /// Row of the terminal.
    pub row: u16,
}

/// Something happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// Something was done with the mouse.
    Mouse(Mouse),
    /// The editor of [`Effect::Edit`](crate::Effect::Edit) is closed again.
    Edited {
        /// Path of the file, as the message names it.
        path: String,
        /// Why there was no editor, if there was none.
        failure: Option<String>,
    },
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The backend answers.
    Answer(Answer),
    /// Time since the screens opened; comes at least once a second.
    Tick(Duration),
    /// The terminal is gone, or the system asks to end: nothing may be lost.
    Hangup,
    /// The process continues after it was suspended: the screen has to be set up again.
    Continued,
}
