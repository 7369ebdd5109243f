//! The executor: worker threads that call the evaluator.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Scope;

use attune_core::evaluator::{BatchProgress, EvalFailure, Evaluation, Evaluator, Request};
use attune_core::plan::Plan;
use crossbeam_channel::{Receiver, Sender, unbounded};

use super::pause_gate::PauseGate;
use crate::session::caught::said;

/// Plans for one evaluator call; a ticket says which reply belongs to which plan.
struct Job {
    request: Request,
    tickets: Vec<usize>,
    plans: Vec<Plan>,
}

/// What workers send back.
pub(in crate::session) enum Reply {
    /// One plan is done.
    Scored { ticket: usize, outcome: Result<Evaluation, EvalFailure> },
    /// One batch is over.
    BatchEnded(Result<(), EvalFailure>),
}

/// A handle to the workers. Dropping it ends them.
pub(in crate::session) struct Executor<'env> {
    jobs: Sender<Job>,
    replies: Receiver<Reply>,
    workers: usize,
    gate: &'env PauseGate,
    /// How far the batches are that were handed out together, and the most that each can be.
    batches: Vec<(BatchProgress, f64)>,
    /// Evaluations of batches before them.
    before: f64,
}

impl<'env> Executor<'env> {
    /// Starts `workers` threads (at least one).
    pub(in crate::session) fn start<'scope>(
        scope: &'scope Scope<'scope, 'env>,
        evaluator: &'env dyn Evaluator,
        workers: usize,
        gate: &'env PauseGate,
    ) -> Self {
        let workers = workers.max(1);
        let (jobs, queue) = unbounded::<Job>();
        let (answer, replies) = unbounded();
        for _ in 0..workers {
            let (queue, answer) = (queue.clone(), answer.clone());
            scope.spawn(move || {
                for job in queue {
                    let ended = Reply::BatchEnded(evaluate(evaluator, &job, &answer, gate));
                    if answer.send(ended).is_err() {
                        return;
                    }
                }
            });
        }
        Self { jobs, replies, workers, gate, batches: Vec::new(), before: 0.0 }
    }

    /// Hands out plans in contiguous batches, one per worker: a batch shares its computation, and
    /// neighbours in a generation have most in common. Returns the number of batches, each of which will send a
    /// [`Reply::BatchEnded`].
    pub(in crate::session) fn submit(&mut self, request: &Request, plans: Vec<(usize, Plan)>) -> usize {
        let size = plans.len().div_ceil(self.workers).max(1);
        let mut plans = plans.into_iter();
        let mut batches = 0;
        loop {
            let (tickets, plans): (Vec<_>, Vec<_>) = plans.by_ref().take(size).unzip();
            let progress = BatchProgress::default();
            let request = Request { stop: self.gate.flag(), progress: progress.clone(), ..request.clone() };
            self.batches.push((progress, (plans.len() * request.items.len()) as f64));
            // Workers outlive this handle, so sending does not fail.
            if plans.is_empty() || self.jobs.send(Job { request, tickets, plans }).is_err() {
                return batches;
            }
            batches += 1;
        }
    }

    /// Evaluations of one plan on one item that were run so far, those of plans without an outcome included.
    pub(in crate::session) fn evaluations(&self) -> u64 {
        let now = self.batches.iter().map(|(progress, most)| progress.evaluations().min(*most));
        (self.before + now.sum::<f64>()).round() as u64
    }

    /// No batch is running.
    pub(in crate::session) fn settle(&mut self) {
        self.before = self.evaluations() as f64;
        self.batches.clear();
    }

    pub(in crate::session) fn replies(&self) -> &Receiver<Reply> {
        &self.replies
    }
}

impl Drop for Executor<'_> {
    fn drop(&mut self) {
        self.gate.stop();
    }
}

/// One evaluator call, held to the contract: one valid outcome for every plan, unless it was told to stop.
fn evaluate(
    evaluator: &dyn Evaluator,
    job: &Job,
    answer: &Sender<Reply>,
    gate: &PauseGate,
) -> Result<(), EvalFailure> {
    let mut stopped = gate.pass().is_break();
    if stopped {
        return Ok(());
    }
    let mut answered = vec![false; job.plans.len()];
    let mut scored = 0;
    let mut sink = |index: usize, outcome: Result<Evaluation, EvalFailure>| {
        if let (Some(&ticket), Some(false)) = (job.tickets.get(index), answered.get(index)) {
            answered[index] = true;
            let outcome = outcome.and_then(|evaluation| well_formed(evaluation, &job.request));
            scored += usize::from(outcome.is_ok());
            // Whatever the evaluator said, or if it says nothing.
            job.request.progress.at_least((scored * job.request.items.len()) as f64);
            // The other end only goes away when the session is over.
            if answer.send(Reply::Scored { ticket, outcome }).is_err() {
                stopped = true;
            }
        }
        stopped |= gate.pass().is_break();
        if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // A panic would leave the dispatcher waiting for this batch for ever.
    let call = AssertUnwindSafe(|| evaluator.evaluate(&job.plans, &job.request, &mut sink));
    catch_unwind(call).unwrap_or_else(|panic| {
        let message = format!("it panicked: {}", said(&*panic));
        Err(EvalFailure::Internal(message))
    })?;
    match answered.iter().position(|answered| !answered) {
        Some(index) if !stopped => Err(EvalFailure::Internal(format!(
            "plan {index} of {} in a batch was never answered",
            answered.len()
        ))),
        _ => Ok(()),
    }
}

/// Scores with one value and one weight per item, or why not: everything downstream relies on it.
fn well_formed(evaluation: Evaluation, request: &Request) -> Result<Evaluation, EvalFailure> {
    let expected = request.items.len();
    for (metric, score) in &evaluation.scores.metrics {
        if score.items.len() != expected || score.weights.len() != expected {
            return Err(EvalFailure::Internal(format!(
                "metric `{metric}` has {} values and {} weights for {expected} items",
                score.items.len(),
                score.weights.len()
            )));
        }
    }
    Ok(evaluation)
}
