//! How fast a study goes, over the last minute.

use std::collections::VecDeque;
use std::time::Duration;

use attune_core::event::Progress;

const WINDOW: Duration = Duration::from_secs(60);

/// Samples of the counters, one a second at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    samples: VecDeque<(Duration, u64, u64)>,
}

impl Pace {
    /// Starts the clock.
    pub(crate) fn begin(&mut self, now: Duration, progress: &Progress) {
        self.samples.clear();
        self.samples.push_back((now, progress.trials, progress.work.naive));
    }

    /// Notes the counters; an idle or paused study should not be sampled but begun again.
    pub(crate) fn sample(&mut self, now: Duration, progress: &Progress) {
        while self.samples.len() > 2 && self.samples.front().is_some_and(|first| now > first.0 + WINDOW) {
            self.samples.pop_front();
        }
        self.samples.push_back((now, progress.trials, progress.work.naive));
    }

    /// Trials per second.
    pub(crate) fn trials(&self) -> Option<f64> {
        self.slope(|sample| sample.1)
    }

    /// Layer-tokens per second that were scored, shared ones included.
    pub(crate) fn work(&self) -> Option<f64> {
        self.slope(|sample| sample.2)
    }

    fn slope(&self, of: impl Fn(&(Duration, u64, u64)) -> u64) -> Option<f64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let seconds = last.0.checked_sub(first.0)?.as_secs_f64();
        let grown = of(last).saturating_sub(of(first));
        (seconds > 0.0 && grown > 0).then(|| grown as f64 / seconds)
    }
}
