//! The store: what a study learned, kept so that nothing is evaluated twice and nothing is lost.

mod same_study;

use std::collections::BTreeMap;

use crate::describe;
use crate::evaluator::{EvalFailure, Split};
use crate::event::Underway;
use crate::hash::ContentHash;
use crate::report::Report;
use crate::scores::{Scores, Work};
use crate::space::{self, ActiveCondition, Config, CountingCells, Dimension};
use crate::strategy::Planned;
use crate::trial::{Trial, TrialState};

pub use same_study::same_study;

/// The identity of a study: two runs continue each other exactly when these are equal.
///
/// The number of trials is not part of it: a finished study can be extended.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyHeader {
    /// Name in the store.
    pub study: String,
    /// Resolved profile in canonical RON, without name and trial budget.
    pub profile: String,
    /// Technique name.
    pub technique: String,
    /// Hash of the technique's component.
    pub technique_fingerprint: ContentHash,
    /// Model name.
    pub model: String,
    /// Dimensions of the search space, so that a journal explains its own configs. Not compared on
    /// resume: they follow from technique, options and model.
    pub dimensions: Vec<Dimension>,
    /// Where cells of them count; none in journals from before they were kept. Not compared either.
    pub conditions: Vec<ActiveCondition>,
    /// Hash of the model.
    pub model_fingerprint: ContentHash,
    /// Where the model was found, for exporters: a path as the profile gives it.
    pub model_path: String,
    /// Identity of data and scoring, over all splits.
    pub task_fingerprint: ContentHash,
    /// Plans that the result is compared with beside the technique's own baselines, by the names of their rows: their hashes.
    pub baselines: BTreeMap<String, ContentHash>,
    /// What a sensitivity table says that was measured before the study, where it plans with one: its hash.
    pub sensitivities: Option<ContentHash>,
    /// Element type, backend and its version.
    pub numerics: String,
    /// Device that the study was started on, for people. Not compared on resume: `numerics` is.
    pub device: String,
    /// Seed of the search.
    pub seed: u64,
}

impl StudyHeader {
    /// The cells of a config of this study that count, as far as the journal knows.
    pub fn counting<'a>(&self, config: &'a Config) -> CountingCells<'a> {
        space::counting(&self.dimensions, &self.conditions, config)
    }
}

/// One line of a study's journal. A trial is written when it has finished, in proposal order.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// First record.
    Header(Box<StudyHeader>),
    /// A finished trial (complete, dropped or failed).
    Trial(Box<Trial>),
    /// The report over all trials before it.
    Report(Box<Report>),
}

/// The order that the records of a journal have: its header, then trials by number, with reports in between. Everybody who
/// reads a journal reads it through this.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordOrder {
    records: u64,
    trials: u64,
}

/// A record that has no place where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found}, expected {expected}")]
pub struct Misplaced {
    /// What was found.
    pub found: String,
    /// What was expected there.
    pub expected: String,
}

impl RecordOrder {
    /// Takes the next record.
    ///
    /// # Errors
    /// When it is not the next one.
    pub fn take(&mut self, record: &Record) -> Result<(), Misplaced> {
        let expected = || match self.records {
            0 => "the study's header".to_owned(),
            _ => format!("trial {} or a report", self.trials),
        };
        let found = match record {
            Record::Header(_) if self.records == 0 => None,
            Record::Header(_) => Some("a second header".to_owned()),
            Record::Trial(_) if self.records == 0 => Some("a trial".to_owned()),
            Record::Trial(trial) if trial.id != self.trials => Some(format!("trial {}", trial.id)),
            Record::Trial(trial) => match trial.state() {
                unfinished @ (TrialState::Waiting | TrialState::Running) => {
                    Some(format!("trial {}, which is only {}", trial.id, unfinished.name()))
                }
                _ => None,
            },
            Record::Report(_) if self.records == 0 => Some("a report".to_owned()),
            Record::Report(report) if report.best.trial >= self.trials => {
                Some(format!("a report whose best trial is {}", report.best.trial))
            }
            Record::Report(_) => None,
        };
        if let Some(found) = found {
            return Err(Misplaced { found, expected: expected() });
        }
        self.records += 1;
        self.trials += u64::from(matches!(record, Record::Trial(_)));
        Ok(())
    }
}

