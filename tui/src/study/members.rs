//! The front of a study with several objectives, from its report or, of a study whose report has none, from its trials.

use std::collections::BTreeMap;

use attune::replay;
use attune_core::objective;
use attune_core::report::Estimates;
use attune_core::technique::Cost;

use super::{Row, Study};

/// A config of the front.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) trial: u64,
    pub(crate) costs: Vec<Cost>,
    /// What the search saw of the objectives, by name.
    pub(crate) search: BTreeMap<String, f64>,
    /// On the report split, and against the dense model there.
    pub(crate) report: Option<(Estimates, Estimates)>,
}

/// All of the front that can be shown, best by the first objective first; empty with one objective.
pub(crate) fn members(study: &Study) -> Vec<Member> {
    if let Some(front) = study.finished.as_ref().and_then(|finished| finished.report.front.as_ref()) {
        let members = front.members.iter().map(|member| Member {
            trial: member.trial,
            costs: member.costs.clone(),
            search: member.search.clone(),
            report: Some((member.estimates.clone(), member.delta.clone())),
        });
        return members.collect();
    }
    if study.objectives.len() < 2 {
        return Vec::new();
    }
    let complete: Vec<_> = study.rows.iter().filter(|row| row.trial.scores().is_some()).collect();
    let losses = |row: &&Row| -> Vec<f64> {
        let loss =
            |objective: &objective::Objective| objective.loss(replay::value(&row.trial, &objective.metric));
        study.objectives.iter().map(loss).collect()
    };
    let points: Vec<Vec<f64>> = complete.iter().map(losses).collect();
    let mut front = objective::front(&points);
    front.sort_by(|&a, &b| objective::compare(points[a][0], points[b][0]));
    let member = |at: usize| {
        let trial = &complete[at].trial;
        let search = study
            .objectives
            .iter()
            .map(|objective| (objective.metric.clone(), replay::value(trial, &objective.metric)));
        Member { trial: trial.id, costs: trial.costs.clone(), search: search.collect(), report: None }
    };
    front.into_iter().map(member).collect()
}

/// How many trials are on the front, those that are not shown included.
pub(crate) fn size(study: &Study, shown: usize) -> usize {
    let front = study.finished.as_ref().and_then(|finished| finished.report.front.as_ref());
    front.map_or(shown, |front| (front.size as usize).max(shown))
}
