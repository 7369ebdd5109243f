//! How far opening an evaluator is, where that takes longer than anybody waits without a word.

use std::fmt::Display;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::Complaints;

/// What is done within this time is not mentioned, and nothing is mentioned again within it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells `notice` from time to time how far it is.
pub(crate) fn told(notice: Complaints) -> impl Fn(&dyn Display) {
    let last = Mutex::new(Instant::now());
    move |progress| {
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.elapsed() >= PATIENCE {
            *last = Instant::now();
            notice(progress.to_string());
        }
    }
}
