//! A batch of plans, with a worker that may die of one of them.
//!
//! When it dies, those without an outcome are asked again, in halves and with nothing else under way, until it is known of
//! which plan it dies. That one fails by itself.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use attune_core::evaluator::{EvalFailure, Evaluation, Request};
use attune_core::plan::Plan;

use crate::asking::{Asking, edits, foreign};
use crate::company::Want;
use crate::connection::{Answer, CalledOff, Connection, Next, Wait};
use crate::ending::{Cause, Ending};
use crate::scored;
use crate::wire::{self, Call, EvaluateResult, Event};

/// How often a worker may die of one plan.
const DEATHS: u32 = 2;

/// Whoever hears of every plan.
type Sink<'a> = &'a mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>;

/// A batch that is being evaluated.
pub(crate) struct Batch<'a> {
    asking: &'a Asking,
    plans: &'a [Plan],
    request: &'a Request,
    sink: Sink<'a>,
    /// Hears of the most memory that the worker has taken.
    peak: &'a mut dyn FnMut(u64),
    answered: Vec<bool>,
    /// Whoever listens had enough.
    enough: bool,
    /// What the request's progress was before this batch.
    before: f64,
}

/// Plans that are asked together.
struct Group {
    plans: Vec<usize>,
    /// With nothing else under way, because the worker has died with them.
    alone: bool,
    /// How often it died while it was asked nothing but the one plan of this group.
    died: u32,
}

