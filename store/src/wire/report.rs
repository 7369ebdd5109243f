//! Reports.

use std::collections::BTreeMap;

use attune_core::bounds::{Gap, Gaps};
use attune_core::objective::{Direction, Objective};
use attune_core::plan::Plan;
use attune_core::report::{Best, Contender, Estimates, Front, FrontMember, Report, Words};
use attune_core::scores::Scores;
use attune_core::space::Config;
use attune_core::stats::Estimate;
use attune_core::technique::Cost;
use serde::{Deserialize, Serialize};

use super::WireError;
use super::config::{self, ConfigV1};
use super::float::Float;
use super::plan::{self, PlanV1};
use super::scores::ScoresV1;
use super::trial::CostV1;

/// The end of a study.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportV1 {
    trials: u64,
    best: FoundV1,
    /// Absent with one objective: such journals are as they were before there were fronts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    front: Option<FrontV1>,
    baselines: Vec<ContenderV1>,
    /// Absent where no bound is known: such journals are as they were before there were bounds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    bounds: BTreeMap<String, Vec<Option<Float>>>,
    /// Absent in journals from before reports said what was searched for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    objectives: Vec<ObjectiveV1>,
    /// Absent where the subject is a neural model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<WordsV1>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectiveV1 {
    metric: String,
    direction: DirectionV1,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsV1 {
    unedited: String,
    found: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontV1 {
    size: u64,
    members: Vec<FoundV1>,
}

/// A trial of the result: the best one says how it does elsewhere, a member of the front how it differs from the dense model.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoundV1 {
    trial: u64,
    config: ConfigV1,
    plan: PlanV1,
    costs: Vec<CostV1>,
    search: BTreeMap<String, Float>,
    report: ScoresV1,
    estimates: EstimatesV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    elsewhere: Option<BTreeMap<String, EstimatesV1>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delta: Option<EstimatesV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    gaps: GapsV1,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    elsewhere_gaps: BTreeMap<String, GapsV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    search_gaps: GapsV1,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContenderV1 {
    name: String,
    help: String,
    costs: Vec<CostV1>,
    report: ScoresV1,
    elsewhere: BTreeMap<String, ScoresV1>,
    estimates: EstimatesV1,
    delta: EstimatesV1,
    elsewhere_delta: BTreeMap<String, EstimatesV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    gaps: GapsV1,
}

type GapsV1 = BTreeMap<String, GapV1>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GapV1 {
    direction: DirectionV1,
    bound: Float,
    distance: EstimateV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<EstimateV1>,
    known: u32,
    items: u32,
    reached: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DirectionV1 {
    Minimise,
    Maximise,
}

type EstimatesV1 = BTreeMap<String, EstimateV1>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EstimateV1 {
    mean: Float,
    low: Float,
    high: Float,
}

impl From<&Report> for ReportV1 {
    fn from(report: &Report) -> Self {
        Self {
            trials: report.trials,
            best: (&report.best).into(),
            front: report.front.as_ref().map(FrontV1::from),
            baselines: report.baselines.iter().map(ContenderV1::from).collect(),
            bounds: report.bounds.iter().map(bounds_to_wire).collect(),
            objectives: report.objectives.iter().map(ObjectiveV1::from).collect(),
            words: report.words.clone().map(|Words { unedited, found }| WordsV1 { unedited, found }),
        }
    }
}

impl TryFrom<ReportV1> for Report {
    type Error = WireError;

    fn try_from(report: ReportV1) -> Result<Self, WireError> {
        Ok(Self {
            trials: report.trials,
            best: report.best.try_into()?,
            front: report.front.map(Front::try_from).transpose()?,
            baselines: report.baselines.into_iter().map(Contender::try_from).collect::<Result<_, _>>()?,
            bounds: report.bounds.into_iter().map(bounds_from_wire).collect(),
            objectives: report.objectives.into_iter().map(Objective::from).collect(),
            words: report.words.map(|WordsV1 { unedited, found }| Words { unedited, found }),
        })
    }
}

impl From<&Objective> for ObjectiveV1 {
    fn from(objective: &Objective) -> Self {
        Self { metric: objective.metric.clone(), direction: objective.direction.into() }
    }
}

impl From<ObjectiveV1> for Objective {
    fn from(form: ObjectiveV1) -> Self {
        Self { metric: form.metric, direction: form.direction.into() }
    }
}

impl From<Direction> for DirectionV1 {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Minimise => Self::Minimise,
            Direction::Maximise => Self::Maximise,
        }
    }
}

