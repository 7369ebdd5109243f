//! That texts are being read, for texts that take longer than anybody waits without a word.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use attune_eval::text::Progress;

use super::Complaints;

/// What is read within this time is not mentioned, and nothing is mentioned again within it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells `notice` from time to time how far reading is.
pub(super) fn told(notice: Complaints) -> impl Fn(Progress<'_>) {
    let last = Mutex::new(Instant::now());
    move |progress| {
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.elapsed() >= PATIENCE {
            *last = Instant::now();
            notice(format!("reading {}: {:.0} %", progress.file.display(), 100.0 * progress.share));
        }
    }
}
