//! What an update wants done.

use crate::desk::Request;

/// What an update wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the desk.
    Ask(Request),
    /// Give the terminal back and suspend the process (Ctrl-Z).
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Close the screens.
    Quit,
}
