//! What the screens learn.

use std::collections::BTreeMap;
use std::time::Duration;

use attune_core::evaluator::{EvaluatorSpec, TaskSpec};
use attune_core::event::{Event, Finished};
use attune_core::facts::Facts;
use attune_core::objective::Objective;
use attune_core::options::OptionSpec;
use attune_core::plan::Vocabulary;
use attune_core::profile::{EvaluatorChoice, Profile};
use attune_core::space::Count;
use attune_core::store::{RunNote, StudyHeader};
use attune_core::technique::TechniqueInfo;
use attune_core::trial::Trial;

/// Who is working on a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunLocation {
    /// This process runs it.
    Here,
    /// Another process runs it.
    Elsewhere,
    /// Nobody: it waits to be continued.
    Nobody,
    /// Nobody: it is over.
    Done,
    /// Nobody: its last run failed. It can be continued once the reason is gone.
    Failed,
}

/// One line of the list of studies.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyRow {
    /// Its name.
    pub name: String,
    /// Technique name.
    pub technique: String,
    /// Model name.
    pub model: String,
    /// Who is working on it.
    pub place: RunLocation,
    /// Why its last run failed, when that is its place.
    pub failure: Option<String>,
    /// Finished trials.
    pub trials: u64,
    /// Metric and value of the best: of the report when there is one, else of the search.
    pub best: Option<(String, f64)>,
    /// How long ago its journal last changed.
    pub age: Option<Duration>,
    /// How much of its work is done, from 0 to 1, of one that runs and says so.
    pub share: Option<f64>,
}

/// A profile that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRow {
    /// Its file, as one would type it.
    pub path: String,
    /// What it says about itself: its first comment line, or what is wrong with it.
    pub summary: String,
    /// Name of the study that it describes; empty when it cannot be read.
    pub name: String,
}

/// A search algorithm, as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyRow {
    /// For example `evolution`.
    pub name: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Its options.
    pub options: Vec<OptionSpec>,
}

/// An evaluator that has a name, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluatorRow {
    /// For example `native`.
    pub name: String,
    /// What it evaluates, in one sentence.
    pub summary: String,
    /// It is of this build: its tasks are those of the catalogue, and models that it runs are folders.
    pub native: bool,
    /// Why it cannot be used, and what to do.
    pub missing: Option<String>,
}

/// What a new study can be made of.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Catalogue {
    /// Evaluators that have a name, those of this build first.
    pub evaluators: Vec<EvaluatorRow>,
    /// Built-in techniques, and components in the working directory (named by their path).
    pub techniques: Vec<TechniqueInfo>,
    /// Strategies, the default one first.
    pub strategies: Vec<StrategyRow>,
    /// Tasks of this build's evaluators with their options and metrics, the one of profiles that name none first.
    pub tasks: Vec<TaskSpec>,
    /// Targets that a search can be for.
    pub targets: Vec<String>,
    /// What `--device` takes in this build, `auto` first.
    pub devices: Vec<String>,
    /// Model folders that were found below the working directory.
    pub models: Vec<String>,
}

/// A model, before it is loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFound {
    /// Its facts; `None` where only its evaluator can tell them, once it is open.
    pub facts: Option<Facts>,
    /// The task that it is for.
    pub task: String,
    /// Data files near it that its task reads, relative like the model's path: candidates for selection and report.
    pub data: Vec<String>,
    /// What was found near it for options of its task, by option, paths relative like the model's.
    pub options: BTreeMap<String, Vec<String>>,
    /// Techniques of the catalogue that cannot search this model with their default options, and why.
    pub refused: BTreeMap<String, String>,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: FolderEntryKind,
}

/// What something in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FolderEntryKind {
    /// A folder with a model.
    Model,
    /// Another folder.
    Folder,
    /// A file.
    File,
}

/// A value of a profile that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its path in the profile, for example `technique.options["keep"]` or `task.selection`; empty when no
    /// single value is to blame.
    pub path: String,
    /// What was found, what was expected, and what to do.
    pub message: String,
}

/// What a check of a profile found.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Check {
    /// Everything that keeps the study from running.
    pub faults: Vec<Fault>,
}

/// How long a trial takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// Seconds of the one evaluation that was made.
    pub seconds_per_trial: f64,
    /// Seconds that loading and preparing took before it.
    pub seconds_to_load: f64,
    /// Where it ran.
    pub device: String,
}

/// Why a profile was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveError {
    /// There is such a file, and nobody allowed to replace it.
    Exists,
    /// Anything else, in a sentence.
    Failed(String),
}