/// What makes two evaluations of one item the same: invariant 4.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// Hash of the model.
    pub model: ContentHash,
    /// Identity of the split's data and scoring.
    pub task: ContentHash,
    /// Which split (also part of `task`; kept for people who look into the store).
    pub split: Split,
    /// Hash of the plan.
    pub plan: ContentHash,
    /// Element type, backend and its version.
    pub numerics: String,
}

/// Who evaluated something first, under the name that the study had then: the study may have another one now, or be
/// gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheOrigin {
    /// The study.
    pub study: String,
    /// The trial, or a name such as `report:frequency`.
    pub by: String,
}

/// A cached evaluation of some items. One key may have several: a higher fidelity adds its new items.
#[derive(Clone, Debug, PartialEq)]
pub struct Cached {
    /// The items, in the order of the scores.
    pub items: Vec<u32>,
    /// Scores, or a failure that would happen again.
    pub outcome: Result<Scores, EvalFailure>,
    /// Who evaluated it first.
    pub origin: CacheOrigin,
}

/// What one run of a study took; kept beside the journal, because it differs from run to run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunTime {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// The most memory it took, bytes, where that is known.
    pub peak_memory: Option<u64>,
}

/// What evaluating one trial took in one run: how much was shared with others depends on the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrialEffort {
    /// The trial.
    pub trial: u64,
    /// Work.
    pub work: Work,
    /// Its share of the wall-clock time, seconds.
    pub seconds: f64,
}

/// What measuring something for the search took in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuringEffort {
    /// For example `expert-frequency`, or `sensitivities`.
    pub what: String,
    /// Work.
    pub work: Work,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// Where the things of a study were when it last ran: hints, since fingerprints say what they are. Absolute paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The profile's file; paths in the profile are relative to its folder.
    pub profile: String,
    /// The model's folder.
    pub model: String,
}

/// One line about a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunNote {
    /// A run begins that is to bring the study to this many trials.
    Budget(u64),
    /// The run is over.
    Run(RunTime),
    /// Trials were evaluated.
    Trials(Vec<TrialEffort>),
    /// Something was measured for the search: a signal, or sensitivities.
    Measured(MeasuringEffort),
    /// So many configs were probed for a sensitivity table, those that the cache knew included.
    Probed(u64),
    /// Evaluations of other studies answered these trials: the journal does not tell, because it is the same in any store.
    Shared(Vec<u64>),
    /// The strategy planned with what was measured.
    Planned(Planned),
    /// A run begins with the study's things in these places.
    Found(Whereabouts),
    /// The run failed, for this reason. Until another run begins, the study is a failed one.
    Failed(String),
}

/// Whether a study has scored anything. One that has not learned nothing, and is in nobody's way.
pub fn has_scores(records: &[Record]) -> bool {
    records.iter().any(|record| matches!(record, Record::Trial(trial) if trial.scores().is_some()))
}

/// Why the last run of a study failed, if it did and no other run has begun since.
pub fn failure(notes: &[RunNote]) -> Option<&str> {
    match notes.last() {
        Some(RunNote::Failed(reason)) => Some(reason),
        _ => None,
    }
}

