//! Plans, as open edits: a vocabulary that grows does not change this form.

use std::collections::BTreeMap;

use attune_core::plan::{Edit, OpenEdit, Plan};
use attune_core::setting::Setting;
use serde::{Deserialize, Serialize};

use super::WireError;
use super::float::{self, Float};

/// The edits, in canonical order.
pub(super) type PlanV1 = Vec<EditV1>;

/// One edit.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditV1 {
    kind: String,
    args: BTreeMap<String, SettingV1>,
}

/// One argument of an edit.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum SettingV1 {
    Bool(bool),
    Int(i64),
    Real(Float),
    Text(String),
    Ints(Vec<i64>),
    Reals(Vec<Float>),
}

/// A plan as it is written.
pub(super) fn to_wire(plan: &Plan) -> PlanV1 {
    let edit = |edit: &Edit| {
        let OpenEdit { kind, args } = edit.to_open();
        EditV1 { kind, args: args.into_iter().map(|(name, value)| (name, value.into())).collect() }
    };
    plan.edits().iter().map(edit).collect()
}

/// A plan as it is used.
pub(super) fn from_wire(plan: PlanV1) -> Result<Plan, WireError> {
    let edit = |EditV1 { kind, args }| {
        let args = args.into_iter().map(|(name, value)| (name, value.into())).collect();
        Edit::from_open(&OpenEdit { kind, args })
    };
    let edits: Vec<Edit> = plan.into_iter().map(edit).collect::<Result<_, _>>()?;
    Ok(Plan::new(edits))
}

impl From<Setting> for SettingV1 {
    fn from(setting: Setting) -> Self {
        match setting {
            Setting::Bool(value) => Self::Bool(value),
            Setting::Int(value) => Self::Int(value),
            Setting::Real(value) => Self::Real(Float(value)),
            Setting::Text(value) => Self::Text(value),
            Setting::Ints(values) => Self::Ints(values),
            Setting::Reals(values) => Self::Reals(float::to_wire(&values)),
        }
    }
}

impl From<SettingV1> for Setting {
    fn from(setting: SettingV1) -> Self {
        match setting {
            SettingV1::Bool(value) => Self::Bool(value),
            SettingV1::Int(value) => Self::Int(value),
            SettingV1::Real(value) => Self::Real(value.0),
            SettingV1::Text(value) => Self::Text(value),
            SettingV1::Ints(values) => Self::Ints(values),
            SettingV1::Reals(values) => Self::Reals(float::from_wire(values)),
        }
    }
}
