//! A batch of plans: calls on all cores, answers on the thread that asked.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use attune_core::evaluator::{EvalFailure, Evaluation, Request};
use attune_core::plan::Plan;
use attune_core::scores::Work;

use super::convert::plan_out;
use super::instance::{Call, Stopped};
use super::scored::{self, Part, Wrong};
use super::simulation::Simulation;
use super::wire;

/// Plans that are scored on the items of a request.
pub(super) struct Batch<'a> {
    simulation: &'a Simulation,
    request: &'a Request,
    split: String,
    plans: Vec<Scored<'a>>,
    /// Nobody listens any more.
    over: Arc<AtomicBool>,
}

/// A plan, and what its calls said so far.
struct Scored<'a> {
    plan: &'a Plan,
    edits: Vec<wire::Open>,
    /// When its first call began, and how long the study had been held until then.
    began: OnceLock<(Instant, Duration)>,
    /// The first of its calls that failed: what comes after it decides nothing.
    failed: AtomicUsize,
    left: AtomicUsize,
    said: Mutex<Vec<Option<Said>>>,
}

type Said = (Result<Part, EvalFailure>, Duration);

/// One call: a plan, which of its calls it is, and the items of the request that it is for.
#[derive(Clone, Copy)]
struct Piece {
    plan: usize,
    number: usize,
    first: usize,
    items: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn of(simulation: &'a Simulation, plans: &'a [Plan], request: &'a Request) -> Self {
        let scored = |plan| Scored {
            plan,
            edits: plan_out(plan),
            began: OnceLock::new(),
            failed: AtomicUsize::new(usize::MAX),
            left: AtomicUsize::new(0),
            said: Mutex::default(),
        };
        let plans = plans.iter().map(scored).collect();
        Self { simulation, request, split: request.split.to_string(), plans, over: Arc::default() }
    }

