//! The evaluator of another process.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use attune_core::bounds::{self, KnownBounds};
use attune_core::choices::Choices;
use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorInfo, Outputs, Request, RunControl, Split, TaskInfo,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::scores::Work;
use attune_core::signal::{Measured, Signal, SignalRequest};
use attune_core::space::Axis;
use serde::de::DeserializeOwned;

use crate::asking::{Asking, edits, foreign};
use crate::batch::Batch;
use crate::checked;
use crate::choices;
use crate::company::Want;
use crate::connection::{Answer, Connection, Next, Wait};
use crate::ending::Cause;
use crate::outputs::Heard;
use crate::wire::{BoundsResult, Call, ChoicesResult, Event, OutputsResult, SignalResult};

/// An evaluator in a process of its own, that has opened and loaded its subject.
///
/// A process that dies is started again and asked what it did not answer. A plan on which it dies twice, when it was asked
/// nothing else, fails by itself. Whatever is under way ends with [`EvalFailure::Interrupted`] when that is
/// asked for.
pub struct ProcessEvaluator {
    asking: Arc<Asking>,
    subject: Facts,
    peak: AtomicU64,
}

impl ProcessEvaluator {
    pub(crate) fn new(asking: Arc<Asking>, fingerprint: ContentHash) -> Self {
        let subject = asking.supervisor.identity().facts(fingerprint);
        Self { asking, subject, peak: AtomicU64::new(0) }
    }

    /// Asks for something that takes a while on the items of `request`. A worker that dies is asked once more: `begin` is called each
    /// time before, `on` hears what is told.
    fn work<T: DeserializeOwned>(
        &self,
        what: &str,
        call: &Call,
        request: &Request,
        begin: &dyn Fn(),
        on: &dyn Fn(Event) -> Result<(), String>,
    ) -> Result<(Arc<Connection>, T, String), EvalFailure> {
        let wait = Wait { stop: &request.stop, most: None, at_once: None };
        let before = request.progress.evaluations();
        let (connection, asked) = self.asking.twice(Want::Work, what, &request.stop, |connection| {
            begin();
            connection.ask::<T>(call, &wait, &mut |event| match event {
                Event::Progress { evaluations, .. } => {
                    let done = evaluations.unwrap_or(0.0).clamp(0.0, request.items.len() as f64);
                    request.progress.at_least(before + done);
                    Ok(Next::On)
                }
                other => on(other).map(|()| Next::On),
            })
        })?;
        match asked.answer {
            Answer::Result(result, said) => {
                request.progress.at_least(before + request.items.len() as f64);
                Ok((connection, result, said))
            }
            Answer::Failure(..) if asked.called_off.is_some() => Err(EvalFailure::Interrupted),
            Answer::Failure(failure, said) => Err(self.asking.failed(&connection, failure, &said)),
            Answer::Gone(ending) => Err(EvalFailure::Internal(ending.to_string())),
        }
    }

    /// Ends a worker whose answer makes no sense, and says why.
    fn nonsense(&self, connection: &Connection, said: &str, why: String) -> EvalFailure {
        let ending = connection.end(Cause::nonsense(said, why));
        EvalFailure::Internal(format!("the worker `{}`: {ending}", self.asking.supervisor.command()))
    }

    /// Refuses data that the task does not have.
    fn has(&self, request: &Request) -> Result<(), EvalFailure> {
        let task = self.task();
        let Some(items) = task.items.get(&request.split) else {
            return Err(EvalFailure::BadRequest(format!(
                "task `{}` has no split `{}`",
                task.name, request.split
            )));
        };
        if let Some(beyond) = request.items.iter().find(|item| *item >= items) {
            let split = &request.split;
            return Err(EvalFailure::BadRequest(format!(
                "item {beyond} of split `{split}`, which holds {items}, counted from 0"
            )));
        }
        let mut seen = HashSet::new();
        match request.items.iter().find(|item| !seen.insert(**item)) {
            Some(twice) => Err(EvalFailure::BadRequest(format!("item {twice} is asked for twice"))),
            None => Ok(()),
        }
    }
}

impl Evaluator for ProcessEvaluator {
    fn info(&self) -> &EvaluatorInfo {
        &self.asking.supervisor.identity().info
    }

    fn model(&self) -> &Facts {
        &self.subject
    }

    fn task(&self) -> &TaskInfo {
        &self.asking.supervisor.identity().task
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.asking.check(plan).map(|_| ())
    }

