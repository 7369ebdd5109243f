//! The answer to `hello`.

use serde::{Deserialize, Serialize};

use super::{EditSchema, OptionSpec, TaskSpec};

/// What a worker says of itself before it opens anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Hello {
    /// `attune-evaluator/1`.
    pub protocol: String,
    /// Who evaluates, for example `torch`.
    pub name: String,
    /// Its version: another one for whatever changes scores. Results of one version are not mixed with those of another.
    pub version: String,
    /// What it evaluates, in one sentence.
    #[serde(default)]
    pub summary: String,
    /// What `evaluator.options` of a profile may say.
    #[serde(default)]
    pub options: Vec<OptionSpec>,
    /// Its tasks, the one of profiles that name none first.
    pub tasks: Vec<TaskSpec>,
    /// All edits that it may honour.
    pub edits: Vec<EditSchema>,
    /// What people call the subject without edits, for example `the dense model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unedited: Option<String>,
    /// The statistics of the subject that it can measure; a study that asks for another one is refused before it begins.
    #[serde(default)]
    pub signals: Vec<NamedSummary>,
    /// Whether it answers `outputs`; it is not asked where it says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outputs: bool,
    /// Whether it answers `choices`; it is not asked where it says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub choices: bool,
    /// Whether it answers `bounds`; it is not asked where it says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bounds: bool,
    /// What decides the last digits, as far as known before anything is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerics: Option<String>,
    /// `evaluate`, `signal`, `outputs`, `choices` and `bounds` requests that may usefully run at once; 1 where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<usize>,
    /// Seconds of silence after which it is taken for hung; 60 where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<f64>,
}

/// A name and one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamedSummary {
    /// The name.
    pub name: String,
    /// The sentence.
    #[serde(default)]
    pub summary: String,
}
