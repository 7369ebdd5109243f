//! Progress of long calls: what the import `attune:progress/progress@0.1.0` takes, passed on from time to time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits;

/// Name of the import.
pub(crate) const IMPORT: &str = "attune:progress/progress@0.1.0";

/// What a call is done with within this time is not mentioned, and nothing of it is mentioned again within it.
const PATIENCE: Duration = Duration::from_millis(500);
/// Nothing is said of any technique for this time after something was: a study may have thousands of long calls.
const PAUSE: Duration = Duration::from_secs(5);

/// How far a call of a technique is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallProgress {
    /// The technique.
    pub technique: String,
    /// The exported function.
    pub call: &'static str,
    /// Parts of it that are done.
    pub done: u64,
    /// All of them; 0 where that is not known.
    pub total: u64,
}

impl fmt::Display for CallProgress {
    /// As notices say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { technique, call, done, total } = self;
        write!(f, "technique {technique}: `{call}` has done {done}")?;
        if *total == 0 { write!(f, " parts") } else { write!(f, " of {total}") }
    }
}

/// Takes what techniques report; called on the thread that calls the technique.
pub type ProgressSink = Arc<dyn Fn(&CallProgress) + Send + Sync>;

/// The same sink, which hears something from time to time only.
pub(crate) fn seldom(sink: impl Fn(&CallProgress) + Send + Sync + 'static) -> ProgressSink {
    let last: Mutex<Option<Instant>> = Mutex::default();
    Arc::new(move |progress: &CallProgress| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= PAUSE) {
            *last = Some(Instant::now());
            sink(progress);
        }
    })
}

/// The reports of one call.
pub(crate) struct Reports {
    call: &'static str,
    sink: ProgressSink,
    last: Instant,
    heard: u32,
}

impl Reports {
    pub(crate) fn new(call: &'static str, sink: ProgressSink) -> Self {
        Self { call, sink, last: Instant::now(), heard: 0 }
    }

    /// Takes a report; `false` where there are too many.
    #[must_use]
    pub(crate) fn hear(&mut self, technique: &str, done: u64, total: u64) -> bool {
        self.heard += 1;
        if self.heard > limits::PROGRESS_REPORTS {
            return false;
        }
        if self.last.elapsed() >= PATIENCE {
            self.last = Instant::now();
            let done = if total == 0 { done } else { done.min(total) };
            (self.sink)(&CallProgress { technique: technique.to_owned(), call: self.call, done, total });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_of_short_calls_and_little_of_long_ones() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        let sink: ProgressSink =
            Arc::new(move |progress: &CallProgress| sink.lock().unwrap().push(progress.clone()));
        let mut reports = Reports::new("space", sink);
        assert!((0..100).all(|done| reports.hear("t", done, 100)));
        assert_eq!(*heard.lock().unwrap(), []);
        // As if it had gone on for long.
        reports.last = Instant::now().checked_sub(2 * PATIENCE).unwrap();
        assert!((500..600).all(|done| reports.hear("t", done, 100)));
        let heard: Vec<String> = heard.lock().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(heard, ["technique t: `space` has done 100 of 100"]);
    }

    #[test]
    fn of_many_long_calls_few_are_mentioned() {
        let heard = Arc::new(Mutex::new(0));
        let count = Arc::clone(&heard);
        let sink = seldom(move |_| *count.lock().unwrap() += 1);
        let technique = "t".to_owned();
        let progress = CallProgress { technique, call: "lower", done: 3, total: 0 };
        (0..1000).for_each(|_| sink(&progress));
        assert_eq!(*heard.lock().unwrap(), 1);
        assert_eq!(progress.to_string(), "technique t: `lower` has done 3 parts");
    }

    #[test]
    fn reports_without_end_end_the_call() {
        let mut reports = Reports::new("space", Arc::new(|_: &CallProgress| {}));
        assert!((0..u64::from(limits::PROGRESS_REPORTS)).all(|done| reports.hear("t", done, 0)));
        assert!(!reports.hear("t", 0, 0), "one more is one too many");
    }
}
