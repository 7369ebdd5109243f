//! Lines of `runs/<study>.jsonl`.

use attune_core::scores::Work;
use attune_core::store::{MeasuringEffort, RunNote, RunTime, TrialEffort, Whereabouts};
use attune_core::strategy::{Planned, Spent};
use serde::{Deserialize, Serialize};

use super::float::Float;
use super::{Wire, WireError};

/// What a run took (`seconds`, and `peak_memory` where it is known), what its `trials` did, how many it is to reach
/// (`budget`), what was `measured`, how many configs were `probed`, what was `planned`, where its things were `found`, which
/// trials other studies `shared`, or why it `failed`. One form for all, because the first had no tag when it was the only
/// one.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<Float>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peak_memory: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trials: Option<Vec<EffortV1>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    budget: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measured: Option<MeasuredV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    planned: Option<PlannedV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found: Option<FoundV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared: Option<Vec<u64>>,
}

/// Where profile and model are.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoundV1 {
    profile: String,
    model: String,
}

/// What measuring something took.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuredV1 {
    what: String,
    computed: u64,
    naive: u64,
    seconds: Float,
}

/// An allocation and what is proven about it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedV1 {
    damage: Float,
    bound: Float,
    budgets: Vec<SpentV1>,
}

/// What an allocation takes of a budget.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpentV1 {
    resource: String,
    unit: String,
    used: Float,
    limit: Float,
}

/// What one trial took.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EffortV1 {
    trial: u64,
    computed: u64,
    naive: u64,
    seconds: Float,
}

impl Wire for RunNote {
    type Form = NoteV1;

    fn to_form(&self) -> Result<NoteV1, WireError> {
        let empty = NoteV1::default();
        Ok(match self {
            Self::Budget(trials) => NoteV1 { budget: Some(*trials), ..empty },
            Self::Run(RunTime { seconds, peak_memory }) => {
                NoteV1 { seconds: Some(Float(*seconds)), peak_memory: *peak_memory, ..empty }
            }
            Self::Trials(trials) => {
                NoteV1 { trials: Some(trials.iter().map(EffortV1::from).collect()), ..empty }
            }
            Self::Measured(effort) => NoteV1 { measured: Some(effort.into()), ..empty },
            Self::Probed(configs) => NoteV1 { probed: Some(*configs), ..empty },
            Self::Planned(planned) => NoteV1 { planned: Some(planned.into()), ..empty },
            Self::Found(Whereabouts { profile, model }) => {
                NoteV1 { found: Some(FoundV1 { profile: profile.clone(), model: model.clone() }), ..empty }
            }
            Self::Shared(trials) => NoteV1 { shared: Some(trials.clone()), ..empty },
            Self::Failed(reason) => NoteV1 { failed: Some(reason.clone()), ..empty },
        })
    }

    fn from_form(form: NoteV1) -> Result<Self, WireError> {
        let NoteV1 { seconds, peak_memory, trials, budget, measured, probed, planned, failed, found, shared } =
            form;
        let run = seconds.map(|seconds| Self::Run(RunTime { seconds: seconds.0, peak_memory }));
        let lost = run.is_none() && peak_memory.is_some();
        let trials = trials.map(|trials| Self::Trials(trials.into_iter().map(TrialEffort::from).collect()));
        let notes = [
            run,
            trials,
            budget.map(Self::Budget),
            measured.map(|effort| Self::Measured(effort.into())),
            probed.map(Self::Probed),
            planned.map(|planned| Self::Planned(planned.into())),
            failed.map(Self::Failed),
            shared.map(Self::Shared),
            found.map(|FoundV1 { profile, model }| Self::Found(Whereabouts { profile, model })),
        ];
        let mut notes = notes.into_iter().flatten();
        match (notes.next(), notes.next()) {
            (Some(note), None) if !lost => Ok(note),
            _ => Err(WireError::Meaning(
                "a note on a run has either `seconds`, perhaps with `peak_memory`, or one of `trials`, `budget`, \
                 `measured`, `probed`, `planned`, `found`, `shared` and `failed`"
                    .to_owned(),
            )),
        }
    }
}

impl From<&MeasuringEffort> for MeasuredV1 {
    fn from(effort: &MeasuringEffort) -> Self {
        let Work { computed, naive } = effort.work;
        Self { what: effort.what.clone(), computed, naive, seconds: Float(effort.seconds) }
    }
}

impl From<MeasuredV1> for MeasuringEffort {
    fn from(form: MeasuredV1) -> Self {
        let work = Work { computed: form.computed, naive: form.naive };
        Self { what: form.what, work, seconds: form.seconds.0 }
    }
}

impl From<&Planned> for PlannedV1 {
    fn from(planned: &Planned) -> Self {
        let spent = |budget: &Spent| SpentV1 {
            resource: budget.resource.clone(),
            unit: budget.unit.clone(),
            used: Float(budget.used),
            limit: Float(budget.limit),
        };
        let budgets = planned.budgets.iter().map(spent).collect();
        Self { damage: Float(planned.damage), bound: Float(planned.bound), budgets }
    }
}

impl From<PlannedV1> for Planned {
    fn from(form: PlannedV1) -> Self {
        let spent = |budget: SpentV1| Spent {
            resource: budget.resource,
            unit: budget.unit,
            used: budget.used.0,
            limit: budget.limit.0,
        };
        let budgets = form.budgets.into_iter().map(spent).collect();
        Self { damage: form.damage.0, bound: form.bound.0, budgets }
    }
}

impl From<&TrialEffort> for EffortV1 {
    fn from(effort: &TrialEffort) -> Self {
        let Work { computed, naive } = effort.work;
        Self { trial: effort.trial, computed, naive, seconds: Float(effort.seconds) }
    }
}

impl From<EffortV1> for TrialEffort {
    fn from(form: EffortV1) -> Self {
        let work = Work { computed: form.computed, naive: form.naive };
        Self { trial: form.trial, work, seconds: form.seconds.0 }
    }
}
