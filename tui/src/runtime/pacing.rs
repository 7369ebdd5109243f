//! When to draw: soon after a key, a few times a second while events arrive, never for nothing.

use std::time::Duration;

use super::SECOND;

/// At most 20 drawings a second, for keys.
const AFTER_KEY: Duration = Duration::from_millis(50);
/// At most 8 a second, for events: nobody reads faster, and it keeps a burst of them cheap.
const AFTER_EVENT: Duration = Duration::from_millis(125);

/// What has changed since the last drawing.
#[derive(Debug)]
pub(super) struct Pacing {
    last: Option<Duration>,
    waiting: Option<Duration>,
}

impl Default for Pacing {
    /// The first drawing is due at once.
    fn default() -> Self {
        Self { last: None, waiting: Some(AFTER_KEY) }
    }
}

impl Pacing {
    /// A person did something.
    pub(super) fn asked(&mut self) {
        self.waiting = Some(AFTER_KEY);
    }

    /// Something else changed.
    pub(super) fn changed(&mut self) {
        self.waiting = self.waiting.or(Some(AFTER_EVENT));
    }

    pub(super) fn due(&self, now: Duration) -> bool {
        self.waiting.is_some_and(|wait| self.last.is_none_or(|last| now >= last + wait))
    }

    pub(super) fn drawn(&mut self, now: Duration) {
        self.last = Some(now);
        self.waiting = None;
    }

    /// How long nothing needs to be done without a message.
    pub(super) fn patience(&self, now: Duration) -> Duration {
        match (self.waiting, self.last) {
            (Some(wait), Some(last)) => (last + wait).saturating_sub(now),
            (Some(_), None) => Duration::ZERO,
            // Until the clock shows the next second.
            (None, _) => SECOND - Duration::from_nanos(u64::from(now.subsec_nanos())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_drawn_soon_and_events_together() {
        let at = Duration::from_millis;
        let mut pacing = Pacing::default();
        assert!(pacing.due(at(0)));
        pacing.drawn(at(0));
        assert!(!pacing.due(at(5000)));
        pacing.changed();
        assert!(!pacing.due(at(124)) && pacing.due(at(125)));
        pacing.asked();
        pacing.changed();
        assert!(pacing.due(at(50)));
        assert_eq!(pacing.patience(at(20)), at(30));
    }
}
