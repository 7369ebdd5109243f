//! Plans that the result is compared with beside the technique's own baselines: what others chose, which need not be a config of
//! the space.

use attune_core::evaluator::EvalFailure;
use attune_core::plan::Plan;
use attune_core::report::is_row;
use attune_core::technique::Cost;

use super::SessionError;

/// A plan that the result is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanBaseline {
    /// The name of its row.
    pub name: String,
    /// Where it comes from, in one sentence.
    pub help: String,
    /// What it costs, in the resources of the technique as far as they are known of it.
    pub costs: Vec<Cost>,
    /// The plan.
    pub plan: Plan,
}

/// Refuses a name that another row has, and a plan that the evaluator does not honour.
pub(super) fn check(
    baselines: &[PlanBaseline],
    others: &[&str],
    honours: impl Fn(&Plan) -> Result<(), EvalFailure>,
) -> Result<(), SessionError> {
    for PlanBaseline { name, plan, .. } in baselines {
        if is_row(name) || others.contains(&name.as_str()) {
            return Err(SessionError::BaselineName { name: name.clone() });
        }
        honours(plan).map_err(|failure| SessionError::BaselineRefused { name: name.clone(), failure })?;
    }
    Ok(())
}
