//! Dimensions of a search space.

use attune_core::space::{ActiveCondition, Axis, Dimension, Domain, Scale};
use serde::{Deserialize, Serialize};

use super::float::{self, Float};

/// A named array of cells.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DimensionV1 {
    name: String,
    help: String,
    axes: Vec<AxisV1>,
    domain: DomainV1,
}

/// Where cells of a dimension count.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionV1 {
    dimension: usize,
    when: usize,
    options: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AxisV1 {
    name: String,
    len: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum DomainV1 {
    Choice { options: Vec<String> },
    Level { levels: Vec<Float> },
    Int { min: i64, max: i64 },
    Real { min: Float, max: Float, scale: ScaleV1 },
    Subset { of: u32, min: u32, max: u32 },
    Permutation { of: u32 },
    Affine { of: u32, sum: Float, spread: Float },
    Matrix { rows: u32, columns: u32, min: Float, max: Float },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ScaleV1 {
    Linear,
    Log,
}

impl From<&Dimension> for DimensionV1 {
    fn from(dimension: &Dimension) -> Self {
        let axis = |axis: &Axis| AxisV1 { name: axis.name.clone(), len: axis.len };
        Self {
            name: dimension.name.clone(),
            help: dimension.help.clone(),
            axes: dimension.axes.iter().map(axis).collect(),
            domain: (&dimension.domain).into(),
        }
    }
}

impl From<DimensionV1> for Dimension {
    fn from(form: DimensionV1) -> Self {
        let axis = |axis: AxisV1| Axis { name: axis.name, len: axis.len };
        Self {
            name: form.name,
            help: form.help,
            axes: form.axes.into_iter().map(axis).collect(),
            domain: form.domain.into(),
        }
    }
}

impl From<&ActiveCondition> for ConditionV1 {
    fn from(condition: &ActiveCondition) -> Self {
        let ActiveCondition { dimension, when, options } = condition.clone();
        Self { dimension, when, options }
    }
}

impl From<ConditionV1> for ActiveCondition {
    fn from(ConditionV1 { dimension, when, options }: ConditionV1) -> Self {
        Self { dimension, when, options }
    }
}

impl From<&Domain> for DomainV1 {
    fn from(domain: &Domain) -> Self {
        match domain {
            Domain::Choice { options } => Self::Choice { options: options.clone() },
            Domain::Level { levels } => Self::Level { levels: float::to_wire(levels) },
            Domain::Int { min, max } => Self::Int { min: *min, max: *max },
            Domain::Real { min, max, scale } => {
                let scale = match scale {
                    Scale::Linear => ScaleV1::Linear,
                    Scale::Log => ScaleV1::Log,
                };
                Self::Real { min: Float(*min), max: Float(*max), scale }
            }
            Domain::Subset { of, min, max } => Self::Subset { of: *of, min: *min, max: *max },
            Domain::Permutation { of } => Self::Permutation { of: *of },
            Domain::Affine { of, sum, spread } => {
                Self::Affine { of: *of, sum: Float(*sum), spread: Float(*spread) }
            }
            Domain::Matrix { rows, columns, min, max } => {
                Self::Matrix { rows: *rows, columns: *columns, min: Float(*min), max: Float(*max) }
            }
        }
    }
}

impl From<DomainV1> for Domain {
    fn from(form: DomainV1) -> Self {
        match form {
            DomainV1::Choice { options } => Self::Choice { options },
            DomainV1::Level { levels } => Self::Level { levels: float::from_wire(levels) },
            DomainV1::Int { min, max } => Self::Int { min, max },
            DomainV1::Real { min, max, scale } => {
                let scale = match scale {
                    ScaleV1::Linear => Scale::Linear,
                    ScaleV1::Log => Scale::Log,
                };
                Self::Real { min: min.0, max: max.0, scale }
            }
            DomainV1::Subset { of, min, max } => Self::Subset { of, min, max },
            DomainV1::Permutation { of } => Self::Permutation { of },
            DomainV1::Affine { of, sum, spread } => Self::Affine { of, sum: sum.0, spread: spread.0 },
            DomainV1::Matrix { rows, columns, min, max } => {
                Self::Matrix { rows, columns, min: min.0, max: max.0 }
            }
        }
    }
}
