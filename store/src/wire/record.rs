//! Lines of `journal/<study>.jsonl`.

use attune_core::store::Record;
use serde::{Deserialize, Serialize};

use super::header::HeaderV1;
use super::report::ReportV1;
use super::trial::TrialV1;
use super::{Wire, WireError};

/// One record of a study.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum RecordV1 {
    Header(Box<HeaderV1>),
    Trial(Box<TrialV1>),
    Report(Box<ReportV1>),
}

impl Wire for Record {
    type Form = RecordV1;

    fn to_form(&self) -> Result<RecordV1, WireError> {
        Ok(match self {
            Self::Header(header) => RecordV1::Header(Box::new(header.as_ref().into())),
            Self::Trial(trial) => RecordV1::Trial(Box::new(trial.as_ref().try_into()?)),
            Self::Report(report) => RecordV1::Report(Box::new(report.as_ref().into())),
        })
    }

    fn from_form(form: RecordV1) -> Result<Self, WireError> {
        Ok(match form {
            RecordV1::Header(header) => Self::Header(Box::new((*header).try_into()?)),
            RecordV1::Trial(trial) => Self::Trial(Box::new((*trial).try_into()?)),
            RecordV1::Report(report) => Self::Report(Box::new((*report).try_into()?)),
        })
    }
}
