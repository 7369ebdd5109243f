//! Scoring: what is known about single items, then the executor, with commands obeyed in between.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use attune_core::evaluator::{EvalFailure, Evaluation, Request};
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::scores::{Scores, Work};
use attune_core::store::{CacheKey, CacheOrigin, Cached};
use crossbeam_channel::{Receiver, select_biased, tick};

use super::control::Control;
use super::executor::{Executor, Reply};
use super::known::Known;
use super::meter::EVERY;
use crate::session::{SessionError, SessionSetup};

/// A plan to be scored, and the name under which the cache remembers who needed it first.
pub(in crate::session) struct Wanted<'a> {
    pub(in crate::session) plan: &'a Plan,
    pub(in crate::session) by: String,
}

/// What is known about one plan.
pub(in crate::session) struct Scored {
    /// Scores on the items of the request, in its order.
    pub(in crate::session) outcome: Result<Scores, EvalFailure>,
    /// Whether evaluations of other studies answered it.
    pub(in crate::session) shared: bool,
    /// What evaluating it took just now; nothing when the cache answered.
    pub(in crate::session) effort: Effort,
}

/// What evaluating something took.
#[derive(Clone, Copy, Default)]
pub(in crate::session) struct Effort {
    pub(in crate::session) work: Work,
    pub(in crate::session) seconds: f64,
    /// Items that were evaluated.
    pub(in crate::session) items: usize,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.work += other.work;
        self.seconds += other.seconds;
        self.items += other.items;
    }
}

/// What happens to the plan of this number.
pub(in crate::session) enum Step {
    /// It was handed to the evaluator.
    Started(usize),
    /// It has its outcome.
    Scored(usize, Scored),
    /// So many evaluations were run so far in this session, those of plans without an outcome included; comes a few times a
    /// second, and before every outcome.
    Evaluated(u64),
}

/// Whether everything was scored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum Flow {
    /// Everything.
    Done,
    /// Someone asked to stop before that.
    Stopped,
}

/// Scores plans, each at most once on each item.
pub(in crate::session) struct Scoring<'a> {
    setup: &'a SessionSetup,
    executor: Executor<'a>,
    pub(in crate::session) control: Control<'a>,
    ticks: Receiver<Instant>,
}

/// What comes next while batches run.
enum Next {
    Reply(Reply),
    Tick,
}

/// A plan that the evaluator has to run.
struct Open {
    /// Everybody who wants it; the first one has it evaluated.
    numbers: Vec<usize>,
    known: Known,
}

impl<'a> Scoring<'a> {
    pub(in crate::session) fn new(
        setup: &'a SessionSetup,
        executor: Executor<'a>,
        control: Control<'a>,
    ) -> Self {
        Self { setup, executor, control, ticks: tick(EVERY) }
    }

    /// Evaluations of one plan on one item that this session has run so far.
    pub(in crate::session) fn evaluations(&self) -> u64 {
        self.executor.evaluations()
    }