impl From<DirectionV1> for Direction {
    fn from(form: DirectionV1) -> Self {
        match form {
            DirectionV1::Minimise => Self::Minimise,
            DirectionV1::Maximise => Self::Maximise,
        }
    }
}

impl From<&Front> for FrontV1 {
    fn from(front: &Front) -> Self {
        Self { size: front.size, members: front.members.iter().map(FoundV1::from).collect() }
    }
}

impl TryFrom<FrontV1> for Front {
    type Error = WireError;

    fn try_from(front: FrontV1) -> Result<Self, WireError> {
        let members = front.members.into_iter().map(FrontMember::try_from).collect::<Result<_, _>>()?;
        Ok(Self { size: front.size, members })
    }
}

impl FoundV1 {
    /// What the best trial and a member of the front have in common, in the order of the form.
    fn new(
        trial: u64,
        config: &Config,
        plan: &Plan,
        costs: &[Cost],
        search: &BTreeMap<String, f64>,
        report: &Scores,
        estimates: &Estimates,
    ) -> Self {
        Self {
            trial,
            config: config::to_wire(config),
            plan: plan::to_wire(plan),
            costs: costs.iter().map(CostV1::from).collect(),
            search: search.iter().map(|(name, value)| (name.clone(), Float(*value))).collect(),
            report: report.into(),
            estimates: estimates_to_wire(estimates),
            elsewhere: None,
            delta: None,
            gaps: GapsV1::new(),
            elsewhere_gaps: BTreeMap::new(),
            search_gaps: GapsV1::new(),
        }
    }
}

impl From<&Best> for FoundV1 {
    fn from(best: &Best) -> Self {
        let Best { trial, config, plan, costs, search, report, estimates, .. } = best;
        Self {
            elsewhere: Some(each_to_wire(&best.out_of_domain)),
            gaps: gaps_to_wire(&best.gaps),
            elsewhere_gaps: best
                .out_of_domain_gaps
                .iter()
                .map(|(domain, gaps)| (domain.clone(), gaps_to_wire(gaps)))
                .collect(),
            search_gaps: gaps_to_wire(&best.search_gaps),
            ..Self::new(*trial, config, plan, costs, search, report, estimates)
        }
    }
}

impl From<&FrontMember> for FoundV1 {
    fn from(member: &FrontMember) -> Self {
        let FrontMember { trial, config, plan, costs, search, report, estimates, delta, gaps } = member;
        Self {
            delta: Some(estimates_to_wire(delta)),
            gaps: gaps_to_wire(gaps),
            ..Self::new(*trial, config, plan, costs, search, report, estimates)
        }
    }
}

impl TryFrom<FoundV1> for Best {
    type Error = WireError;

    fn try_from(form: FoundV1) -> Result<Self, WireError> {
        let (Some(elsewhere), None) = (form.elsewhere, form.delta) else {
            let problem = "the best trial has `elsewhere` and no `delta`".to_owned();
            return Err(WireError::Meaning(problem));
        };
        Ok(Self {
            trial: form.trial,
            config: config::from_wire(form.config),
            plan: plan::from_wire(form.plan),
            costs: form.costs.into_iter().map(Cost::from).collect(),
            search: form.search.into_iter().map(|(name, value)| (name, value.0)).collect(),
            report: form.report.try_into()?,
            estimates: estimates_from_wire(form.estimates),
            out_of_domain: each_from_wire(elsewhere),
            gaps: gaps_from_wire(form.gaps),
            out_of_domain_gaps: form
                .elsewhere_gaps
                .into_iter()
                .map(|(domain, gaps)| (domain, gaps_from_wire(gaps)))
                .collect(),
            search_gaps: gaps_from_wire(form.search_gaps),
        })
    }
}

impl TryFrom<FoundV1> for FrontMember {
    type Error = WireError;

    fn try_from(form: FoundV1) -> Result<Self, WireError> {
        let (None, Some(delta)) = (&form.elsewhere, form.delta) else {
            let problem = "a member of the front has `delta` and no `elsewhere`".to_owned();
            return Err(WireError::Meaning(problem));
        };
        let found = Best::try_from(FoundV1 { elsewhere: Some(BTreeMap::new()), delta: None, ..form })?;
        let Best { trial, config, plan, costs, search, report, estimates, gaps, .. } = found;
        let delta = estimates_from_wire(delta);
        Ok(Self { trial, config, plan, costs, search, report, estimates, delta, gaps })
    }
}

