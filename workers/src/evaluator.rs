//! The evaluator of another process.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorInfo, Request, RunControl, TaskInfo,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::{Edit, Plan};
use attune_core::scores::Work;
use attune_core::signal::{Measured, Signal, SignalRequest};
use attune_core::space::Axis;

use crate::batch::Batch;
use crate::checked::{self, Checked, CheckedPlans};
use crate::company::{Company, Want};
use crate::connection::{Answer, Asked, CalledOff, Connection, Next, Wait};
use crate::ending::Cause;
use crate::scored;
use crate::supervisor::Supervisor;
use crate::wire::{Call, CheckResult, Event, SignalResult};

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

/// A worker that is asked, loaded or not.
pub(crate) struct Asking {
    pub(crate) supervisor: Supervisor,
    pub(crate) company: Company,
    checked: CheckedPlans,
}

impl Asking {
    pub(crate) fn new(supervisor: Supervisor) -> Self {
        let company = Company::new(supervisor.identity().info.concurrency);
        Self { supervisor, company, checked: CheckedPlans::default() }
    }

    /// Whether the worker honours a plan, and what it is calibrated on.
    pub(crate) fn check(&self, plan: &Plan) -> Checked {
        let info = &self.supervisor.identity().info;
        if let Some(refused) = foreign(info, plan) {
            return Err(refused);
        }
        self.checked.get(plan.hash(), || {
            let call = Call::Check { plan: edits(plan) };
            let stop = RunControl::default();
            let wait = Wait { stop: &stop, most: None, at_once: None };
            let asked = self.twice(Want::Check, "checking a plan", &stop, |connection| {
                connection.ask::<CheckResult>(&call, &wait, &mut |_| Err("a check has no events".to_owned()))
            })?;
            let (connection, asked) = asked;
            let (result, said) = match asked.answer {
                Answer::Result(result, said) => (result, said),
                Answer::Failure(failure, said) => return Err(self.failed(&connection, failure, &said)),
                Answer::Gone(ending) => return Err(EvalFailure::Internal(ending.to_string())),
            };
            let calibration = result.calibration.as_deref().map(crate::identity::fingerprint).transpose();
            calibration.map_err(|why| {
                let ending = connection.end(Cause::nonsense(&said, why));
                EvalFailure::Internal(format!("the worker `{}` {ending}", self.supervisor.command()))
            })
        })
    }

    /// Asks, and once more alone when the worker dies. What it answers, or how it ended after it was called off.
    pub(crate) fn twice<T>(
        &self,
        want: Want,
        what: &str,
        stop: &RunControl,
        ask: impl Fn(&Connection) -> Asked<T>,
    ) -> Result<(Arc<Connection>, Asked<T>), EvalFailure> {
        let mut died = String::new();
        for want in [want, Want::Alone] {
            let _present = self.company.enter(want, stop).ok_or(EvalFailure::Interrupted)?;
            let connection = self.supervisor.connection(stop)?;
            let asked = ask(&connection);
            match &asked.answer {
                Answer::Gone(_) if asked.called_off == Some(CalledOff::Stopped) => {
                    return Err(EvalFailure::Interrupted);
                }
                Answer::Gone(ending) if asked.called_off.is_none() => died = ending.to_string(),
                _ => return Ok((connection, asked)),
            }
        }
        let command = self.supervisor.command();
        Err(EvalFailure::Internal(format!("the worker `{command}` died twice while {what}: {died}")))
    }

    /// What a failure means; one that the protocol does not have ends the worker.
    pub(crate) fn failed(
        &self,
        connection: &Connection,
        failure: crate::wire::Failure,
        said: &str,
    ) -> EvalFailure {
        let info = &self.supervisor.identity().info;
        match scored::failure(failure, info, None) {
            Ok(EvalFailure::Interrupted) => {
                EvalFailure::Internal(format!("the worker gave up by itself: {said}"))
            }
            Ok(failure) => failure,
            Err(why) => EvalFailure::Internal(connection.end(Cause::nonsense(said, why)).to_string()),
        }
    }
}

impl ProcessEvaluator {
    pub(crate) fn new(asking: Arc<Asking>, fingerprint: ContentHash) -> Self {
        let subject = asking.supervisor.identity().facts(fingerprint);
        Self { asking, subject, peak: AtomicU64::new(0) }
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

/// The refusal of a plan with an edit that the worker does not have.
pub(crate) fn foreign(info: &EvaluatorInfo, plan: &Plan) -> Option<EvalFailure> {
    let edit = plan.edits().iter().find(|edit| info.edits.schema(&edit.kind).is_none())?;
    let known: Vec<&str> = info.edits.kinds().collect();
    Some(EvalFailure::Unsupported {
        evaluator: info.name.clone(),
        edit: edit.to_string(),
        reason: format!("here it honours {}", known.join(", ")),
    })
}

/// The edits of a plan as they are written.
pub(crate) fn edits(plan: &Plan) -> Vec<crate::wire::Edit> {
    plan.edits().iter().map(|edit: &Edit| edit.into()).collect()
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
        let wait = Wait { stop: &request.stop, most: None, at_once: None };
        let before = request.progress.evaluations();
        let (connection, asked) = self.asking.twice(Want::Work, &what, &request.stop, |connection| {
            connection.ask::<SignalResult>(&call, &wait, &mut |event| match event {
                Event::Progress { evaluations, .. } => {
                    let done = evaluations.unwrap_or(0.0).clamp(0.0, request.items.len() as f64);
                    request.progress.at_least(before + done);
                    Ok(Next::On)
                }
                Event::Outcome(_) => Err("a signal has no outcomes of plans".to_owned()),
            })
        })?;
        let (result, said) = match asked.answer {
            Answer::Result(result, said) => (result, said),
            Answer::Failure(..) if asked.called_off.is_some() => return Err(EvalFailure::Interrupted),
            Answer::Failure(failure, said) => {
                return Err(self.asking.failed(&connection, failure, &said));
            }
            Answer::Gone(ending) => return Err(EvalFailure::Internal(ending.to_string())),
        };
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
            let ending = connection.end(Cause::nonsense(&said, why));
            return Err(EvalFailure::Internal(format!(
                "the worker `{}`: {ending}",
                self.asking.supervisor.command()
            )));
        }
        request.progress.at_least(before + request.items.len() as f64);
        let axes = result.axes.iter().map(|axis| Axis::new(&axis.name, axis.len)).collect();
        Ok(Measured {
            signal: Signal { name: wanted.name.clone(), axes, values: result.values },
            work: Work { computed: result.work.computed, naive: result.work.naive },
        })
    }

    fn peak_memory(&self) -> Option<u64> {
        Some(self.peak.load(Ordering::Relaxed)).filter(|peak| *peak > 0)
    }
}
