//! Plans, as open edits: a vocabulary that grows does not change this form.

use std::collections::BTreeMap;

use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use serde::{Deserialize, Serialize};

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
    Counts(BTreeMap<u32, u32>),
}

/// A plan as it is written.
pub(super) fn to_wire(plan: &Plan) -> PlanV1 {
    let edit = |Edit { kind, args }: &Edit| EditV1 {
        kind: kind.clone(),
        args: args.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect(),
    };
    plan.edits().iter().map(edit).collect()
}

/// A plan as it is used. Edits were in canonical form and order when they were written.
pub(super) fn from_wire(plan: PlanV1) -> Plan {
    let edit = |EditV1 { kind, args }| Edit {
        kind,
        args: args.into_iter().map(|(name, value)| (name, value.into())).collect(),
    };
    Plan::from_canonical(plan.into_iter().map(edit).collect())
}

impl From<OptionValue> for SettingV1 {
    fn from(setting: OptionValue) -> Self {
        match setting {
            OptionValue::Bool(value) => Self::Bool(value),
            OptionValue::Int(value) => Self::Int(value),
            OptionValue::Real(value) => Self::Real(Float(value)),
            OptionValue::Text(value) => Self::Text(value),
            OptionValue::Ints(values) => Self::Ints(values),
            OptionValue::Reals(values) => Self::Reals(float::to_wire(&values)),
            OptionValue::Counts(values) => Self::Counts(values),
        }
    }
}

impl From<SettingV1> for OptionValue {
    fn from(setting: SettingV1) -> Self {
        match setting {
            SettingV1::Bool(value) => Self::Bool(value),
            SettingV1::Int(value) => Self::Int(value),
            SettingV1::Real(value) => Self::Real(value.0),
            SettingV1::Text(value) => Self::Text(value),
            SettingV1::Ints(values) => Self::Ints(values),
            SettingV1::Reals(values) => Self::Reals(float::from_wire(values)),
            SettingV1::Counts(values) => Self::Counts(values),
        }
    }
}