    fn calibration(&self, plan: &Plan) -> Option<ContentHash> {
        match self.asking.check(plan) {
            Ok(calibration) => calibration,
            // It has no scores either.
            Err(failure) if failure.is_deterministic() => None,
            Err(_) => Some(checked::unknown()),
        }
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        self.has(request)?;
        let mut heard = |bytes| {
            self.peak.fetch_max(bytes, Ordering::Relaxed);
        };
        Batch::new(&self.asking, plans, request, sink, &mut heard).run()
    }

    fn signal(&self, wanted: &SignalRequest, request: &Request) -> Result<Measured, EvalFailure> {
        self.has(request)?;
        let args = wanted.args.iter().map(|(name, value)| (name.clone(), value.into())).collect();
        let (split, items) = (request.split.to_string(), request.items.clone());
        let call = Call::Signal { name: wanted.name.clone(), args, split, items };
        let what = format!("measuring `{wanted}`");
        let (connection, result, said) = self.work::<SignalResult>(&what, &call, request, &|| (), &|_| {
            Err("a signal has neither outcomes of plans nor outputs".to_owned())
        })?;
        let cells = result.axes.iter().try_fold(1_usize, |cells, axis| cells.checked_mul(axis.len as usize));
        let wrong = match cells {
            Some(cells) if cells == result.values.len() => result
                .values
                .iter()
                .find(|value| !value.is_finite())
                .map(|value| format!("a value is {value}")),
            _ => Some(format!("its axes do not have {} values", result.values.len())),
        };
        if let Some(why) = wrong {
            return Err(self.nonsense(&connection, &said, why));
        }
        let axes = result.axes.iter().map(|axis| Axis::new(&axis.name, axis.len)).collect();
        Ok(Measured {
            signal: Signal { name: wanted.name.clone(), axes, values: result.values },
            work: Work { computed: result.work.computed, naive: result.work.naive },
        })
    }

    fn outputs(
        &self,
        plan: &Plan,
        request: &Request,
        positions: u32,
    ) -> Result<Option<Vec<Outputs>>, EvalFailure> {
        if !self.asking.supervisor.identity().outputs {
            return Ok(None);
        }
        self.has(request)?;
        if let Some(refused) = foreign(self.info(), plan) {
            return Err(refused);
        }
        let (plan, split, items) = (edits(plan), request.split.to_string(), request.items.clone());
        let call = Call::Outputs { plan, split, items, positions };
        let heard = Heard::new(&request.items, positions);
        let what = "handing out the outputs of a plan";
        let (connection, OutputsResult {}, said) =
            self.work(what, &call, request, &|| heard.forget(), &|event| match event {
                Event::Outputs(outputs) => heard.add(outputs),
                _ => Err("outputs are no outcomes of plans".to_owned()),
            })?;
        heard.all().map(Some).map_err(|why| self.nonsense(&connection, &said, why))
    }

    fn choices(&self, plan: &Plan, stop: &RunControl) -> Result<Option<Choices>, EvalFailure> {
        if !self.asking.supervisor.identity().choices {
            return Ok(None);
        }
        if let Some(refused) = foreign(self.info(), plan) {
            return Err(refused);
        }
        let request = Request { stop: stop.clone(), ..Request::new(Split::Selection, Vec::new()) };
        let (call, heard) = (Call::Choices { plan: edits(plan) }, choices::Heard::new(plan));
        let what = "handing out what was chosen for a plan";
        self.work::<ChoicesResult>(what, &call, &request, &|| heard.forget(), &|event| match event {
            Event::Choice(choice) => heard.add(&choice),
            _ => Err("choices are neither outcomes of plans nor outputs".to_owned()),
        })?;
        Ok(Some(heard.all()))
    }

    fn known_bounds(&self, request: &Request) -> Result<KnownBounds, EvalFailure> {
        if !self.asking.supervisor.identity().bounds {
            return Ok(KnownBounds::new());
        }
        self.has(request)?;
        let call = Call::Bounds { split: request.split.to_string(), items: request.items.clone() };
        let what = "telling the bounds that it knows";
        let (connection, BoundsResult { bounds: known }, said) =
            self.work(what, &call, request, &|| (), &|_| {
                Err("bounds have no events of their own".to_owned())
            })?;
        match bounds::fault(&known, &self.task().metrics, request.items.len()) {
            Some(why) => Err(self.nonsense(&connection, &said, why)),
            None => Ok(known),
        }
    }

    fn peak_memory(&self) -> Option<u64> {
        Some(self.peak.load(Ordering::Relaxed)).filter(|peak| *peak > 0)
    }
}
