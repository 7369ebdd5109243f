//! What became of one plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Failure;

/// What became of one plan of an `evaluate` request: it has either `scores` or `error`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Outcome {
    /// The plan's position in the request, from 0.
    pub index: usize,
    /// Values by metric: all metrics of the task and no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<BTreeMap<String, Score>>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// The plan's share of the wall-clock time, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// One metric of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Score {
    /// How `items` become one number; `mean` where it says nothing.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// One value per item that was asked for, in that order.
    pub items: Vec<f64>,
    /// The weight of each; all 1 where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
}

/// How values of items become one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// `Σ w·x / Σ w`.
    #[default]
    Mean,
    /// `exp(Σ w·x / Σ w)`: perplexity from mean negative log-likelihoods.
    ExpMean,
}

/// Work, in units of the worker's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Work {
    /// What was computed; what several plans share counts in equal parts.
    pub computed: u64,
    /// What the plan alone, on all items, would have taken.
    pub naive: u64,
}
