//! Announcements: what a run says of itself to those who watch the study from another process.

use std::time::{Duration, Instant};

use attune_core::event::{Event, Phase, Underway};
use attune_core::store::Store;

/// How often something new is said at most.
const EVERY: Duration = Duration::from_millis(500);

/// Hears every event and tells the store how far the study is.
pub(in crate::session) struct Announcing<'a> {
    store: &'a dyn Store,
    study: &'a str,
    at: Underway,
    last: Option<Instant>,
}

impl<'a> Announcing<'a> {
    pub(in crate::session) fn new(store: &'a dyn Store, study: &'a str) -> Self {
        Self { store, study, at: Underway::default(), last: None }
    }

    pub(in crate::session) fn hear(&mut self, event: &Event) {
        let (running, what) = match event {
            Event::Advanced(advance) => {
                self.at.phases.retain(|known| known.phase != advance.phase);
                self.at.phases.push(*advance);
                (self.at.running, None)
            }
            Event::Measuring { what } => (Some(Phase::Measuring), Some(what.clone())),
            Event::Planning | Event::TrialStarted { .. } | Event::TrialFinished { .. } => {
                (Some(Phase::Search), Some(String::new()))
            }
            Event::Reporting { what, .. } => (Some(Phase::Report), Some(what.clone())),
            _ => return,
        };
        let news = running != self.at.running;
        self.at.running = running;
        self.at.what = what.unwrap_or_else(|| std::mem::take(&mut self.at.what));
        if news || self.last.is_none_or(|last| last.elapsed() >= EVERY) {
            self.last = Some(Instant::now());
            self.store.announce(self.study, &self.at);
        }
    }
}
