//! What happened, from every crate that may fail.

use std::io;

use attune_core::evaluator::{EvalFailure, OpenFailure};
use attune_core::exporter::ExportError;
use attune_core::options::OptionError;
use attune_core::profile::{ProfileError, TaskFault};
use attune_core::space::{Infeasible, SpaceError};
use attune_core::store::StoreError;
use attune_core::technique::TechniqueFailure;
#[cfg(feature = "native")]
use attune_eval::registry::UnknownEvaluator;
#[cfg(feature = "native")]
use attune_export::{TableError, UnknownTarget};
use attune_files::{ReadError, nearest};
#[cfg(feature = "techniques")]
use attune_plugins::{HostError, LoadError};
use attune_search::session::SessionError;
use attune_search::strategy::StrategyError;

#[cfg(feature = "native")]
use super::{BaselineError, GivenTableError};
use super::{
    ChoiceError, ContinueError, FolderError, NoExample, NoStore, OtherEvaluator, PathError, StagingError,
    StartError, TargetError,
};

#[cfg(feature = "export")]
use super::{EngineError, VerifyError};

/// What happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The profile cannot be read.
    #[error("the profile: {source}{}", remedy(source))]
    ProfileFile {
        /// What is in the way, with the file.
        source: ReadError,
    },
    /// The profile does not describe a study.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The task of the profile is none of its evaluator's.
    #[error(transparent)]
    Task(#[from] TaskFault),
    /// There is no such evaluator.
    #[cfg(feature = "native")]
    #[error(transparent)]
    Evaluator(#[from] UnknownEvaluator),
    /// There is nothing to try an evaluator on.
    #[error(transparent)]
    NoExample(#[from] NoExample),
    /// What an evaluator is to be tried on is for another one.
    #[error(transparent)]
    OtherEvaluator(#[from] OtherEvaluator),
    /// A path is none on this machine, or cannot be kept.
    #[error(transparent)]
    Path(#[from] PathError),
    /// An option that its owner does not take.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The strategy cannot be built.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The host of techniques cannot be started.
    #[cfg(feature = "techniques")]
    #[error(transparent)]
    Host(#[from] HostError),
    /// The technique cannot be loaded.
    #[cfg(feature = "techniques")]
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The technique refuses, or failed.
    #[error(transparent)]
    Technique(#[from] TechniqueFailure),
    /// The evaluator cannot be opened: its device, its model or the data of its task.
    #[error(transparent)]
    Open(#[from] OpenFailure),
    /// An evaluation failed.
    #[error(transparent)]
    Evaluation(#[from] EvalFailure),
    /// The search space has no feasible config.
    #[error(transparent)]
    Infeasible(#[from] Infeasible),
    /// The store refuses, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The study cannot begin, or ended without a result.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// There is no store to look into.
    #[error(transparent)]
    NoStore(#[from] NoStore),
    /// The trial that a study is to start from.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A study cannot be continued from what the store holds of it.
    #[error(transparent)]
    Continue(#[from] ContinueError),
    /// The model of a study is not where it is looked for.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is no such target.
    #[cfg(feature = "native")]
    #[error(transparent)]
    UnknownTarget(#[from] UnknownTarget),
    /// The target of a study does not take what its technique makes.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A recipe that a result is to be compared with.
    #[cfg(feature = "native")]
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// A sensitivity table that a strategy is to plan with.
    #[cfg(feature = "native")]
    #[error(transparent)]
    GivenTable(#[from] GivenTableError),
    /// A sensitivity table cannot be written in that form.
    #[cfg(feature = "native")]
    #[error(transparent)]
    Table(#[from] TableError),
    /// There is no such trial to export, or it may not be.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The exporter refuses, or failed.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// An export cannot be put where it is to stand.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// An export was not checked by an engine.
    #[cfg(feature = "export")]
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// An engine says nothing of an export.
    #[cfg(feature = "export")]
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A study that a program describes lacks something.
    #[error("{what}; {remedy}")]
    Incomplete {
        /// What is missing.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A space that makes no sense.
    #[error("the search space: {0}")]
    Space(#[from] SpaceError),
    /// The study was told to stop before it had a result.
    #[error("study `{0}` is interrupted; run it again to continue")]
    Interrupted(String),
    /// The study runs in this process already.
    #[error("study `{0}` is running here already")]
    RunningHere(String),
    /// Whoever would see the study is closing.
    #[error("the screens are closing")]
    Closing,
}

/// What to do about a profile that cannot be read.
fn remedy(error: &ReadError) -> String {
    match error {
        ReadError::Io { path, source } if source.kind() == io::ErrorKind::NotFound => format!(
            "{}; name the RON file of a study, or write one with the form of the screens (`attune`, then n)",
            nearest(path)
        ),
        _ => "; a profile is a text in RON".to_owned(),
    }
}
