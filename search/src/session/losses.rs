//! Objectives as losses: metrics of the task or costs of the technique.

use attune_core::evaluator::MetricInfo;
use attune_core::objective::Objective;
use attune_core::pooling::Pool;
use attune_core::scores::Scores;
use attune_core::suggest::hint;
use attune_core::technique::Cost;
use attune_core::trial::Trial;

use super::SessionError;

/// The objectives of a study, known to exist.
pub(super) struct Losses(Vec<Objective>);

impl Losses {
    /// Checks every objective against the metrics of the task and, where it is none, against the `costs`
    /// that the technique states for a config.
    pub(super) fn new(
        objectives: &[Objective],
        metrics: &[MetricInfo],
        costs: impl FnOnce() -> Result<Vec<String>, SessionError>,
    ) -> Result<Self, SessionError> {
        if objectives.is_empty() {
            return Err(SessionError::NoObjective);
        }
        let metrics: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        if objectives.iter().any(|objective| !metrics.contains(&objective.metric.as_str())) {
            let costs = costs()?;
            let known = || metrics.iter().copied().chain(costs.iter().map(String::as_str));
            for Objective { metric, .. } in objectives {
                if !known().any(|name| name == metric) {
                    return Err(SessionError::UnknownObjective {
                        found: metric.clone(),
                        metrics: metrics.join(", "),
                        costs: costs.join(", "),
                        hint: hint(metric, known()),
                    });
                }
            }
        }
        Ok(Self(objectives.to_vec()))
    }

    /// How many objectives there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The losses of a plan with these scores and costs, in the order of the objectives.
    ///
    /// # Errors
    /// The name of an objective that has no value here.
    pub(super) fn of<'a>(&'a self, scores: &Scores, costs: &[Cost]) -> Result<Vec<f64>, &'a str> {
        self.0
            .iter()
            .map(|objective| {
                let name = objective.metric.as_str();
                let cost = || costs.iter().find(|cost| cost.resource == name).map(|cost| cost.value);
                scores.value(name).or_else(cost).map(|value| objective.loss(value)).ok_or(name)
            })
            .collect()
    }

    /// The first of them, if it has a value here.
    pub(super) fn first(&self, scores: &Scores, costs: &[Cost]) -> Option<f64> {
        self.of(scores, costs).ok()?.first().copied()
    }

    /// Those losses that the costs alone decide, at their places; `None` where only evaluating
    /// tells, as for the `metrics` of the task.
    pub(super) fn of_costs(&self, metrics: &[MetricInfo], costs: &[Cost]) -> Vec<Option<f64>> {
        let loss = |objective: &Objective| {
            let name = objective.metric.as_str();
            let cost = costs.iter().find(|cost| cost.resource == name);
            let cost = cost.filter(|_| metrics.iter().all(|metric| metric.name != name));
            cost.map(|cost| objective.loss(cost.value))
        };
        self.0.iter().map(loss).collect()
    }

    /// The losses of a trial's config over all items that it was scored on; `None` when it failed.
    pub(super) fn pooled(&self, pool: &Pool<'_>, trial: &Trial) -> Option<Vec<f64>> {
        let scores = pool.scores(trial)?;
        self.of(&scores, &trial.costs).ok()
    }

    /// The losses of a finished trial on the items of first trials; `None` when it failed.
    pub(super) fn of_trial(&self, trial: &Trial) -> Option<Vec<f64>> {
        self.of(trial.scores()?, &trial.costs).ok()
    }
}
