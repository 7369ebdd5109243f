//! Code of other libraries that panics on files it does not expect.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is an answer and not news.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`; a panic in this thread is returned as its message, and nothing is printed.
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, String> {
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
    result.map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it gave no reason").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer() {
        assert_eq!(catch(|| 3), Ok(3));
        assert_eq!(catch(|| -> u32 { panic!("at {}", 7) }), Err("at 7".to_owned()));
        assert_eq!(catch(|| catch(|| -> u32 { panic!("inner") })), Ok(Err("inner".to_owned())));
        assert!(!QUIET.get());
    }
}