    /// Scores the plans, and tells of each as soon as it is known.
    pub(super) fn run(
        self,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        if self.request.stop.is_asked() {
            return Err(EvalFailure::Interrupted);
        }
        let mut pieces = Vec::new();
        for (number, scored) in self.plans.iter().enumerate() {
            if let Err(refused) = self.simulation.understood(scored.plan) {
                self.request.progress.add(self.request.items.len() as f64);
                if sink(number, Err(refused)).is_break() {
                    return Ok(());
                }
                continue;
            }
            self.cut(number, &mut pieces);
        }
        let (tell, answers) = channel();
        self.simulation.threads.in_place_scope(|scope| {
            let (batch, pieces) = (&self, &pieces);
            // One after the other, whoever is free: answers come early, and no plan waits begun while others are scored.
            let next = Arc::new(AtomicUsize::new(0));
            for _ in 0..batch.simulation.threads.current_num_threads().min(pieces.len()) {
                let (tell, next) = (tell.clone(), Arc::clone(&next));
                scope.spawn(move |_| {
                    while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                        batch.score(*piece, &tell);
                    }
                });
            }
            drop(tell);
            for (number, outcome) in &answers {
                let interrupted = matches!(outcome, Err(EvalFailure::Interrupted));
                let silent = interrupted || self.over.load(Ordering::Relaxed);
                if !silent && sink(number, outcome).is_break() {
                    self.over.store(true, Ordering::Relaxed);
                }
            }
        });
        let over = self.over.load(Ordering::Relaxed);
        if self.request.stop.is_asked() && !over { Err(EvalFailure::Interrupted) } else { Ok(()) }
    }

    /// The calls of a plan: one for each item, so that each has the same limits wherever and with whatever it runs; one for all
    /// where items share work, and where there are none.
    fn cut(&self, plan: usize, pieces: &mut Vec<Piece>) {
        let items = self.request.items.len();
        let before = pieces.len();
        if self.simulation.ways.items_share_work || items == 0 {
            pieces.push(Piece { plan, number: 0, first: 0, items });
        } else {
            pieces.extend((0..items).map(|item| Piece { plan, number: item, first: item, items: 1 }));
        }
        let count = pieces.len() - before;
        let scored = &self.plans[plan];
        scored.left.store(count, Ordering::Relaxed);
        scored.said.lock().unwrap_or_else(PoisonError::into_inner).resize_with(count, || None);
    }

    fn score(&self, piece: Piece, tell: &Sender<(usize, Result<Evaluation, EvalFailure>)>) {
        let scored = &self.plans[piece.plan];
        let idle = self.over.load(Ordering::Relaxed) || scored.failed.load(Ordering::Relaxed) < piece.number;
        let said = match idle {
            true => None,
            false => Some(self.call(piece)),
        };
        if matches!(said, Some((Err(_), _))) {
            scored.failed.fetch_min(piece.number, Ordering::Relaxed);
        }
        scored.said.lock().unwrap_or_else(PoisonError::into_inner)[piece.number] = said;
        self.request.progress.add(piece.items as f64);
        if scored.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Whoever listened is gone where this fails.
            drop(tell.send((piece.plan, self.outcome(scored))));
        }
    }

    fn call(&self, piece: Piece) -> Said {
        let (request, tasks) = (self.request, &self.simulation.tasks);
        let scored = &self.plans[piece.plan];
        if request.stop.is_asked() {
            return (Err(EvalFailure::Interrupted), Duration::ZERO);
        }
        // Counted from the first call of the plan: opening a task before it takes nothing of its time.
        let left = || {
            let (began, rested) = *scored.began.get_or_init(|| (Instant::now(), request.stop.rested()));
            let worked = began.elapsed().saturating_sub(request.stop.rested().saturating_sub(rested));
            request.deadline.map(|deadline| deadline.saturating_sub(worked))
        };
        let items = &request.items[piece.first..piece.first + piece.items];
        let call = Call {
            stop: request.stop.clone(),
            over: Arc::clone(&self.over),
            left: None,
            items: self.simulation.share(&request.split, piece.items),
        };
        let start = Instant::now();
        let said = tasks.call(&call, &left, |guest, store, task| {
            guest.task().call_evaluate(store, task, &scored.edits, &self.split, items)
        });
        let outcome = match said {
            Ok(Ok(said)) => Part::of(said, &self.simulation.task.metrics, items.len())
                .map_err(|wrong| self.wrong(wrong, piece)),
            Ok(Err(failure)) => Err(scored::failure(failure, &self.simulation.info.name, scored.plan)),
            Err(Stopped::Interrupted) => Err(EvalFailure::Interrupted),
            Err(Stopped::Late) => Err(EvalFailure::Deadline(request.deadline.unwrap_or_default())),
            Err(Stopped::Failed(kind)) => Err(tasks.failure(kind)),
        };
        (outcome, start.elapsed())
    }

    fn wrong(&self, wrong: Wrong, piece: Piece) -> EvalFailure {
        match wrong {
            Wrong::NotFinite(metric, place, value) => EvalFailure::NotFinite {
                metric,
                item: self.request.items[piece.first + place] as usize,
                value,
            },
            Wrong::Nonsense(problem) => self.nonsense(&problem),
        }
    }

    fn nonsense(&self, problem: &str) -> EvalFailure {
        let evaluator = self.simulation.info.name.clone();
        EvalFailure::Failed { evaluator, reason: format!("it returned something invalid: {problem}") }
    }

    /// What all calls of a plan say together. Of failures the one of the first item counts, so it does not depend on which came
    /// first; one that nobody can help being late for counts before.
    fn outcome(&self, scored: &Scored<'_>) -> Result<Evaluation, EvalFailure> {
        let said = std::mem::take(&mut *scored.said.lock().unwrap_or_else(PoisonError::into_inner));
        let mut failures = said.iter().flatten().filter_map(|(part, _)| part.as_ref().err());
        let passing = failures.clone().find(|failure| !failure.is_deterministic());
        if let Some(failure) = passing.or_else(|| failures.next()) {
            return Err(failure.clone());
        }
        let spent: Duration = said.iter().flatten().map(|(_, time)| *time).sum();
        let all: Option<Vec<Part>> = said.into_iter().map(|said| said?.0.ok()).collect();
        // Calls that were not made any more.
        let parts = all.ok_or(EvalFailure::Interrupted)?;
        let work = parts.iter().fold(0, |sum: u64, part| sum.saturating_add(part.work));
        let simulation = self.simulation;
        let scores = scored::together(parts, &simulation.task.metrics, &simulation.ways.aggregates)
            .map_err(|problem| self.nonsense(&problem))?;
        let threads = simulation.threads.current_num_threads().max(1) as f64;
        let seconds = spent.as_secs_f64() / threads;
        Ok(Evaluation { scores, work: Work { computed: work, naive: work }, seconds })
    }
}
