//! An open task of a component as an [`Evaluator`].

use std::ops::ControlFlow;
use std::sync::Arc;

use attune_core::bounds::KnownBounds;
use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorInfo, Outline, Request, Split, TaskInfo,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::signal::{Measured, SignalRequest};
use rayon::ThreadPool;

use super::bounds;
use super::convert::{TaskWays, plan_out};
use super::instance::{Call, Stopped};
use super::scored;
use super::scoring::Batch;
use super::tasks::Tasks;

/// A task that is open on all cores.
pub(super) struct Simulation {
    pub(super) tasks: Tasks,
    pub(super) info: EvaluatorInfo,
    pub(super) facts: Facts,
    pub(super) task: TaskInfo,
    pub(super) ways: TaskWays,
    pub(super) threads: ThreadPool,
}

impl Simulation {
    /// Whether the plan is one of this vocabulary, and every edit what its schema says.
    pub(super) fn understood(&self, plan: &Plan) -> Result<(), EvalFailure> {
        let edits = &self.info.edits;
        let refused = |edit: String, reason: String| EvalFailure::Unsupported {
            evaluator: self.info.name.clone(),
            edit,
            reason,
        };
        for edit in plan.edits() {
            edits.accept(edit).map_err(|error| refused(edit.to_string(), error.to_string()))?;
        }
        match edits.conflict(plan) {
            Some((one, other)) => Err(refused(one.to_string(), format!("it cannot stand beside {other}"))),
            None => Ok(()),
        }
    }

    /// Whether the task has this split and these items, each asked for once.
    pub(super) fn servable(&self, request: &Request) -> Result<(), EvalFailure> {
        let bad = |problem: String| Err(EvalFailure::BadRequest(problem));
        let Some(held) = self.task.items.get(&request.split).copied() else {
            let known: Vec<String> = self.task.items.keys().map(Split::to_string).collect();
            return bad(format!("there is no {} data, only {}", request.split, known.join(", ")));
        };
        let mut asked = request.items.clone();
        asked.sort_unstable();
        if let Some(beyond) = asked.last().filter(|item| **item >= held) {
            return bad(format!("item {beyond} of the {} data, which has {held}", request.split));
        }
        match asked.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => bad(format!("item {} of the {} data is asked for twice", pair[0], request.split)),
            None => Ok(()),
        }
    }
}

impl Outline for Simulation {
    fn facts(&self, fingerprint: ContentHash) -> Facts {
        Facts { fingerprint, ..self.facts.clone() }
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.understood(plan)?;
        let edits = plan_out(plan);
        let call = Call::default();
        let said = self.tasks.call(&call, |guest, store, task| guest.task().call_check(store, task, &edits));
        match said {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => Err(scored::failure(failure, &self.info.name, plan)),
            Err(Stopped::Failed(kind)) => Err(self.tasks.failure(kind)),
            Err(Stopped::Interrupted | Stopped::Late) => Err(EvalFailure::Interrupted),
        }
    }
}

impl Evaluator for Simulation {
    fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    fn model(&self) -> &Facts {
        &self.facts
    }

    fn task(&self) -> &TaskInfo {
        &self.task
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        Outline::check(self, plan)
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        self.servable(request)?;
        Batch::of(self, plans, request).run(sink)
    }

    fn signal(&self, wanted: &SignalRequest, _: &Request) -> Result<Measured, EvalFailure> {
        let (name, wanted) = (&self.info.name, &wanted.name);
        Err(EvalFailure::BadRequest(format!("the evaluator `{name}` measures no signals, and no `{wanted}`")))
    }

    fn known_bounds(&self, request: &Request) -> Result<KnownBounds, EvalFailure> {
        self.servable(request)?;
        bounds::known(self, request)
    }
}

/// What a prepared task and an evaluator share.
pub(super) type Shared = Arc<Simulation>;
