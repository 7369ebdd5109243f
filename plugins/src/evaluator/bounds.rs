//! What no plan can be better than, as far as a component knows.

use attune_core::bounds::{self, KnownBounds};
use attune_core::evaluator::{EvalFailure, Request};

use super::instance::{Call, Stopped};
use super::simulation::Simulation;

/// The bounds of the items of a request that the task can serve.
pub(super) fn known(simulation: &Simulation, request: &Request) -> Result<KnownBounds, EvalFailure> {
    if request.stop.is_asked() {
        return Err(EvalFailure::Interrupted);
    }
    let split = request.split.to_string();
    let call = Call {
        stop: request.stop.clone(),
        items: simulation.share(&request.split, request.items.len()),
        ..Call::default()
    };
    let said = simulation.tasks.call(&call, &|| None, |guest, store, task| {
        guest.task().call_known_bounds(store, task, &split, &request.items)
    });
    let said = said.map_err(|stopped| match stopped {
        Stopped::Failed(kind) => simulation.tasks.failure(kind),
        Stopped::Interrupted | Stopped::Late => EvalFailure::Interrupted,
    })?;
    let nonsense = |problem: String| {
        let evaluator = simulation.info.name.clone();
        EvalFailure::Failed { evaluator, reason: format!("it returned something invalid: {problem}") }
    };
    let mut known = KnownBounds::new();
    for bound in said {
        let name = bound.metric.clone();
        if known.insert(bound.metric, bound.items).is_some() {
            return Err(nonsense(format!("bounds of `{name}` twice")));
        }
    }
    match bounds::fault(&known, &simulation.task.metrics, request.items.len()) {
        Some(fault) => Err(nonsense(fault)),
        None => {
            known.retain(|_, values| values.iter().any(Option::is_some));
            Ok(known)
        }
    }
}
