//! How far a long call is, for people.

use std::cell::Cell;

use crate::bindings::attune::progress::progress::progress as report;

thread_local! {
    /// What was reported last, in percent of which total.
    static LAST: Cell<(u64, u64)> = const { Cell::new((u64::MAX, 0)) };
}

/// Says that `done` of `total` parts of this call are done; `total` is 0 where it is not known. It may be called as often as there
/// are parts: of a known total, only new percents are passed on.
///
/// A component that calls this needs an attune that has `attune:progress`.
pub fn progress(done: u64, total: u64) {
    if total > 0 {
        let percent = u128::from(done) * 100 / u128::from(total);
        let said = (u64::try_from(percent).unwrap_or(u64::MAX - 1), total);
        if LAST.replace(said) == said {
            return;
        }
    }
    report(done, total);
}