impl From<&Contender> for ContenderV1 {
    fn from(contender: &Contender) -> Self {
        let elsewhere = contender.out_of_domain.iter();
        Self {
            name: contender.name.clone(),
            help: contender.help.clone(),
            costs: contender.costs.iter().map(CostV1::from).collect(),
            report: (&contender.report).into(),
            elsewhere: elsewhere.map(|(domain, scores)| (domain.clone(), scores.into())).collect(),
            estimates: estimates_to_wire(&contender.estimates),
            delta: estimates_to_wire(&contender.delta),
            elsewhere_delta: each_to_wire(&contender.out_of_domain_delta),
            gaps: gaps_to_wire(&contender.gaps),
        }
    }
}

impl TryFrom<ContenderV1> for Contender {
    type Error = WireError;

    fn try_from(contender: ContenderV1) -> Result<Self, WireError> {
        let elsewhere = contender.elsewhere.into_iter();
        Ok(Self {
            name: contender.name,
            help: contender.help,
            costs: contender.costs.into_iter().map(Cost::from).collect(),
            report: contender.report.try_into()?,
            out_of_domain: elsewhere
                .map(|(domain, scores)| Ok((domain, Scores::try_from(scores)?)))
                .collect::<Result<_, WireError>>()?,
            estimates: estimates_from_wire(contender.estimates),
            delta: estimates_from_wire(contender.delta),
            out_of_domain_delta: each_from_wire(contender.elsewhere_delta),
            gaps: gaps_from_wire(contender.gaps),
        })
    }
}

impl From<&Estimate> for EstimateV1 {
    fn from(estimate: &Estimate) -> Self {
        Self { mean: Float(estimate.mean), low: Float(estimate.low), high: Float(estimate.high) }
    }
}

impl From<EstimateV1> for Estimate {
    fn from(form: EstimateV1) -> Self {
        Self { mean: form.mean.0, low: form.low.0, high: form.high.0 }
    }
}

fn estimates_to_wire(estimates: &Estimates) -> EstimatesV1 {
    estimates.iter().map(|(metric, estimate)| (metric.clone(), estimate.into())).collect()
}

fn estimates_from_wire(estimates: EstimatesV1) -> Estimates {
    estimates.into_iter().map(|(metric, estimate)| (metric, estimate.into())).collect()
}

fn bounds_to_wire((metric, values): (&String, &Vec<Option<f64>>)) -> (String, Vec<Option<Float>>) {
    (metric.clone(), values.iter().map(|value| value.map(Float)).collect())
}

fn bounds_from_wire((metric, values): (String, Vec<Option<Float>>)) -> (String, Vec<Option<f64>>) {
    (metric, values.into_iter().map(|value| value.map(|value| value.0)).collect())
}

fn gaps_to_wire(gaps: &Gaps) -> GapsV1 {
    let wire = |gap: &Gap| GapV1 {
        direction: gap.direction.into(),
        bound: Float(gap.bound),
        distance: (&gap.distance).into(),
        share: gap.share.as_ref().map(EstimateV1::from),
        known: gap.known,
        items: gap.items,
        reached: gap.reached,
    };
    gaps.iter().map(|(metric, gap)| (metric.clone(), wire(gap))).collect()
}

fn gaps_from_wire(gaps: GapsV1) -> Gaps {
    let domain = |form: GapV1| Gap {
        direction: form.direction.into(),
        bound: form.bound.0,
        distance: form.distance.into(),
        share: form.share.map(Estimate::from),
        known: form.known,
        items: form.items,
        reached: form.reached,
    };
    gaps.into_iter().map(|(metric, gap)| (metric, domain(gap))).collect()
}

fn each_to_wire(domains: &BTreeMap<String, Estimates>) -> BTreeMap<String, EstimatesV1> {
    domains.iter().map(|(domain, estimates)| (domain.clone(), estimates_to_wire(estimates))).collect()
}

fn each_from_wire(domains: BTreeMap<String, EstimatesV1>) -> BTreeMap<String, Estimates> {
    domains.into_iter().map(|(domain, estimates)| (domain, estimates_from_wire(estimates))).collect()
}
