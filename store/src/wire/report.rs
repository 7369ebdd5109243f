//! Reports.

use std::collections::BTreeMap;

use attune_core::report::{Best, Contender, Estimates, Front, FrontMember, Report};
use attune_core::scores::Scores;
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
    best: BestV1,
    /// Absent with one objective: such journals are as they were before there were fronts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    front: Option<FrontV1>,
    baselines: Vec<ContenderV1>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontV1 {
    size: u64,
    members: Vec<FrontMemberV1>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMemberV1 {
    trial: u64,
    config: ConfigV1,
    plan: PlanV1,
    costs: Vec<CostV1>,
    search: BTreeMap<String, Float>,
    report: ScoresV1,
    estimates: EstimatesV1,
    delta: EstimatesV1,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BestV1 {
    trial: u64,
    config: ConfigV1,
    plan: PlanV1,
    costs: Vec<CostV1>,
    search: BTreeMap<String, Float>,
    report: ScoresV1,
    estimates: EstimatesV1,
    elsewhere: BTreeMap<String, EstimatesV1>,
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
        })
    }
}

impl From<&Front> for FrontV1 {
    fn from(front: &Front) -> Self {
        let member = |member: &FrontMember| FrontMemberV1 {
            trial: member.trial,
            config: config::to_wire(&member.config),
            plan: plan::to_wire(&member.plan),
            costs: member.costs.iter().map(CostV1::from).collect(),
            search: member.search.iter().map(|(name, value)| (name.clone(), Float(*value))).collect(),
            report: (&member.report).into(),
            estimates: estimates_to_wire(&member.estimates),
            delta: estimates_to_wire(&member.delta),
        };
        Self { size: front.size, members: front.members.iter().map(member).collect() }
    }
}

impl TryFrom<FrontV1> for Front {
    type Error = WireError;

    fn try_from(front: FrontV1) -> Result<Self, WireError> {
        let member = |member: FrontMemberV1| {
            Ok(FrontMember {
                trial: member.trial,
                config: config::from_wire(member.config),
                plan: plan::from_wire(member.plan),
                costs: member.costs.into_iter().map(Cost::from).collect(),
                search: member.search.into_iter().map(|(name, value)| (name, value.0)).collect(),
                report: member.report.try_into()?,
                estimates: estimates_from_wire(member.estimates),
                delta: estimates_from_wire(member.delta),
            })
        };
        let members = front.members.into_iter().map(member).collect::<Result<_, WireError>>()?;
        Ok(Self { size: front.size, members })
    }
}

impl From<&Best> for BestV1 {
    fn from(best: &Best) -> Self {
        Self {
            trial: best.trial,
            config: config::to_wire(&best.config),
            plan: plan::to_wire(&best.plan),
            costs: best.costs.iter().map(CostV1::from).collect(),
            search: best.search.iter().map(|(name, value)| (name.clone(), Float(*value))).collect(),
            report: (&best.report).into(),
            estimates: estimates_to_wire(&best.estimates),
            elsewhere: each_to_wire(&best.elsewhere),
        }
    }
}

impl TryFrom<BestV1> for Best {
    type Error = WireError;

    fn try_from(best: BestV1) -> Result<Self, WireError> {
        Ok(Self {
            trial: best.trial,
            config: config::from_wire(best.config),
            plan: plan::from_wire(best.plan),
            costs: best.costs.into_iter().map(Cost::from).collect(),
            search: best.search.into_iter().map(|(name, value)| (name, value.0)).collect(),
            report: best.report.try_into()?,
            estimates: estimates_from_wire(best.estimates),
            elsewhere: each_from_wire(best.elsewhere),
        })
    }
}

impl From<&Contender> for ContenderV1 {
    fn from(contender: &Contender) -> Self {
        let elsewhere = contender.elsewhere.iter();
        Self {
            name: contender.name.clone(),
            help: contender.help.clone(),
            costs: contender.costs.iter().map(CostV1::from).collect(),
            report: (&contender.report).into(),
            elsewhere: elsewhere.map(|(domain, scores)| (domain.clone(), scores.into())).collect(),
            estimates: estimates_to_wire(&contender.estimates),
            delta: estimates_to_wire(&contender.delta),
            elsewhere_delta: each_to_wire(&contender.elsewhere_delta),
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
            elsewhere: elsewhere
                .map(|(domain, scores)| Ok((domain, Scores::try_from(scores)?)))
                .collect::<Result<_, WireError>>()?,
            estimates: estimates_from_wire(contender.estimates),
            delta: estimates_from_wire(contender.delta),
            elsewhere_delta: each_from_wire(contender.elsewhere_delta),
        })
    }
}

fn estimates_to_wire(estimates: &Estimates) -> EstimatesV1 {
    let wire = |estimate: &Estimate| EstimateV1 {
        mean: Float(estimate.mean),
        low: Float(estimate.low),
        high: Float(estimate.high),
    };
    estimates.iter().map(|(metric, estimate)| (metric.clone(), wire(estimate))).collect()
}

fn estimates_from_wire(estimates: EstimatesV1) -> Estimates {
    let domain = |form: EstimateV1| Estimate { mean: form.mean.0, low: form.low.0, high: form.high.0 };
    estimates.into_iter().map(|(metric, estimate)| (metric, domain(estimate))).collect()
}

fn each_to_wire(domains: &BTreeMap<String, Estimates>) -> BTreeMap<String, EstimatesV1> {
    domains.iter().map(|(domain, estimates)| (domain.clone(), estimates_to_wire(estimates))).collect()
}

fn each_from_wire(domains: BTreeMap<String, EstimatesV1>) -> BTreeMap<String, Estimates> {
    domains.into_iter().map(|(domain, estimates)| (domain, estimates_from_wire(estimates))).collect()
}
