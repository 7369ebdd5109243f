//! What an evaluator says of itself.

use super::EditSchema;
use crate::OptionSpec;

/// An evaluator, before it opens anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Lower case, digits and hyphens.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it simulates, in one sentence, with its source.
    pub summary: String,
    /// Options of the evaluator itself.
    pub options: Vec<OptionSpec>,
    /// Its tasks, the one of profiles that name none first.
    pub tasks: Vec<TaskSpec>,
    /// What plans may hold.
    pub edits: Vec<EditSchema>,
    /// What a plan without edits is, in words.
    pub unedited: String,
    /// Names of the facts that techniques are told, each with a sentence.
    pub facts: Vec<(String, String)>,
}

/// A task that an evaluator offers.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSpec {
    /// What `kind` of a profile's `task` calls it.
    pub name: String,
    /// What it measures on what, in one sentence.
    pub summary: String,
    /// What every plan is scored by, the one that counts in a profile that says nothing first.
    pub metrics: Vec<Metric>,
    /// Extension of its data files without a dot; empty for a task that reads none.
    pub data: String,
    /// Its options.
    pub options: Vec<OptionSpec>,
    /// Which option says how much an item holds, and of what, in the plural.
    pub item_size: Option<(String, String)>,
    /// Whether the items of one plan share work.
    pub items_share_work: bool,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less is better.
    Minimise,
    /// More is better.
    Maximise,
}

/// How values of items become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// `Σ w·x / Σ w`.
    Mean,
    /// `exp(Σ w·x / Σ w)`: a geometric mean of logarithms.
    ExpMean,
}

/// What plans are scored by.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// Its unit; `share` promises values from 0 to 1.
    pub unit: String,
    /// How values of items become one number.
    pub aggregate: Aggregate,
}

impl Description {
    /// An evaluator without options, tasks, edits or facts yet.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            options: Vec::new(),
            tasks: Vec::new(),
            edits: Vec::new(),
            unedited: "no edits".to_owned(),
            facts: Vec::new(),
        }
    }

    /// Declares an option of the evaluator itself.
    #[must_use]
    pub fn option(mut self, option: OptionSpec) -> Self {
        self.options.push(option);
        self
    }

    /// Offers a task.
    #[must_use]
    pub fn task(mut self, task: TaskSpec) -> Self {
        self.tasks.push(task);
        self
    }

    /// Takes a kind of edit.
    #[must_use]
    pub fn edit(mut self, schema: EditSchema) -> Self {
        self.edits.push(schema);
        self
    }

    /// Calls a plan without edits this.
    #[must_use]
    pub fn unedited(mut self, words: &str) -> Self {
        self.unedited = words.to_owned();
        self
    }

    /// Tells techniques a fact of the subject; what it is is said in one sentence.
    #[must_use]
    pub fn fact(mut self, name: &str, help: &str) -> Self {
        self.facts.push((name.to_owned(), help.to_owned()));
        self
    }
}

impl TaskSpec {
    /// A task that reads no data and has no metrics or options yet.
    pub fn new(name: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            summary: summary.to_owned(),
            metrics: Vec::new(),
            data: String::new(),
            options: Vec::new(),
            item_size: None,
            items_share_work: false,
        }
    }

    /// Scores by a metric, too.
    #[must_use]
    pub fn metric(mut self, metric: Metric) -> Self {
        self.metrics.push(metric);
        self
    }

    /// Reads files with this extension.
    #[must_use]
    pub fn reads(mut self, extension: &str) -> Self {
        self.data = extension.to_owned();
        self
    }

    /// Declares an option of the task.
    #[must_use]
    pub fn option(mut self, option: OptionSpec) -> Self {
        self.options.push(option);
        self
    }

    /// Says which option tells how much an item holds, and of what, in the plural.
    #[must_use]
    pub fn item_size(mut self, option: &str, unit: &str) -> Self {
        self.item_size = Some((option.to_owned(), unit.to_owned()));
        self
    }

    /// Says that the items of one plan share work, as days of one simulated year do: all are then asked for in one call, where
    /// otherwise the host deals them out among its threads.
    #[must_use]
    pub fn items_share_work(mut self) -> Self {
        self.items_share_work = true;
        self
    }
}

impl Metric {
    /// Less is better; the mean over items is reported.
    pub fn minimise(name: &str, unit: &str) -> Self {
        Self::new(name, Direction::Minimise, unit)
    }

    /// More is better; the mean over items is reported.
    pub fn maximise(name: &str, unit: &str) -> Self {
        Self::new(name, Direction::Maximise, unit)
    }

    fn new(name: &str, direction: Direction, unit: &str) -> Self {
        Self { name: name.to_owned(), direction, unit: unit.to_owned(), aggregate: Aggregate::Mean }
    }

    /// Values are logarithms, and the exponential of their mean is reported: a geometric mean.
    #[must_use]
    pub fn exp_mean(mut self) -> Self {
        self.aggregate = Aggregate::ExpMean;
        self
    }
}
