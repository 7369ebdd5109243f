//! How much of a batch one of its tasks is, told while it runs.

use attune_core::evaluator::BatchProgress;

/// Some evaluations of a batch, which come in parts.
#[derive(Clone, Copy)]
pub(crate) struct Share<'a> {
    progress: &'a BatchProgress,
    evaluations: f64,
}

impl<'a> Share<'a> {
    /// So many evaluations of one plan on one item.
    pub(crate) fn new(progress: &'a BatchProgress, evaluations: f64) -> Self {
        Self { progress, evaluations }
    }

    /// A part of it that takes `own` of the work beside one that takes `other`, and that other one.
    pub(crate) fn split(self, own: f64, other: f64) -> (Self, Self) {
        let part = |work: f64| Self { evaluations: self.evaluations * work / (own + other), ..self };
        (part(own), part(other))
    }

    /// `parts` of `all` equal parts are done.
    pub(crate) fn done(self, parts: usize, all: usize) {
        self.progress.add(self.evaluations * parts as f64 / all as f64);
    }
}
