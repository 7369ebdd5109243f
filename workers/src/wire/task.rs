//! Task specifications.

use attune_core::evaluator;
use attune_core::objective;
use serde::{Deserialize, Serialize};

use super::OptionSpec;

/// A task that a worker offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TaskSpec {
    /// What `kind` of the profile's `task` calls it.
    pub name: String,
    /// What it measures on what, in one sentence.
    #[serde(default)]
    pub summary: String,
    /// What every plan is scored by, the one that counts in a profile that says nothing first.
    pub metrics: Vec<Metric>,
    /// Extension of its data files, for example `txt`.
    #[serde(default)]
    pub data: String,
    /// Which option says how much an item holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Its options, in the order in which a form lists them.
    #[serde(default)]
    pub options: Vec<TaskOption>,
}

/// One metric that a task yields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Metric {
    /// For example `kl`, which is the name of a distance to the subject without edits and of nothing else.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// For example `nats/token`; `share` promises values from 0 to 1 on every item.
    #[serde(default)]
    pub unit: String,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Smaller is better.
    Minimise,
    /// Larger is better.
    Maximise,
}

/// How much an item of a task holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Size {
    /// The option that says it, for example `length`.
    pub option: String,
    /// What it counts, in the plural, for example `tokens`.
    pub unit: String,
}

/// An option of a task, and how a form shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TaskOption {
    /// Name, meaning, kind and default.
    #[serde(flatten)]
    pub spec: OptionSpec,
    /// What a form calls it; its name with spaces where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Shown in the short form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub basic: bool,
    /// Of counts that the result is reported on beside the report data: the name of what each number of them adds, with
    /// the number at `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<String>,
}

impl TryFrom<TaskSpec> for evaluator::TaskSpec {
    type Error = String;

    fn try_from(task: TaskSpec) -> Result<Self, String> {
        let TaskSpec { name, summary, metrics, data, size, options } = task;
        if metrics.is_empty() {
            return Err(format!("task `{name}` has no metric"));
        }
        let options = options.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        let options = options.map_err(|why| format!("task `{name}`: {why}"))?;
        let size = size.map(|Size { option, unit }| evaluator::ItemSize { option, unit });
        let metrics = metrics.into_iter().map(Metric::into).collect();
        Ok(evaluator::TaskSpec { name, summary, metrics, data, size, options })
    }
}

impl TryFrom<TaskOption> for evaluator::TaskOption {
    type Error = String;

    fn try_from(option: TaskOption) -> Result<Self, String> {
        let TaskOption { spec, label, basic, reports } = option;
        if !is_key(&spec.name) {
            return Err(format!(
                "its option {:?} cannot be a key of a profile; call it something of lower-case letters, digits and `_`",
                spec.name
            ));
        }
        let label = label.unwrap_or_else(|| spec.name.replace(['-', '_'], " "));
        let spec = spec.try_into()?;
        Ok(evaluator::TaskOption { spec, label, advanced: !basic, reports })
    }
}

/// Whether a profile can write it as a key of its own; with a hyphen, as a raw one: `r#max-tokens: 32`.
fn is_key(name: &str) -> bool {
    let first = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    name.starts_with(first)
        && name.chars().all(|letter| first(letter) || letter.is_ascii_digit() || letter == '-')
}

impl From<Metric> for evaluator::MetricInfo {
    fn from(metric: Metric) -> Self {
        let direction = match metric.direction {
            Direction::Minimise => objective::Direction::Minimise,
            Direction::Maximise => objective::Direction::Maximise,
        };
        Self { name: metric.name, direction, unit: metric.unit }
    }
}
