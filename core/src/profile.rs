//! Profiles: a study described completely, as RON.
//!
//! One [`schema`] describes every key. Parsing has two passes: the version alone, leniently, then the body of that version,
//! strictly. Unknown keys are refused with the nearest known name, and every semantic error names its path in the file.

mod error;
mod objectives;
mod parse;
mod paths;
mod read;
mod render;
pub mod schema;
mod set;
mod task;
mod value;
mod words;

use std::collections::BTreeMap;

pub use error::ProfileError;
pub use set::set_names;
pub use task::TaskFault;
pub use value::Value;
pub use words::{command_of, command_text};

use crate::objective::Objective;
use crate::options::Settings;

/// The strategy of a profile that names none. It searches every space.
pub const DEFAULT_STRATEGY: &str = "evolution";

/// A study, resolved: every default is filled in that does not depend on who evaluates.
///
/// [`Default`] is a blank form; what a profile means that says little is known to [`Profile::parse`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Name of the study when the command line gives none.
    pub name: String,
    /// What it is for, in a person's own words.
    pub notes: Option<String>,
    /// Folder of the model, relative to the profile file; beside an evaluator also what that takes in its place, or nothing.
    pub model: String,
    /// Who evaluates, with which options; `None` leaves it to the model's folder.
    pub evaluator: Option<EvaluatorChoice>,
    /// Which technique, with which options.
    pub technique: Selected,
    /// The engine that is to load the result: the search keeps to what it can express; `None` limits nothing.
    pub target: Option<String>,
    /// What is measured, on which data.
    pub task: Task,
    /// What counts, most important first; empty for the first metric of the task.
    pub objectives: Vec<Objective>,
    /// Which search algorithm, with which options.
    pub strategy: Selected,
    /// The file of a sensitivity table that a strategy plans with which plans, relative to the profile file; `None` has it measured.
    pub sensitivities: Option<String>,
    /// Number of trials.
    pub trials: u64,
    /// Items of the selection split that score a trial.
    pub items: u32,
    /// What the search starts from, beside the technique's baselines.
    pub start: Option<Start>,
    /// How trials are left early that cannot matter any more; `None` scores every trial on all items.
    pub racing: Option<Racing>,
    /// Seconds that one trial may take.
    pub deadline_seconds: u64,
    /// Seed of everything random.
    pub seed: u64,
    /// How the result is reported.
    pub report: ReportSpec,
    /// Recipes of other quantisers, or plans, that the result is compared with, by the names of their rows: paths, relative to the
    /// profile file.
    pub baselines: BTreeMap<String, String>,
}

/// Something chosen by name, with options that its owner checks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// The name; for techniques also the path of a `.wasm` file.
    pub name: String,
    /// Options as given.
    pub options: Settings,
}

/// An evaluator: one that has a name, or a program that is one, or a program that has to be the one of this name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvaluatorChoice {
    /// Its name; empty for whatever the program calls itself.
    pub name: String,
    /// The program and its arguments; empty for an evaluator that is known by its name.
    pub command: Vec<String>,
    /// Options as given.
    pub options: Settings,
}

impl EvaluatorChoice {
    /// Nothing chosen.
    const fn silent() -> Self {
        Self { name: String::new(), command: Vec::new(), options: Settings::new() }
    }

    /// The evaluator of this name, with its defaults.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::silent() }
    }
}

/// What is measured, on which data. Paths are relative to the profile file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// What an item is, as the evaluator calls it; `None` leaves it to the evaluator.
    pub kind: Option<String>,
    /// The data that the search tunes on.
    pub selection: String,
    /// The data that the result is reported on.
    pub report: String,
    /// Report data of other domains, by name.
    pub elsewhere: BTreeMap<String, String>,
    /// Options as given, which the evaluator's [`TaskSpec`](crate::evaluator::TaskSpec) describes.
    pub options: Settings,
}

/// A trial of another study of the store, on the same model: a config of the same space, or a plan that the technique
/// knows how to start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The study.
    pub study: String,
    /// The trial; `None` is the winner.
    pub trial: Option<u64>,
}

/// Races of trials against what they have to beat (`docs/racing.md`). Stages double from `first` items to all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Racing {
    /// Items of the first stage.
    pub first: u32,
    /// Largest probability of dropping a trial that is at least as good as its rival.
    pub error: f64,
    /// Assumed least loss of a trial on each item, as a share of the rival's there. 0 assumes nothing.
    pub floor: f64,
    /// Share of a generation that goes on after each stage, the better ones on the items so far, whatever `error` says
    /// (successive halving; Jamieson & Talwalkar, arXiv 1502.07943). 1 leaves it to the races alone.
    pub keep: f64,
}

/// How the result is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportSpec {
    /// Items of the report split that every contender is scored on; 0 takes all.
    pub items: u32,
    /// Random configs to compare with: their mean, for which every item is scored with a few of them, and the best of them on
    /// the selection split, which they race for.
    pub random: u32,
}
