//! Warm start: what the plan of one study says to the technique of another.

use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_core::space::Axis;
use attune_core::technique::Signal;

use crate::ModelEdit as _;
use crate::ModelFacts;
use crate::edits::KeepExperts;

/// The signal by which a technique hears of the kept experts of a plan that a study starts from: `[layer][expert]`, 1
/// for every expert that stays and 0 for the others.
const KEPT: &str = "start-experts";

/// What `plan` says as signals whose names begin with `start-`; none when it says nothing of that kind.
pub fn start_signals(plan: &Plan, facts: &Facts) -> Vec<Signal> {
    kept(plan, &ModelFacts::of(facts)).into_iter().collect()
}

/// The experts that a plan keeps; `None` when it keeps all.
fn kept(plan: &Plan, model: &ModelFacts) -> Option<Signal> {
    let experts = model.experts as usize;
    let mut values = vec![1.0; model.layers as usize * experts];
    let mut drops = false;
    for keep in plan.edits().iter().filter_map(KeepExperts::of) {
        let row = values.chunks_mut(experts.max(1)).nth(keep.layer as usize)?;
        for (expert, value) in (0..).zip(row) {
            *value = if keep.experts.contains(&expert) { 1.0 } else { 0.0 };
            drops = drops || *value == 0.0;
        }
    }
    let axes = vec![Axis::new("layer", model.layers), Axis::new("expert", model.experts)];
    drops.then(|| Signal { name: KEPT.to_owned(), axes, values })
}
