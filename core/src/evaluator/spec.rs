//! Specification of an evaluator: what it says of itself before it opens anything.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::TaskSpec;
use crate::options::{OptionSpec, Settings};
use crate::plan::Vocabulary;
use crate::signal::SignalSpec;

/// An evaluator that a study can choose: its options, its tasks and its edits.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatorSpec {
    /// What `evaluator.name` of a profile calls it, for example `native`.
    pub name: String,
    /// What it evaluates, in one sentence.
    pub summary: String,
    /// Its own options: `evaluator.options` of a profile.
    pub options: Vec<OptionSpec>,
    /// Its tasks, the one of profiles that name none first.
    pub tasks: Vec<TaskSpec>,
    /// The edits that it honours, as far as its subject can have them.
    pub edits: Vocabulary,
    /// The signals that it measures, as far as its subject has them.
    pub signals: Vec<SignalSpec>,
}

/// The data of a task, and what a profile says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskData {
    /// Name of the task: see [`TaskSpec::name`].
    pub kind: String,
    /// Its options, all of them.
    pub options: Settings,
    /// The folder that paths among the options are relative to.
    pub base: PathBuf,
    /// The data that a search tunes on.
    pub selection: PathBuf,
    /// The data that results are reported on.
    pub report: PathBuf,
    /// Report data of other domains, by name.
    pub out_of_domain: BTreeMap<String, PathBuf>,
    /// Items of the selection data that the study wants; 0 is all that there are. A split has at least so many, where the data
    /// has them, and may have more; item `n` is the same however many are wanted. Where there are fewer it has what there is,
    /// and the study is refused.
    pub selection_items: u32,
    /// Items of each report data that the study wants, likewise.
    pub report_items: u32,
}
