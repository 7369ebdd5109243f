//! Racing: whether a study can race at all.

use attune_core::evaluator::MetricInfo;
use attune_core::objective::Objective;

use crate::session::SessionError;
use crate::session::race_loss::RaceLoss;

/// Whether trials can race by `objectives`, of which the task measures `metrics`.
///
/// # Errors
/// [`SessionError::NoObjective`] or [`SessionError::CannotRace`].
pub(super) fn can_race(objectives: &[Objective], metrics: &[MetricInfo]) -> Result<(), SessionError> {
    let Some(objective) = objectives.first() else { return Err(SessionError::NoObjective) };
    if objectives.len() == 1 && RaceLoss::of(objective, metrics).is_some() {
        return Ok(());
    }
    Err(SessionError::CannotRace { objective: objective.metric.clone() })
}
