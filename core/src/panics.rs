//! Panics that are answers: what they say, and catching those of libraries without a word.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is an answer and not news.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What a panic said; `None` when that was no text.
pub fn message(panic: &(dyn Any + Send)) -> Option<&str> {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
}

/// Runs `body`; a panic in this thread is returned as its message, and nobody is told.
///
/// Whatever `body` was changing may be half changed when it panics: it is not to be used any more.
///
/// # Errors
/// What the panic said.
pub fn quietly<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    // Once and for all threads: a hook that is put in place and taken back around each call would meet others that do the same.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let outside = QUIET.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    QUIET.set(outside);
    result.map_err(|panic| message(&*panic).unwrap_or("it gave no reason").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer() {
        assert_eq!(quietly(|| 3), Ok(3));
        assert_eq!(quietly(|| -> u32 { panic!("at {}", 7) }), Err("at 7".to_owned()));
        assert_eq!(quietly(|| quietly(|| -> u32 { panic!("inner") })), Ok(Err("inner".to_owned())));
        let silent = || -> u32 { panic::panic_any(7) };
        assert_eq!(quietly(silent), Err("it gave no reason".to_owned()));
        assert!(!QUIET.get());
    }
}
