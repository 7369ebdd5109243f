//! The result table: estimates of everyone, and the winner's paired differences.

use std::collections::BTreeMap;

use attune_core::bounds::{Gap, Gaps, KnownBounds};
use attune_core::evaluator::{EvalFailure, MetricInfo, Split};
use attune_core::plan::Plan;
use attune_core::pooling::Pool;
use attune_core::report::{Best, Contender, Estimates, Front, FrontMember, Report};
use attune_core::scores::Scores;
use attune_core::stats::{self, NotPaired};
use attune_core::technique::Cost;
use attune_core::trial::Trial;

use super::Column;
use super::bounds::Bounds;
use super::entries::Entry;
use super::front::FrontTrials;
use crate::session::SessionError;

/// Everything that was scored for a report. Entry 0 is the winner, entry 1 the dense model where there is one.
pub(super) struct Table<'a> {
    pub(super) entries: Vec<Entry>,
    pub(super) random: Vec<Contender>,
    pub(super) report: Column,
    pub(super) out_of_domain: BTreeMap<String, Column>,
    /// The front, with scores of its members by position.
    pub(super) front: Option<(FrontTrials, Column)>,
    pub(super) intervals: Intervals<'a>,
    pub(super) bounds: Bounds,
}

/// How the values of a report get their intervals.
#[derive(Clone, Copy)]
pub(super) struct Intervals<'a> {
    /// What the values are of: which interval a metric has is said by its declaration.
    pub(super) metrics: &'a [MetricInfo],
    pub(super) seed: u64,
}

impl Table<'_> {
    /// The report on `best`, with the dense model first, then chance, then the technique's baselines.
    pub(super) fn assemble(mut self, best: &Trial, trials: &[Trial]) -> Result<Report, SessionError> {
        let (intervals, pool) = (self.intervals, Pool::new(trials));
        let winner = self.report.remove(&0).ok_or_else(|| SessionError::BestFails {
            trial: best.id,
            split: Split::Report,
            failure: EvalFailure::Internal("it was never scored".to_owned()),
        })?;
        let dense = self.entries.get(1).is_some_and(|entry| entry.plan == Plan::empty());
        let front = match self.front.take() {
            None => None,
            Some((front, column)) => {
                let dense = self.report.get(&1).filter(|_| dense);
                Some(members(front, &column, dense, &pool, (intervals, &self.bounds))?)
            }
        };
        let mut contenders: Vec<Contender> = Vec::new();
        for (position, entry) in self.entries.iter().enumerate().skip(1) {
            if position == 1 + usize::from(dense) {
                contenders.append(&mut self.random);
            }
            let Some(scores) = self.report.remove(&position) else { continue };
            let mut contender = contender(&entry.name, &entry.help, entry.costs.clone(), scores);
            for (domain, column) in &self.out_of_domain {
                let Some(scores) = column.get(&position) else { continue };
                if let Some(winner) = column.get(&0) {
                    contender
                        .out_of_domain_delta
                        .insert(domain.clone(), intervals.differences(winner, scores)?);
                }
                contender.out_of_domain.insert(domain.clone(), scores.clone());
            }
            contenders.push(contender);
        }
        contenders.append(&mut self.random);
        for contender in &mut contenders {
            contender.estimates = intervals.estimates(&contender.report);
            contender.delta = intervals.differences(&winner, &contender.report)?;
            contender.gaps = intervals.gaps(&contender.report, &self.bounds.report);
        }
        let elsewhere =
            || self.out_of_domain.iter().filter_map(|(domain, column)| Some((domain, column.get(&0)?)));
        let out_of_domain = elsewhere().map(|(domain, scores)| (domain.clone(), intervals.estimates(scores)));
        let out_of_domain_gaps = elsewhere().filter_map(|(domain, scores)| {
            let gaps = intervals.gaps(scores, self.bounds.out_of_domain.get(domain)?);
            (!gaps.is_empty()).then(|| (domain.clone(), gaps))
        });
        Ok(Report {
            trials: trials.len() as u64,
            best: Best {
                trial: best.id,
                config: best.config.clone(),
                plan: best.plan.clone(),
                costs: best.costs.clone(),
                search: searched(best, &pool),
                estimates: intervals.estimates(&winner),
                gaps: intervals.gaps(&winner, &self.bounds.report),
                search_gaps: best
                    .scores()
                    .map(|scores| intervals.gaps(scores, &self.bounds.selection))
                    .unwrap_or_default(),
                report: winner,
                out_of_domain: out_of_domain.collect(),
                out_of_domain_gaps: out_of_domain_gaps.collect(),
            },
            front,
            baselines: contenders,
            bounds: self.bounds.report,
            objectives: Vec::new(),
            words: None,
        })
    }
}

