//! Finished trials.

use attune_core::scores::Scores;
use attune_core::strategy::Origin;
use attune_core::technique::Cost;
use attune_core::trial::{Dropped, Outcome, Repeat, Trial, TrialState};
use serde::{Deserialize, Serialize};

use super::WireError;
use super::config::{self, ConfigV1};
use super::float::Float;
use super::plan::{self, PlanV1};
use super::scores::ScoresV1;

/// A finished trial.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialV1 {
    id: u64,
    config: ConfigV1,
    plan: PlanV1,
    costs: Vec<CostV1>,
    origin: OriginV1,
    state: StateV1,
}

/// What a config costs in one resource.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CostV1 {
    resource: String,
    unit: String,
    value: Float,
    dense: Float,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum OriginV1 {
    Start(String),
    Random,
    Varied {
        parents: Vec<u64>,
        /// Not written where there is none, as in journals from before operators had names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
    },
    Again {
        of: u64,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum StateV1 {
    Complete { scores: ScoresV1, reused: bool },
    Dropped { stage: u32, items: Vec<u32>, scores: ScoresV1, rival: u64, reused: bool },
    Repeated { items: Vec<u32>, scores: ScoresV1, reused: bool },
    Failed(String),
}

impl TryFrom<&Trial> for TrialV1 {
    type Error = WireError;

    fn try_from(trial: &Trial) -> Result<Self, WireError> {
        let state = match trial.state() {
            TrialState::Complete(Outcome { scores, reused }) => {
                StateV1::Complete { scores: scores.into(), reused: *reused }
            }
            TrialState::Dropped(dropped) => StateV1::Dropped {
                stage: dropped.stage,
                items: dropped.items.clone(),
                scores: (&dropped.scores).into(),
                rival: dropped.rival,
                reused: dropped.reused,
            },
            TrialState::Repeated(Repeat { items, scores, reused }) => {
                StateV1::Repeated { items: items.clone(), scores: scores.into(), reused: *reused }
            }
            TrialState::Failed(reason) => StateV1::Failed(reason.clone()),
            unfinished @ (TrialState::Waiting | TrialState::Running) => {
                return Err(WireError::Meaning(format!(
                    "trial {} is {}, expected a finished one",
                    trial.id,
                    unfinished.name()
                )));
            }
        };
        Ok(Self {
            id: trial.id,
            config: config::to_wire(&trial.config),
            plan: plan::to_wire(&trial.plan),
            costs: trial.costs.iter().map(CostV1::from).collect(),
            origin: (&trial.origin).into(),
            state,
        })
    }
}

impl TryFrom<TrialV1> for Trial {
    type Error = WireError;

    fn try_from(form: TrialV1) -> Result<Self, WireError> {
        let state = match form.state {
            StateV1::Complete { scores, reused } => {
                TrialState::Complete(Outcome { scores: scores.try_into()?, reused })
            }
            StateV1::Dropped { stage, items, scores, rival, reused } => {
                let scores = scores_of(items.len(), scores)?;
                TrialState::Dropped(Dropped { stage, items, scores, rival, reused })
            }
            StateV1::Repeated { items, scores, reused } => {
                let scores = scores_of(items.len(), scores)?;
                TrialState::Repeated(Repeat { items, scores, reused })
            }
            StateV1::Failed(reason) => TrialState::Failed(reason),
        };
        let mut trial = Self::new(
            form.id,
            config::from_wire(form.config),
            plan::from_wire(form.plan),
            form.costs.into_iter().map(Cost::from).collect(),
            form.origin.into(),
        );
        trial.advance(state).map_err(|error| WireError::Meaning(error.to_string()))?;
        Ok(trial)
    }
}

/// Scores in which every metric has a value for each of `items`: what is compared is paired by position.
fn scores_of(items: usize, form: ScoresV1) -> Result<Scores, WireError> {
    let scores = Scores::try_from(form)?;
    match scores.metrics.iter().find(|(_, metric)| metric.items.len() != items) {
        None => Ok(scores),
        Some((name, metric)) => Err(WireError::Meaning(format!(
            "metric `{name}` has {} values for {items} items, expected as many",
            metric.items.len()
        ))),
    }
}

impl From<&Cost> for CostV1 {
    fn from(cost: &Cost) -> Self {
        Self {
            resource: cost.resource.clone(),
            unit: cost.unit.clone(),
            value: Float(cost.value),
            dense: Float(cost.dense),
        }
    }
}

impl From<CostV1> for Cost {
    fn from(cost: CostV1) -> Self {
        Self { resource: cost.resource, unit: cost.unit, value: cost.value.0, dense: cost.dense.0 }
    }
}

impl From<&Origin> for OriginV1 {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Start(name) => Self::Start(name.clone()),
            Origin::Random => Self::Random,
            Origin::Varied { parents, operator } => {
                Self::Varied { parents: parents.clone(), operator: operator.clone() }
            }
            Origin::Again { of } => Self::Again { of: *of },
        }
    }
}

impl From<OriginV1> for Origin {
    fn from(origin: OriginV1) -> Self {
        match origin {
            OriginV1::Start(name) => Self::Start(name),
            OriginV1::Random => Self::Random,
            OriginV1::Varied { parents, operator } => Self::Varied { parents, operator },
            OriginV1::Again { of } => Self::Again { of },
        }
    }
}
