//! How an evaluator is opened: in two steps, because loading a subject takes longer than seeing that a study cannot run.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{EvalFailure, Evaluator, EvaluatorInfo, EvaluatorSpec, TaskData, TaskInfo};
use crate::facts::Facts;
use crate::hash::ContentHash;
use crate::options::Settings;
use crate::plan::Plan;

/// Opens one kind of evaluator: one of this build, or one of another process that has said what it is.
pub trait EvaluatorFactory: Send + Sync {
    /// What `evaluator.name` of a profile calls it.
    fn name(&self) -> &str;

    /// What it evaluates, on which tasks, with which options.
    fn spec(&self) -> EvaluatorSpec;

    /// How it reads the folder of a model by itself. `None` when only opening tells anything of the subject: then a profile
    /// may name a subject that is no folder, or none.
    fn folders(&self) -> Option<&dyn ModelFolders> {
        None
    }

    /// Opens the device, looks at the subject and reads the data of the task.
    ///
    /// # Errors
    /// See [`OpenFailure`].
    fn prepare(&self, opening: &Opening<'_>) -> Result<Box<dyn Prepared>, OpenFailure>;
}

/// What a kind of evaluator knows of models from their folders alone.
pub trait ModelFolders: Send + Sync {
    /// Whether the model in a folder is for this evaluator and no other.
    fn claims(&self, model: &Path) -> bool;

    /// What the folder of a model says about it, which its files bear out. No weights are read.
    ///
    /// # Errors
    /// See [`OpenFailure`].
    fn outline(&self, model: &Path) -> Result<Box<dyn FolderOutline>, OpenFailure>;
}

/// What an evaluator is opened with.
pub struct Opening<'a> {
    /// Folder of the model, absolute where there is one; else what the profile says in its place, or nothing.
    pub model: &'a Path,
    /// Device name, as `--device` has it.
    pub device: &'a str,
    /// The evaluator's own options, all of them.
    pub options: &'a Settings,
    /// The task.
    pub task: &'a TaskData,
    /// Bytes that candidates may take; `None` is in proportion to the subject.
    pub activation_memory: Option<u64>,
    /// Hears how far opening is, in words.
    pub tell: &'a dyn Fn(&dyn fmt::Display),
}

/// A subject that is not loaded: what can be said of a study before it is.
pub trait Outline: Send + Sync {
    /// Facts of the subject with this fingerprint: for who knows it and need not have it proved.
    fn facts(&self, fingerprint: ContentHash) -> Facts;

    /// Whether the evaluator honours a plan on this subject.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`], naming the edit.
    fn check(&self, plan: &Plan) -> Result<(), EvalFailure>;
}

/// A model of which no more than its folder is known: names, shapes and element types, and how it describes itself.
pub trait FolderOutline: Outline {
    /// Hashes everything that the model is made of.
    ///
    /// # Errors
    /// See [`OpenFailure`].
    fn fingerprint(&self) -> Result<ContentHash, OpenFailure>;

    /// The task on this model, once its data has been read. No device is opened.
    ///
    /// # Errors
    /// See [`OpenFailure`].
    fn task(&self, data: &TaskData) -> Result<TaskInfo, OpenFailure>;
}

/// An evaluator whose device is open and whose task is read, and that knows of its subject what an [`Outline`] does.
pub trait Prepared: Send {
    /// Who evaluates.
    fn info(&self) -> &EvaluatorInfo;

    /// The task.
    fn task(&self) -> &TaskInfo;

    /// The subject.
    fn outline(&self) -> &dyn Outline;

    /// Loads the subject; `tell` hears how far that is, in words, where it takes long.
    ///
    /// # Errors
    /// See [`OpenFailure`].
    fn load(self: Box<Self>, tell: &dyn Fn(&dyn fmt::Display)) -> Result<Arc<dyn Evaluator>, OpenFailure>;
}

/// Why an evaluator cannot be opened: an error whose message names what was found, what was expected and what to do, and
/// what has to change before it can be.
#[derive(Debug)]
pub struct OpenFailure {
    about: OpenFault,
    source: Box<dyn Error + Send + Sync>,
}

/// What has to change before an evaluator can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenFault {
    /// This file: data of the task, or what lies beside the model.
    File(PathBuf),
    /// The data of this split, by its name.
    Split(String),
    /// This option of the task.
    TaskOption(String),
    /// This option of the evaluator.
    Option(String),
    /// The task, in a way that is no single option's.
    Task,
    /// The subject, or what belongs to it.
    Model,
    /// The device.
    Device,
    /// The evaluator itself: it cannot be started, or failed.
    Evaluator,
}

impl OpenFailure {
    /// A failure that `error` tells of.
    pub fn new(about: OpenFault, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { about, source: error.into() }
    }

    /// What has to change.
    pub fn about(&self) -> &OpenFault {
        &self.about
    }

    /// The error of the evaluator's own type, for who knows it.
    pub fn of_type<E: Error + 'static>(&self) -> Option<&E> {
        self.source.downcast_ref()
    }
}

impl fmt::Display for OpenFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Error for OpenFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}
