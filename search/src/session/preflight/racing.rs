//! Racing: whether a study can race at all.

use attune_core::evaluator::MetricInfo;
use attune_core::objective::{Direction, Objective};

use crate::session::SessionError;

/// Whether trials can race by `objectives`, of which the task measures `metrics`.
///
/// # Errors
/// [`SessionError::NoObjective`] or [`SessionError::CannotRace`].
pub(super) fn can_race(objectives: &[Objective], metrics: &[MetricInfo]) -> Result<(), SessionError> {
    let Some(objective) = objectives.first() else { return Err(SessionError::NoObjective) };
    let is_metric = metrics.iter().any(|metric| metric.name == objective.metric);
    if is_metric && objective.direction == Direction::Minimise && objectives.len() == 1 {
        return Ok(());
    }
    Err(SessionError::CannotRace { objective: objective.metric.clone() })
}