/// The members that have scores, compared with the dense model.
fn members(
    front: FrontTrials,
    column: &Column,
    dense: Option<&Scores>,
    pool: &Pool<'_>,
    (intervals, bounds): (Intervals<'_>, &Bounds),
) -> Result<Front, NotPaired> {
    let scored =
        front.members.into_iter().enumerate().filter_map(|(at, trial)| Some((trial, column.get(&at)?)));
    let member = |(trial, scores): (Trial, &Scores)| {
        Ok(FrontMember {
            trial: trial.id,
            search: searched(&trial, pool),
            estimates: intervals.estimates(scores),
            delta: dense.map_or(Ok(Estimates::new()), |dense| intervals.differences(scores, dense))?,
            gaps: intervals.gaps(scores, &bounds.report),
            report: scores.clone(),
            config: trial.config,
            plan: trial.plan,
            costs: trial.costs,
        })
    };
    Ok(Front { size: front.size, members: scored.map(member).collect::<Result<_, NotPaired>>()? })
}

/// What the search saw of a trial, over all items that its config was scored on.
fn searched(trial: &Trial, pool: &Pool<'_>) -> BTreeMap<String, f64> {
    let scores = pool.scores(trial).unwrap_or_default();
    scores.metrics.iter().map(|(name, score)| (name.clone(), score.value())).collect()
}

/// A line of the table that is not compared yet.
pub(super) fn contender(name: &str, help: &str, costs: Vec<Cost>, report: Scores) -> Contender {
    Contender {
        name: name.to_owned(),
        help: help.to_owned(),
        costs,
        report,
        out_of_domain: BTreeMap::new(),
        estimates: Estimates::new(),
        delta: Estimates::new(),
        out_of_domain_delta: BTreeMap::new(),
        gaps: BTreeMap::new(),
    }
}

impl Intervals<'_> {
    fn estimates(self, scores: &Scores) -> Estimates {
        let metrics =
            self.metrics.iter().filter_map(|metric| Some((metric, scores.metrics.get(&metric.name)?)));
        let estimated = metrics.map(|(metric, score)| {
            (metric.name.clone(), stats::estimate(metric.support(), score, self.seed))
        });
        estimated.collect()
    }

    /// Left minus right, for the metrics that both have.
    fn differences(self, left: &Scores, right: &Scores) -> Result<Estimates, NotPaired> {
        let both = self.metrics.iter().filter_map(|metric| {
            Some((metric, left.metrics.get(&metric.name)?, right.metrics.get(&metric.name)?))
        });
        both.map(|(metric, left, right)| {
            Ok((metric.name.clone(), stats::difference(metric.support(), left, right, self.seed)?))
        })
        .collect()
    }

    /// Gaps of the metrics that have known bounds.
    pub(super) fn gaps(self, scores: &Scores, known: &KnownBounds) -> Gaps {
        let of = |metric: &MetricInfo| {
            let (score, values) = (scores.metrics.get(&metric.name)?, known.get(&metric.name)?);
            Some((metric.name.clone(), Gap::of(metric.direction, score, values, self.seed)?))
        };
        self.metrics.iter().filter_map(of).collect()
    }
}
