//! Lines of `runs/<study>.jsonl`.

use attune_core::store::RunTime;
use serde::{Deserialize, Serialize};

use super::float::Float;
use super::{Wire, WireError};

/// How long one run took.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunV1 {
    seconds: Float,
}

impl Wire for RunTime {
    type Form = RunV1;

    fn to_form(&self) -> Result<RunV1, WireError> {
        Ok(RunV1 { seconds: Float(self.seconds) })
    }

    fn from_form(form: RunV1) -> Result<Self, WireError> {
        Ok(Self { seconds: form.seconds.0 })
    }
}
