//! An open task of a component as an [`Evaluator`].

use std::ops::ControlFlow;

use attune_core::bounds::KnownBounds;
use attune_core::evaluator::{EvalFailure, Evaluation, Evaluator, EvaluatorInfo, Outline, Request, TaskInfo};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::signal::{Measured, SignalRequest};

use super::convert::plan_out;
use super::instance::{Call, Stopped};
use super::scoring::Batch;
use super::simulation::Simulation;
use super::{bounds, scored};

impl Outline for Simulation {
    fn facts(&self, fingerprint: ContentHash) -> Facts {
        Facts { fingerprint, ..self.facts.clone() }
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.understood(plan)?;
        let edits = plan_out(plan);
        let call = Call::default();
        let said = self
            .tasks
            .call(&call, &|| None, |guest, store, task| guest.task().call_check(store, task, &edits));
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
