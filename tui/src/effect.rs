//! What an update wants done.

use attune::backend::Request;

/// What an update wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the backend.
    Ask(Request),
    /// Give the terminal back and suspend the process (Ctrl-Z).
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Give this text to the terminal's clipboard.
    Copy(String),
    /// Let a person edit this file in an editor of their own; [`Message::Edited`](crate::Message::Edited) follows.
    Edit(String),
    /// Close the screens.
    Quit,
}
