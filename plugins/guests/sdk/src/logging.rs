//! Text for people.

use crate::bindings::attune::technique::log::{Level, log};

/// Logs a detail that helps in finding a bug.
pub fn debug(message: &str) {
    log(Level::Debug, message);
}

/// Logs something worth knowing.
pub fn info(message: &str) {
    log(Level::Info, message);
}

/// Logs something that is probably not what the user wants.
pub fn warn(message: &str) {
    log(Level::Warn, message);
}

/// Sends the message of a panic to the host before the panic becomes a trap without words.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| log(Level::Error, &panic.to_string())));
}
