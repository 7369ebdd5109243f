//! The results of requests, beside that of `hello`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Metric, Value, Work};

/// The result of `open`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OpenResult {
    /// Where it runs, for people.
    pub device: String,
    /// What decides the last digits: element type, device, versions of libraries. Results are shared among all that say the same.
    pub numerics: String,
    /// `evaluate`, `signal`, `outputs`, `choices` and `bounds` requests that may usefully run at once; what `hello` said where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<usize>,
    /// The kinds of edit that are honoured on this subject; all of `hello` where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<Vec<String>>,
    /// What techniques may know of the subject.
    #[serde(default)]
    pub facts: FactsResult,
    /// The task.
    pub task: TaskResult,
}

/// What techniques may know of a subject.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FactsResult {
    /// What people call it; the last part of its path where it says nothing.
    #[serde(default)]
    pub name: String,
    /// Facts by name: those of neural models are in `docs/extending/evaluator.md`.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
}

/// A task with its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TaskResult {
    /// For example `text`.
    pub name: String,
    /// What every plan is scored by.
    pub metrics: Vec<Metric>,
    /// The data by split: `selection`, `report`, `elsewhere:NAME`, and whatever else is reported on.
    pub splits: BTreeMap<String, SplitResult>,
}

/// The data of one split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SplitResult {
    /// Items that there are.
    pub items: u32,
    /// Identity of data and scoring, 64 hexadecimal digits.
    pub fingerprint: String,
}

/// The result of `load`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LoadResult {
    /// Hash of everything that the subject is made of, 64 hexadecimal digits.
    pub fingerprint: String,
}

/// The result of `check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckResult {
    /// Fingerprint of the data, apart from the scored items, that the plan's scores depend on; 64 hexadecimal digits.
    #[serde(default)]
    pub calibration: Option<String>,
}

/// The result of `evaluate`, when every plan has its outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct EvaluateResult {
    /// The most memory that evaluating has taken so far, bytes.
    #[serde(default)]
    pub peak_memory: Option<u64>,
}

/// The result of `outputs`, when every sequence of every item has been told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OutputsResult {}

/// The result of `choices`, when everything that was chosen has been told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChoicesResult {}

/// The result of `bounds`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BoundsResult {
    /// By metric, one for each item that was asked for, in that order: a lower bound of what is minimised, an upper one of what is
    /// maximised, or the optimum; `null` where none is known. Metrics without any are left out.
    #[serde(default)]
    pub bounds: BTreeMap<String, Vec<Option<f64>>>,
}

/// The result of `signal`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SignalResult {
    /// Axes of `values`, outermost first.
    pub axes: Vec<Axis>,
    /// Row-major values.
    pub values: Vec<f64>,
    /// What measuring took.
    #[serde(default)]
    pub work: Work,
}

/// An axis of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Axis {
    /// For example `layer`.
    pub name: String,
    /// Its length.
    pub len: u32,
}
