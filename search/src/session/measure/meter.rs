//! The meter of a phase: how far it is, counted in evaluations of one plan on one item.

use std::time::{Duration, Instant};

use attune_core::event::{Advance, Event, Phase};

/// What is evaluated between two ends of plans is told this often at most.
pub(in crate::session) const EVERY: Duration = Duration::from_millis(250);

/// One phase, from where it stands to its end.
pub(in crate::session) struct Meter {
    phase: Phase,
    /// What is over: committed trials, scored entries, …
    done: u64,
    total: u64,
    /// Evaluations of this run: before this phase, those that belong to what is over, and all that were heard of.
    before: Option<u64>,
    counted: u64,
    heard: u64,
    /// What is running may bring this much.
    room: u64,
    /// The most that was told to be done.
    most: u64,
    /// The evaluations that were told last, and when.
    told: Option<(u64, Instant)>,
}

impl Meter {
    /// A phase of `total` evaluations, of which `done` are done.
    pub(in crate::session) fn new(phase: Phase, done: u64, total: u64) -> Self {
        let total = total.max(done);
        Self { phase, done, total, before: None, counted: 0, heard: 0, room: 0, most: done, told: None }
    }

    /// After `evaluations` of this run, `room` more are handed out.
    pub(in crate::session) fn expect(&mut self, evaluations: u64, room: u64) {
        self.before.get_or_insert(evaluations);
        (self.counted, self.heard, self.room) = (evaluations, evaluations, room);
    }

    /// So many evaluations were run so far, those of plans without an outcome included. Says whether that is to be told.
    pub(in crate::session) fn hear(&mut self, evaluations: u64) -> bool {
        self.heard = self.heard.max(evaluations);
        self.told.is_none_or(|(told, when)| self.heard != told && when.elapsed() >= EVERY)
    }

    /// Of `done` evaluations that are over, `evaluated` were run.
    pub(in crate::session) fn add(&mut self, done: usize, evaluated: usize) {
        self.done += done as u64;
        self.total = self.total.max(self.done);
        self.room = self.room.saturating_sub(done as u64);
        self.counted += evaluated as u64;
    }

    /// Of a signal with `items` items, which takes longer or shorter than an evaluation and says nothing about the pace of
    /// others, `done` are done.
    pub(in crate::session) fn hear_of_signal(&mut self, items: u64, done: u64) -> bool {
        (self.counted, self.room) = (0, items);
        let due = self.hear(done);
        self.before = Some(self.heard);
        due
    }

    /// A signal of so many items is measured.
    pub(in crate::session) fn add_signal(&mut self, items: usize) {
        (self.before, self.counted, self.heard, self.room) = (None, 0, 0, 0);
        self.add(items, 0);
    }

    /// Whether there is nothing to be done.
    pub(in crate::session) fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub(in crate::session) fn event(&mut self) -> Event {
        let running = self.heard.saturating_sub(self.counted).min(self.room);
        // A plan that fails takes back what it had done.
        self.most = (self.done + running).max(self.most).min(self.total);
        self.told = Some((self.heard, Instant::now()));
        let evaluated = self.heard - self.before.unwrap_or(self.heard);
        Event::Advanced(Advance { phase: self.phase, done: self.most, total: self.total, evaluated })
    }
}
