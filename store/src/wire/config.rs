//! Configs.

use attune_core::space::{Config, Value};
use serde::{Deserialize, Serialize};

use super::float::{self, Float};

/// One list of cells per dimension.
pub(super) type ConfigV1 = Vec<Vec<ValueV1>>;

/// The value of one cell.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum ValueV1 {
    Index(u32),
    Int(i64),
    Real(Float),
    Indices(Vec<u32>),
    Reals(Vec<Float>),
}

/// A config as it is written.
pub(super) fn to_wire(config: &Config) -> ConfigV1 {
    let cells = |cells: &Vec<Value>| cells.iter().map(ValueV1::from).collect();
    config.dimensions().iter().map(cells).collect()
}

/// A config as it is used. Whether it is a point of a space is for the space to say.
pub(super) fn from_wire(config: ConfigV1) -> Config {
    Config::new(config.into_iter().map(|cells| cells.into_iter().map(Value::from).collect()).collect())
}

impl From<&Value> for ValueV1 {
    fn from(value: &Value) -> Self {
        match value {
            Value::Index(index) => Self::Index(*index),
            Value::Int(number) => Self::Int(*number),
            Value::Real(number) => Self::Real(Float(*number)),
            Value::Indices(indices) => Self::Indices(indices.clone()),
            Value::Reals(numbers) => Self::Reals(float::to_wire(numbers)),
        }
    }
}

impl From<ValueV1> for Value {
    fn from(value: ValueV1) -> Self {
        match value {
            ValueV1::Index(index) => Self::Index(index),
            ValueV1::Int(number) => Self::Int(number),
            ValueV1::Real(number) => Self::Real(number.0),
            ValueV1::Indices(indices) => Self::Indices(indices),
            ValueV1::Reals(numbers) => Self::Reals(float::from_wire(numbers)),
        }
    }
}
