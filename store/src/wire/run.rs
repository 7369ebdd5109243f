//! Lines of `runs/<study>.jsonl`.

use attune_core::scores::Work;
use attune_core::store::{RunNote, RunTime, TrialEffort};
use serde::{Deserialize, Serialize};

use super::float::Float;
use super::{Wire, WireError};

/// What a run took (`seconds`, and `peak_memory` where it is known), what its `trials` did, or how many it is to
/// reach (`budget`). One form for all, because the first had no tag when it was the only one.
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
        Ok(match self {
            Self::Budget(trials) => NoteV1 { budget: Some(*trials), ..NoteV1::default() },
            Self::Run(RunTime { seconds, peak_memory }) => {
                NoteV1 { seconds: Some(Float(*seconds)), peak_memory: *peak_memory, ..NoteV1::default() }
            }
            Self::Trials(trials) => {
                NoteV1 { trials: Some(trials.iter().map(EffortV1::from).collect()), ..NoteV1::default() }
            }
        })
    }

    fn from_form(form: NoteV1) -> Result<Self, WireError> {
        match form {
            NoteV1 { seconds: None, peak_memory: None, trials: None, budget: Some(trials) } => {
                Ok(Self::Budget(trials))
            }
            NoteV1 { seconds: Some(seconds), peak_memory, trials: None, budget: None } => {
                Ok(Self::Run(RunTime { seconds: seconds.0, peak_memory }))
            }
            NoteV1 { seconds: None, peak_memory: None, trials: Some(trials), budget: None } => {
                Ok(Self::Trials(trials.into_iter().map(TrialEffort::from).collect()))
            }
            _ => Err(WireError::Meaning(
                "a note on a run has either `seconds`, perhaps with `peak_memory`, or `trials`, or a `budget`".to_owned(),
            )),
        }
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
