//! Tasks that an evaluator offers, with their options.

use super::MetricInfo;
use crate::options::{OptionSpec, OptionValue, Settings};

/// A task that an evaluator offers: what a profile may say of it, beside the data.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSpec {
    /// What `kind` of the profile's `task` calls it, for example `text`.
    pub name: String,
    /// What it measures on what, in one sentence.
    pub summary: String,
    /// What every plan is scored by, the one that counts in a profile that says nothing first.
    pub metrics: Vec<MetricInfo>,
    /// Extension of its data files, for example `txt`.
    pub data: String,
    /// Which option says how much an item holds; `None` when items are all alike.
    pub size: Option<ItemSize>,
    /// Its options, in the order in which a form lists them.
    pub options: Vec<TaskOption>,
}

/// How much an item of a task holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSize {
    /// The option that says it, for example `length`.
    pub option: String,
    /// What it counts, in the plural, for example `tokens`.
    pub unit: String,
}

/// An option of a task, and how a form shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskOption {
    /// Name, meaning, what it accepts and its default. A default that is not accepted, as an empty path, means that a profile
    /// has to say it.
    pub spec: OptionSpec,
    /// What a form calls it, for example `tokens per item`.
    pub label: String,
    /// Few need it.
    pub advanced: bool,
    /// Of counts that the result is reported on beside the report data, and that the search never sees: the name of what
    /// each number of them adds, with the number at `{}`, for example `{} tokens`.
    pub reports: Option<String>,
}

impl TaskSpec {
    /// The option of this name.
    pub fn option(&self, name: &str) -> Option<&TaskOption> {
        self.options.iter().find(|option| option.spec.name == name)
    }

    /// The names of everything that the result is reported on beside the report data and other domains, in order.
    pub fn reported(&self, options: &Settings) -> Vec<String> {
        self.options.iter().flat_map(|option| option.reported(options)).collect()
    }

    /// How much an item holds by these options, in words: `128 tokens`.
    pub fn item(&self, options: &Settings) -> Option<String> {
        let size = self.size.as_ref()?;
        let default = self.option(&size.option).map(|option| &option.spec.default);
        match options.get(&size.option).or(default)? {
            OptionValue::Int(number) => Some(format!("{number} {}", size.unit)),
            _ => None,
        }
    }
}

impl TaskOption {
    /// The names of what it adds to the report, in order.
    pub fn reported(&self, options: &Settings) -> Vec<String> {
        match (&self.reports, options.get(&self.spec.name)) {
            (Some(name), Some(OptionValue::Counts(counts))) => {
                counts.keys().map(|number| name.replacen("{}", &number.to_string(), 1)).collect()
            }
            _ => Vec::new(),
        }
    }
}