    /// Scores `wanted` and reports each step to `on`, in any order. An outcome that would repeat itself is in
    /// the cache before `on` hears of it, so a kill at any moment loses no finished evaluation.
    pub(in crate::session) fn score(
        &mut self,
        request: &Request,
        wanted: &[Wanted<'_>],
        on: &mut dyn FnMut(Step) -> Result<(), SessionError>,
    ) -> Result<Flow, SessionError> {
        let mut open: HashMap<ContentHash, Open> = HashMap::new();
        // Plans that miss the same items run together, in proposal order.
        let mut missing: BTreeMap<Vec<u32>, Vec<(usize, Plan)>> = BTreeMap::new();
        for (number, want) in wanted.iter().enumerate() {
            let hash = want.plan.hash();
            if let Some(open) = open.get_mut(&hash) {
                open.numbers.push(number);
                continue;
            }
            let known = Known::new(self.setup.store.cached(&self.key(request, want.plan)?)?);
            match known.answer(&request.items) {
                Some(outcome) => {
                    let shared = known.is_shared(&request.items, &self.setup.header.study);
                    on(Step::Scored(number, Scored { outcome, shared, effort: Effort::default() }))?;
                }
                None => {
                    let items = known.missing(&request.items);
                    missing.entry(items).or_default().push((number, want.plan.clone()));
                    open.insert(hash, Open { numbers: vec![number], known });
                }
            }
        }
        let mut running = 0;
        self.control.poll();
        for (items, plans) in missing {
            for (number, _) in &plans {
                on(Step::Started(*number))?;
            }
            running += self.executor.submit(&Request { items, ..request.clone() }, plans);
        }
        let mut interrupted = false;
        let mut broken: Option<EvalFailure> = None;
        while running > 0 {
            let reply = match self.next() {
                Next::Reply(reply) => reply,
                Next::Tick => {
                    on(Step::Evaluated(self.executor.evaluations()))?;
                    continue;
                }
            };
            match reply {
                Reply::BatchEnded(result) => {
                    running -= 1;
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
                    let Some(open) = open.remove(&want.plan.hash()) else { continue };
                    on(Step::Evaluated(self.executor.evaluations()))?;
                    for (number, scored) in self.settle(request, want, open, outcome)? {
                        on(Step::Scored(number, scored))?;
                    }
                }
            }
        }
        self.executor.settle();
        match broken {
            Some(failure) => {
                let during = format!("scoring {} plans on split `{}`", wanted.len(), request.split);
                Err(SessionError::Evaluator { during, failure })
            }
            None if interrupted || !open.is_empty() => Ok(Flow::Stopped),
            None => Ok(Flow::Done),
        }
    }

    /// Keeps what the evaluator found on the missing items, and answers everybody who waits for the plan.
    fn settle(
        &self,
        request: &Request,
        want: &Wanted<'_>,
        open: Open,
        outcome: Result<Evaluation, EvalFailure>,
    ) -> Result<Vec<(usize, Scored)>, SessionError> {
        let Open { numbers, mut known } = open;
        let items = known.missing(&request.items);
        let (outcome, effort) = match outcome {
            Ok(Evaluation { scores, work, seconds }) => {
                (Ok(scores), Effort { work, seconds, items: items.len() })
            }
            Err(failure) => (Err(failure), Effort::default()),
        };
        let fails = outcome.as_ref().err().cloned();
        let cached = Cached { items, outcome, origin: self.origin(want) };
        if fails.as_ref().is_none_or(EvalFailure::is_deterministic) {
            self.setup.store.remember(&self.key(request, want.plan)?, &cached)?;
        }
        known.add(cached);
        let incomplete = || EvalFailure::Internal("the evaluator left out items or metrics".to_owned());
        let outcome = match fails {
            Some(failure) => Err(failure),
            None => known.answer(&request.items).unwrap_or_else(|| Err(incomplete())),
        };
        let answer = |(position, number): (usize, usize)| {
            let effort = if position == 0 { effort } else { Effort::default() };
            (number, Scored { outcome: outcome.clone(), shared: false, effort })
        };
        Ok(numbers.into_iter().enumerate().map(answer).collect())
    }

    fn next(&mut self) -> Next {
        loop {
            select_biased! {
                recv(self.control.commands()) -> command => match command {
                    Ok(command) => self.control.obey(command),
                    Err(_) => self.control.hang_up(),
                },
                recv(self.executor.replies()) -> reply => {
                    let lost = || Reply::BatchEnded(Err(EvalFailure::Internal("all workers are gone".to_owned())));
                    return Next::Reply(reply.unwrap_or_else(|_| lost()));
                }
                recv(self.ticks) -> _ => return Next::Tick,
            }
        }
    }

    fn key(&self, request: &Request, plan: &Plan) -> Result<CacheKey, SessionError> {
        let evaluator = &self.setup.evaluator;
        let mut numerics = evaluator.info().numerics.clone();
        if let Some(data) = evaluator.calibration(plan) {
            numerics = format!("{numerics} calibrated on {data}");
        }
        let task = evaluator.task().fingerprints.get(&request.split);
        Ok(CacheKey {
            model: evaluator.model().fingerprint,
            task: *task.ok_or_else(|| SessionError::NoSplit {
                split: request.split.clone(),
                known: evaluator.task().name.clone(),
            })?,
            split: request.split.clone(),
            plan: plan.hash(),
            numerics,
        })
    }

    fn origin(&self, want: &Wanted<'_>) -> CacheOrigin {
        CacheOrigin { study: self.setup.header.study.clone(), by: want.by.clone() }
    }
}
