//! Everything that can happen to the screens.

use std::time::Duration;

use crate::desk::Answer;
use crate::key::Key;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The desk answers.
    Answer(Answer),
    /// Time since the screens opened; comes at least once a second.
    Tick(Duration),
    /// The terminal is gone, or the system asks to end: nothing may be lost.
    Hangup,
    /// The process continues after it was suspended: the screen has to be set up again.
    Continued,
}
