//! What the journal of a study says about it.

use attune_core::objective::{Objective, compare};
use attune_core::pooling::Pool;
use attune_core::profile::Profile;
use attune_core::store::{Record, StudyHeader};
use attune_core::trial::Trial;

/// The profile that a study was made from; its name is the study's, its number of trials says nothing.
pub(super) fn profile(header: &StudyHeader) -> Option<Profile> {
    Profile::from_identity(&header.profile, &header.study, 1).ok()
}

/// Finished trials, in order.
pub(super) fn trials(records: &[Record]) -> Vec<Trial> {
    let trial = |record: &Record| match record {
        Record::Trial(trial) => Some((**trial).clone()),
        _ => None,
    };
    records.iter().filter_map(trial).collect()
}

/// The first objective and its best value in the search.
pub(super) fn best(records: &[Record], objectives: &[Objective]) -> Option<(String, f64)> {
    let objective = objectives.first()?;
    let trials = trials(records);
    let pool = Pool::new(&trials);
    let value = |trial: &Trial| {
        let scores = pool.scores(trial)?;
        let cost =
            || trial.costs.iter().find(|cost| cost.resource == objective.metric).map(|cost| cost.value);
        scores.value(&objective.metric).or_else(cost)
    };
    let best =
        trials.iter().filter_map(value).min_by(|a, b| compare(objective.loss(*a), objective.loss(*b)))?;
    Some((objective.metric.clone(), best))
}
