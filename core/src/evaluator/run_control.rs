//! Asking an evaluation to wait, or to end early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// A flag that asks evaluations to wait, or to end before they are finished, from any thread. Clones are the same flag; a
/// request to end is for good.
#[derive(Clone, Debug, Default)]
pub struct RunControl(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    asked: AtomicBool,
    held: AtomicBool,
    /// Nanoseconds.
    rested: AtomicU64,
}

impl RunControl {
    /// Asks everybody who holds a clone to stop.
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Relaxed)
    }

    /// Asks everybody who holds a clone to wait until [`RunControl::release`], or to stop.
    pub fn hold(&self) {
        self.0.held.store(true, Ordering::Release);
    }

    /// Lets them go on; `rested` is how long they were asked to wait.
    pub fn release(&self, rested: Duration) {
        let nanoseconds = u64::try_from(rested.as_nanos()).unwrap_or(u64::MAX);
        self.0.rested.fetch_add(nanoseconds, Ordering::Relaxed);
        self.0.held.store(false, Ordering::Release);
    }

    /// Whether to wait. Never once somebody has asked to stop.
    pub fn is_held(&self) -> bool {
        self.0.held.load(Ordering::Acquire) && !self.is_asked()
    }

    /// All the time for which evaluations were asked to wait so far: no work was expected in it.
    pub fn rested(&self) -> Duration {
        Duration::from_nanos(self.0.rested.load(Ordering::Relaxed))
    }
}

/// Whether both are the same flag.
impl PartialEq for RunControl {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_one_flag() {
        let (stop, other) = (RunControl::default(), RunControl::default());
        stop.clone().ask();
        assert!(stop.is_asked() && !other.is_asked());
        assert!(stop == stop.clone() && stop != other);
    }

    #[test]
    fn whoever_is_held_waits_until_released_or_stopped() {
        let stop = RunControl::default();
        assert!(!stop.is_held());
        stop.clone().hold();
        assert!(stop.is_held());
        stop.release(Duration::from_millis(3));
        assert!(!stop.is_held());
        stop.hold();
        stop.ask();
        assert!(!stop.is_held(), "what is to end does not wait");
        stop.release(Duration::from_millis(4));
        assert_eq!(stop.rested(), Duration::from_millis(7));
    }
}
