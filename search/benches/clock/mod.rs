//! Processor time of this thread: other processes on the machine do not count.

use std::fs;
use std::time::Instant;

/// Runs from now on.
pub(crate) struct Clock {
    processor: Option<f64>,
    wall: Instant,
}

impl Clock {
    /// Starts.
    pub(crate) fn start() -> Self {
        Self { processor: processor_seconds(), wall: Instant::now() }
    }

    /// Seconds on a processor since the start; by the wall clock where the system does not say.
    pub(crate) fn seconds(&self) -> f64 {
        match (self.processor, processor_seconds()) {
            (Some(from), Some(to)) => to - from,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

/// Linux counts nanoseconds by thread.
fn processor_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<u64>().ok()? as f64 * 1e-9)
}
