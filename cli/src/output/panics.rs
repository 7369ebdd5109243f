//! A bug that panics says so like everything else: escaped, and without panicking again.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic;

/// From here on panics are told on standard error through this module.
pub(crate) fn escape_panics() {
    panic::set_hook(Box::new(|info| {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
        let words = info.payload_as_str().unwrap_or("something that is no text");
        super::to_stderr(&super::visible(&format!("thread '{name}' panicked{place}:\n{words}\n")));
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            super::to_stderr(&format!("{trace}\n"));
        }
    }));
}