/// Why the store cannot do it, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has it open.
    #[error(
        "the store {path} is in use by another process{owner}; wait for it, or use another store with --store DIR"
    )]
    Busy {
        /// The store's folder.
        path: String,
        /// ` (process 123)` when known.
        owner: String,
    },
    /// Another process, or another part of this one, works on the study.
    #[error(
        "study `{study}` is being run by another process{owner}; wait for it, or choose another name with --study NAME"
    )]
    StudyBusy {
        /// The study.
        study: String,
        /// ` (process 123)` when known.
        owner: String,
    },
    /// A file was removed, moved or replaced while attune wrote to it.
    #[error(
        "{path} was removed, moved or replaced while attune wrote to it; put the store back and run the study again, or \
         start anew in another store with --store DIR"
    )]
    Gone {
        /// Path of the file, as the message names it.
        path: String,
    },
    /// The operating system said no.
    #[error("cannot {action} {path}: {}", describe::of_system(source))]
    Io {
        /// What was tried, for example `write`.
        action: &'static str,
        /// Path of the file, as the message names it.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Written by another version.
    #[error("{path} has format {found}, this attune reads format {expected}; {hint}")]
    Version {
        /// Path of the file, as the message names it.
        path: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
        /// What to do.
        hint: String,
    },
    /// Damaged.
    #[error("{path} is damaged at {place}: {detail}; {hint}")]
    Damaged {
        /// Path of the file, as the message names it.
        path: String,
        /// Line or key.
        place: String,
        /// What was found and what was expected.
        detail: String,
        /// What to do.
        hint: String,
    },
    /// A study of this name exists and is another one.
    #[error(
        "study `{study}` exists and differs in {what}: it has {found}, this run has {expected}; choose another name with --study NAME"
    )]
    DifferentStudy {
        /// The study.
        study: String,
        /// Which part of the header.
        what: &'static str,
        /// In the store.
        found: String,
        /// In this run.
        expected: String,
    },
    /// Not a name that a study can have: names become file names.
    #[error(
        "`{name}` is no name for a study: {reason}; use 1 to 100 letters, digits, `.`, `_` or `-`, the first one no `.`"
    )]
    BadName {
        /// What was asked for.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is a study of this name already.
    #[error("there is a study `{study}` already; choose another name")]
    NameTaken {
        /// What was asked for.
        study: String,
    },
    /// A record that has no place in the journal; nothing was written.
    #[error("study `{study}` cannot take this record: {reason}")]
    BadRecord {
        /// The study.
        study: String,
        /// Why, and what was expected.
        reason: String,
    },
    /// There is no such study.
    #[error("there is no study `{study}` in {path}{hint}")]
    UnknownStudy {
        /// What was asked for.
        study: String,
        /// The store.
        path: String,
        /// Nearest known name, ready to print.
        hint: String,
    },
}

/// The right to write to a study; dropping it gives it back.
pub struct Claim(Option<Box<dyn FnOnce() + Send>>);

impl Claim {
    /// A claim that ends with `give_back`.
    pub fn new(give_back: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(give_back)))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(give_back) = self.0.take() {
            give_back();
        }
    }
}

/// Keeps journals and cached evaluations.
///
/// Contract (the conformance suite checks it): what a method wrote is on disk when it returns; records come
/// back in the order in which they were appended, byte for byte; nothing is deleted to get past an error. A study has one
/// writer at a time, evaluations have any number.
///
/// ```
/// use attune_core::store::{Record, Store, StoreError};
///
/// /// The values of a metric in the trials of a study, in order; `None` for trials without scores.
/// fn values(store: &dyn Store, study: &str, metric: &str) -> Result<Vec<Option<f64>>, StoreError> {
///     let value = |record: &Record| match record {
///         Record::Trial(trial) => Some(trial.scores().and_then(|scores| scores.value(metric))),
///         _ => None,
///     };
///     Ok(store.records(study)?.iter().filter_map(value).collect())
/// }
/// ```
pub trait Store: Send + Sync {
    /// Takes a study: nobody else writes to it until the claim is dropped. Whoever goes on with a study claims it before
    /// reading it. Writing to a study that nobody has claimed claims it for that one record.
    ///
    /// # Errors
    /// [`StoreError::StudyBusy`] when somebody else has it, also in this process; see [`StoreError`].
    fn claim(&self, study: &str) -> Result<Claim, StoreError>;

    /// Names of all studies, in name order.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn studies(&self) -> Result<Vec<String>, StoreError>;

    /// All records of a study, oldest first; empty when there is no such study.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn records(&self, study: &str) -> Result<Vec<Record>, StoreError>;

    /// Appends a record; durable when this returns. The first record of a study, and no other, is its
    /// header.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn append(&self, study: &str, record: &Record) -> Result<(), StoreError>;

    /// Removes the records of a study and the notes on its runs, for one that takes its name. What it evaluated stays.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn begin_anew(&self, study: &str) -> Result<(), StoreError>;

    /// Everything that was evaluated under a key, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn cached(&self, key: &CacheKey) -> Result<Vec<Cached>, StoreError>;

    /// Keeps an evaluation; durable when this returns. One that adds no item to what is known is not kept: older
    /// values win.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn remember(&self, key: &CacheKey, cached: &Cached) -> Result<(), StoreError>;

    /// Notes what a run took.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn note(&self, study: &str, note: &RunNote) -> Result<(), StoreError>;

    /// Says how far a study is that this store has claimed, to whoever watches it from another process. Best effort: it
    /// is forgotten with the claim, and nothing depends on it.
    fn announce(&self, study: &str, underway: &Underway) {
        let _ = (study, underway);
    }

    /// All notes on runs of a study, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError>;
}
