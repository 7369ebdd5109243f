//! When an evaluation has to wait, and when to give up.

use std::thread;
use std::time::{Duration, Instant};

use attune_core::evaluator::{EvalFailure, Request, RunControl};

/// How often whoever is held asks whether to go on.
const GLANCE: Duration = Duration::from_millis(20);

/// Working time: what passes while the evaluation is held does not count.
#[derive(Clone, Copy)]
pub(crate) struct Clock<'a> {
    start: Instant,
    /// What had been rested before the start.
    rested: Duration,
    stop: &'a RunControl,
}

impl<'a> Clock<'a> {
    pub(crate) fn start(stop: &'a RunControl) -> Self {
        Self { start: Instant::now(), rested: stop.rested(), stop }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed().saturating_sub(self.stop.rested().saturating_sub(self.rested))
    }
}

/// When to give up; the default never does.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limit<'a> {
    /// Time for one plan, and for all that run together.
    time: Option<(Duration, Duration)>,
    clock: Option<Clock<'a>>,
}

impl<'a> Limit<'a> {
    /// Without a deadline: for what is done once, for whoever comes.
    pub(crate) fn of_stops(clock: Clock<'a>) -> Self {
        Self { time: None, clock: Some(clock) }
    }

    /// What `request` allows for that many plans together.
    pub(crate) fn new(request: &Request, plans: usize, clock: Clock<'a>) -> Self {
        Self { time: request.deadline.map(|each| (each, each * plans as u32)), clock: Some(clock) }
    }
}

/// Whether to go on, after waiting while that is asked for; called at least once per layer.
pub(crate) fn in_time(limit: Limit<'_>) -> Result<(), EvalFailure> {
    let Some(clock) = limit.clock else { return Ok(()) };
    while clock.stop.is_held() {
        thread::sleep(GLANCE);
    }
    if clock.stop.is_asked() {
        return Err(EvalFailure::Interrupted);
    }
    match limit.time {
        Some((each, all)) if clock.elapsed() > all => Err(EvalFailure::Deadline(each)),
        _ => Ok(()),
    }
}