/// A study as it stands when it is opened. Events that follow may repeat trials that are in here.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// Its identity, with the dimensions of its space.
    pub header: StudyHeader,
    /// The edits of its evaluator, which say plans in words.
    pub edits: Vocabulary,
    /// What counts, most important first.
    pub objectives: Vec<Objective>,
    /// Trials that it is to have; 0 when unknown.
    pub budget: u64,
    /// Layers of the model, so that work can be shown in tokens; 0 when unknown.
    pub layers: u32,
    /// Who is working on it.
    pub place: RunLocation,
    /// Why its last run failed, when that is its place.
    pub failure: Option<String>,
    /// The profile's file, when it is known: what continues the study.
    pub profile: Option<String>,
    /// As `--device`, of a study that this process runs.
    pub device: Option<String>,
    /// Finished trials, in order.
    pub trials: Vec<Trial>,
    /// Notes on its runs: what trials and measurements took.
    pub notes: Vec<RunNote>,
    /// The result over all of them.
    pub finished: Option<Box<Finished>>,
}

/// Whether a target can express a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exactly.
    Exact,
    /// Only approximately, for this reason.
    Approximate(String),
    /// Not at all, for this reason.
    Refused(String),
}

/// An export target and what it makes of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The word after `--to`.
    pub name: String,
    /// What it writes and who reads it, in one sentence.
    pub summary: String,
    /// Whether it can.
    pub verdict: Verdict,
}

/// A file that an export wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// What the screens learn. A `String` in place of a result is a sentence for people.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Request::Studies`](super::Request::Studies), in name order. An empty store is no error.
    Studies(Result<Vec<StudyRow>, String>),
    /// To [`Request::Profiles`](super::Request::Profiles).
    Profiles(Vec<ProfileRow>),
    /// To [`Request::Catalogue`](super::Request::Catalogue).
    Catalogue(Result<Box<Catalogue>, String>),
    /// To [`Request::Model`](super::Request::Model).
    Model {
        /// As it was asked for.
        path: String,
        /// As it was asked for.
        evaluator: Option<EvaluatorChoice>,
        /// The model.
        found: Result<Box<ModelFound>, String>,
    },
    /// To [`Request::Evaluator`](super::Request::Evaluator).
    Evaluator {
        /// As it was asked for.
        evaluator: EvaluatorChoice,
        /// What it says of itself.
        found: Result<Box<EvaluatorSpec>, String>,
    },
    /// To [`Request::Technique`](super::Request::Technique).
    Technique {
        /// As it was asked for.
        name: String,
        /// The technique.
        found: Result<Box<TechniqueInfo>, String>,
    },
    /// To [`Request::Folder`](super::Request::Folder).
    Folder {
        /// As it was asked for.
        folder: String,
        /// What is in it, in the order in which it is to be shown.
        listing: Result<Vec<FolderEntry>, String>,
    },
    /// To [`Request::Load`](super::Request::Load).
    Profile {
        /// As it was asked for.
        path: String,
        /// The file that a form for it writes, `path` unless that is not ours to write, and the profile as it is to stand
        /// there.
        found: Result<(String, Box<Profile>), String>,
    },
    /// To [`Request::Check`](super::Request::Check).
    Checked {
        /// As it was asked for.
        ticket: u64,
        /// What was found.
        check: Check,
    },
    /// To [`Request::Check`](super::Request::Check) as well, after [`Checked`](Self::Checked) without faults: counting
    /// may take longer than a person waits.
    Counted {
        /// As it was asked for.
        ticket: u64,
        /// Size of the search space.
        space: Count,
    },
    /// To [`Request::Time`](super::Request::Time).
    Timed {
        /// As it was asked for.
        ticket: u64,
        /// How long it takes.
        timing: Result<Timing, String>,
    },
    /// To [`Request::Save`](super::Request::Save).
    Saved {
        /// Path of the file, as the message names it.
        path: String,
        /// Whether it is there now.
        result: Result<(), SaveError>,
    },
    /// To [`Request::Launch`](super::Request::Launch) and [`Request::Open`](super::Request::Open).
    Opened(Result<Box<Opening>, String>),
    /// What happens in a study.
    Event {
        /// The study.
        study: String,
        /// The event.
        event: Event,
    },
    /// A study of this process runs no more; the reason is a failure, if it did not simply end.
    Ended {
        /// The study.
        study: String,
        /// Why it failed.
        failure: Option<String>,
    },
    /// To [`Request::Remove`](super::Request::Remove), [`Request::Rename`](super::Request::Rename) and
    /// [`Request::Clone`](super::Request::Clone).
    Changed {
        /// The study, under the name that it was asked for.
        study: String,
        /// Whether it was done, or a sentence on why not.
        result: Result<(), String>,
    },
    /// To [`Request::Targets`](super::Request::Targets).
    Targets {
        /// The study.
        study: String,
        /// As it was asked for.
        trial: Option<u64>,
        /// Every target, those that can express the plan first.
        targets: Result<Vec<Target>, String>,
    },
    /// To [`Request::Export`](super::Request::Export).
    Exported {
        /// The study.
        study: String,
        /// The files, or why there are none.
        written: Result<Vec<Written>, String>,
    },
}
