//! Scoring: the cache, then the executor, with commands obeyed in between.

use std::collections::HashMap;

use attune_core::evaluator::{EvalFailure, Request};
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::scores::Scores;
use attune_core::store::{CacheKey, Cached, Origin};
use crossbeam_channel::select_biased;

use super::control::Control;
use super::executor::{Executor, Reply};
use super::{SessionError, SessionSetup};

/// A plan to be scored, and the name under which the cache remembers who needed it first.
pub(super) struct Wanted<'a> {
    pub(super) plan: &'a Plan,
    pub(super) by: String,
}

/// What is known about one plan.
pub(super) struct Scored {
    pub(super) outcome: Result<Scores, EvalFailure>,
    /// Whether somebody else's evaluation answered it.
    pub(super) reused: bool,
}

/// What happens to the plan of this number.
pub(super) enum Step {
    /// It was handed to the evaluator.
    Started(usize),
    /// It has its outcome.
    Scored(usize, Scored),
}

/// Whether everything was scored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Everything.
    Done,
    /// Someone asked to stop before that.
    Stopped,
}

/// Scores plans, each at most once.
pub(super) struct Scoring<'a> {
    setup: &'a SessionSetup,
    executor: Executor<'a>,
    pub(super) control: Control<'a>,
}

impl<'a> Scoring<'a> {
    pub(super) fn new(setup: &'a SessionSetup, executor: Executor<'a>, control: Control<'a>) -> Self {
        Self { setup, executor, control }
    }

    /// Scores `wanted` and reports each step to `on`, in any order. An outcome that would repeat itself is in
    /// the cache before `on` hears of it, so a kill at any moment loses no finished evaluation.
    pub(super) fn score(
        &mut self,
        request: &Request,
        wanted: &[Wanted<'_>],
        on: &mut dyn FnMut(Step) -> Result<(), SessionError>,
    ) -> Result<Flow, SessionError> {
        // The first of equal plans is evaluated; the others share its outcome.
        let mut sharers: HashMap<ContentHash, Vec<usize>> = HashMap::new();
        let mut pending: Vec<(usize, Plan)> = Vec::new();
        for (number, want) in wanted.iter().enumerate() {
            let hash = want.plan.hash();
            if let Some(numbers) = sharers.get_mut(&hash) {
                numbers.push(number);
                continue;
            }
            match self.setup.store.cached(&self.key(request, hash)?)? {
                Some(Cached { outcome, origin }) => {
                    let reused = origin != self.origin(want);
                    on(Step::Scored(number, Scored { outcome, reused }))?;
                }
                None => {
                    sharers.insert(hash, vec![number]);
                    pending.push((number, want.plan.clone()));
                }
            }
        }
        for (number, _) in &pending {
            on(Step::Started(*number))?;
        }
        self.control.poll();
        let mut open = self.executor.submit(request, pending);
        let mut interrupted = false;
        let mut broken: Option<EvalFailure> = None;
        while open > 0 {
            match self.next_reply() {
                Reply::BatchEnded(result) => {
                    open -= 1;
                    match result {
                        Ok(()) => {}
                        Err(EvalFailure::Interrupted) => interrupted = true,
                        Err(failure) => {
                            // What the other batches finish on their way out is still kept.
                            self.control.give_up();
                            broken.get_or_insert(failure);
                        }
                    }
                }
                Reply::Scored { outcome: Err(EvalFailure::Interrupted), .. } => interrupted = true,
                Reply::Scored { ticket, outcome } => {
                    let want = &wanted[ticket];
                    let hash = want.plan.hash();
                    if outcome.as_ref().err().is_none_or(EvalFailure::is_deterministic) {
                        let cached = Cached { outcome: outcome.clone(), origin: self.origin(want) };
                        self.setup.store.remember(&self.key(request, hash)?, &cached)?;
                    }
                    for number in sharers.remove(&hash).unwrap_or_default() {
                        let reused = number != ticket;
                        on(Step::Scored(number, Scored { outcome: outcome.clone(), reused }))?;
                    }
                }
            }
        }
        match broken {
            Some(failure) => {
                let during = format!("scoring {} plans on split `{}`", wanted.len(), request.split);
                Err(SessionError::Evaluator { during, failure })
            }
            None if interrupted || !sharers.is_empty() => Ok(Flow::Stopped),
            None => Ok(Flow::Done),
        }
    }

    fn next_reply(&mut self) -> Reply {
        loop {
            select_biased! {
                recv(self.control.commands()) -> command => match command {
                    Ok(command) => self.control.obey(command),
                    Err(_) => self.control.hang_up(),
                },
                recv(self.executor.replies()) -> reply => {
                    let lost = || Reply::BatchEnded(Err(EvalFailure::Internal("all workers are gone".to_owned())));
                    return reply.unwrap_or_else(|_| lost());
                }
            }
        }
    }

    fn key(&self, request: &Request, plan: ContentHash) -> Result<CacheKey, SessionError> {
        let evaluator = &self.setup.evaluator;
        let task = evaluator.task().fingerprints.get(&request.split);
        Ok(CacheKey {
            model: evaluator.model().fingerprint,
            task: *task.ok_or_else(|| SessionError::NoSplit {
                split: request.split.clone(),
                known: evaluator.task().name.clone(),
            })?,
            split: request.split.clone(),
            fidelity: request.fidelity,
            plan,
            numerics: evaluator.info().numerics.clone(),
        })
    }

    fn origin(&self, want: &Wanted<'_>) -> Origin {
        Origin { study: self.setup.header.study.clone(), by: want.by.clone() }
    }
}