/// How asking a group ended.
enum Asked {
    Done,
    Died(Ending),
    /// The worker failed the request of several plans as a whole, and lives: it may be one of them that it fails on.
    Apart,
    Failed(EvalFailure),
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        asking: &'a Asking,
        plans: &'a [Plan],
        request: &'a Request,
        sink: Sink<'a>,
        peak: &'a mut dyn FnMut(u64),
    ) -> Self {
        let (answered, before) = (vec![false; plans.len()], request.progress.evaluations());
        Self { asking, plans, request, sink, peak, answered, enough: false, before }
    }

    /// Until every plan has its outcome, or nobody wants one any more.
    pub(crate) fn run(mut self) -> Result<(), EvalFailure> {
        if self.request.stop.is_asked() {
            return Err(EvalFailure::Interrupted);
        }
        self.refuse_foreign();
        let mut groups =
            VecDeque::from([Group { plans: (0..self.plans.len()).collect(), alone: false, died: 0 }]);
        while let Some(group) = groups.pop_front() {
            let plans = self.left(&group.plans);
            if self.enough || plans.is_empty() {
                continue;
            }
            match self.ask(&plans, group.alone) {
                Asked::Done => {}
                Asked::Failed(failure) => return Err(failure),
                Asked::Apart => {
                    self.request.progress.back_to(self.before + self.done());
                    let left = self.left(&plans);
                    let (first, second) = left.split_at(left.len() / 2);
                    for half in [second, first] {
                        groups.push_front(Group { plans: half.to_vec(), alone: group.alone, died: 0 });
                    }
                }
                Asked::Died(ending) => {
                    self.request.progress.back_to(self.before + self.done());
                    let died = group.died
                        + u32::from(plans.len() == 1 && (group.alone || self.asking.company.is_narrow()));
                    match self.left(&plans)[..] {
                        [] => {}
                        [plan] if died == DEATHS => self.lost(plan, &ending)?,
                        [plan] => groups.push_front(Group { plans: vec![plan], alone: true, died }),
                        ref left => {
                            let (first, second) = left.split_at(left.len() / 2);
                            groups.push_front(Group { plans: second.to_vec(), alone: true, died: 0 });
                            groups.push_front(Group { plans: first.to_vec(), alone: true, died: 0 });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Refuses the plans with edits that the worker does not have, without asking it.
    fn refuse_foreign(&mut self) {
        for (index, plan) in self.plans.iter().enumerate() {
            if let Some(refused) = foreign(&self.asking.supervisor.identity().info, plan) {
                self.tell(index, Err(refused));
            }
        }
    }

    /// The worker has died twice while it was asked this plan and nothing else.
    fn lost(&mut self, plan: usize, ending: &Ending) -> Result<(), EvalFailure> {
        let command = self.asking.supervisor.command();
        let died = format!("the worker `{command}` died twice on this plan, asked nothing else: {ending}");
        let fatal = self.asking.supervisor.died_twice();
        self.tell(plan, Err(EvalFailure::Internal(died)));
        match fatal {
            false => Ok(()),
            true => Err(EvalFailure::Internal(format!(
                "the worker `{command}` died twice on each of {} plans in a row, and scored none between them; the last time: {ending}",
                self.asking.supervisor.limits().fatal_plans
            ))),
        }
    }

    fn ask(&mut self, plans: &[usize], alone: bool) -> Asked {
        let (asking, request) = (self.asking, self.request);
        let want = if alone { Want::Alone } else { Want::Work };
        let Some(_present) = asking.company.enter(want, &request.stop) else {
            return Asked::Failed(EvalFailure::Interrupted);
        };
        let connection = match asking.supervisor.connection(&request.stop) {
            Ok(connection) => connection,
            Err(error) => return Asked::Failed(error.into()),
        };
        let call = Call::Evaluate {
            plans: plans.iter().map(|plan| edits(&self.plans[*plan])).collect(),
            split: request.split.to_string(),
            items: request.items.clone(),
            deadline: request.deadline.map(|deadline| deadline.as_secs_f64()),
        };
        let slack = asking.supervisor.limits().deadline_slack;
        let most = request.deadline.map(|each| {
            each.saturating_mul(u32::try_from(plans.len()).unwrap_or(u32::MAX)).saturating_add(slack)
        });
        let wait = Wait { stop: &request.stop, most, at_once: None };
        let begun = self.done();
        let asked = connection.ask::<EvaluateResult>(&call, &wait, &mut |event| match event {
            Event::Outcome(outcome) => self.hear(plans, outcome),
            Event::Outputs(_) | Event::Choice(_) => Err("nobody asked for outputs or choices".to_owned()),
            Event::Progress { evaluations, .. } => {
                let most = (plans.len() * request.items.len()) as f64;
                let done = evaluations.unwrap_or(0.0).clamp(0.0, most);
                request.progress.at_least(self.before + begun + done);
                Ok(Next::On)
            }
        });
        let (answer, called_off) = (asked.answer, asked.called_off);
        let ended = match answer {
            Answer::Result(result, said) => {
                if let Some(bytes) = result.peak_memory {
                    (self.peak)(bytes);
                }
                match (called_off, self.left(plans).first()) {
                    (None, Some(plan)) => {
                        let position = plans.iter().position(|other| other == plan).unwrap_or(0);
                        let why = format!("plan {position} of the request has no outcome");
                        return Asked::Died((*connection.end(Cause::nonsense(&said, why))).clone());
                    }
                    _ => None,
                }
            }
            Answer::Failure(failure, said) => Some((failure, said)),
            Answer::Gone(ending) if called_off.is_none() => return Asked::Died((*ending).clone()),
            Answer::Gone(_) => None,
        };
        match (called_off, ended) {
            (Some(CalledOff::Enough), _) => Asked::Done,
            (Some(CalledOff::Stopped), _) if self.left(plans).is_empty() => Asked::Done,
            (Some(CalledOff::Stopped), _) => Asked::Failed(EvalFailure::Interrupted),
            (Some(CalledOff::Late), _) => {
                let each = request.deadline.unwrap_or_default();
                let late = self.left(plans);
                late.into_iter().for_each(|plan| self.tell(plan, Err(EvalFailure::Deadline(each))));
                Asked::Done
            }
            (None, None) => Asked::Done,
            (None, Some((failure, said))) => self.refused(&connection, plans, failure, &said),
        }
    }

    /// An outcome that the worker tells.
    fn hear(&mut self, plans: &[usize], said: wire::Outcome) -> Result<Next, String> {
        let index = said.index;
        let Some(&plan) = plans.get(index) else {
            return Err(format!("there is no plan {index}: {} were asked for, counted from 0", plans.len()));
        };
        if self.answered[plan] {
            return Err(format!("plan {index} had its outcome before"));
        }
        let identity = self.asking.supervisor.identity();
        let outcome = scored::outcome(said, &identity.info, &identity.task.metrics, self.request)?;
        match &outcome {
            Err(EvalFailure::Interrupted) if self.request.stop.is_asked() => return Ok(Next::On),
            Err(EvalFailure::Interrupted) => return Err("nobody called it off".to_owned()),
            Err(_) => {}
            Ok(_) => self.asking.supervisor.scored(),
        }
        self.tell(plan, outcome);
        Ok(if self.enough { Next::Enough } else { Next::On })
    }

    /// The request has failed as a whole.
    fn refused(
        &mut self,
        connection: &Connection,
        plans: &[usize],
        failure: wire::Failure,
        said: &str,
    ) -> Asked {
        let info = &self.asking.supervisor.identity().info;
        match scored::failure(failure, info, self.request.deadline) {
            Err(why) => Asked::Died((*connection.end(Cause::nonsense(said, why))).clone()),
            Ok(EvalFailure::Interrupted) => {
                Asked::Died((*connection.end(Cause::nonsense(said, "nobody called it off"))).clone())
            }
            // What is said of a request with one plan is said of the plan.
            Ok(failure) if plans.len() == 1 && !matches!(failure, EvalFailure::BadRequest(_)) => {
                plans.iter().for_each(|plan| self.tell(*plan, Err(failure.clone())));
                Asked::Done
            }
            Ok(failure) if !matches!(failure, EvalFailure::BadRequest(_)) => Asked::Apart,
            Ok(failure) => Asked::Failed(failure),
        }
    }

    /// Those of `plans` that have no outcome.
    fn left(&self, plans: &[usize]) -> Vec<usize> {
        plans.iter().copied().filter(|plan| !self.answered[*plan]).collect()
    }

    /// Evaluations of plans that have their outcome.
    fn done(&self) -> f64 {
        (self.answered.iter().filter(|answered| **answered).count() * self.request.items.len()) as f64
    }

    fn tell(&mut self, plan: usize, outcome: Result<Evaluation, EvalFailure>) {
        if self.enough || std::mem::replace(&mut self.answered[plan], true) {
            return;
        }
        self.request.progress.at_least(self.before + self.done());
        self.enough = (self.sink)(plan, outcome).is_break();
    }
}
