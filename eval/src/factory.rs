//! How an evaluator is opened: in two steps, because reading a model takes longer than seeing that a study cannot run.

use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::{EvalFailure, Evaluator, EvaluatorInfo, EvaluatorSpec, TaskData, TaskInfo};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::plan::Plan;

use crate::error::{LoadError, OpenError};
use crate::text::Progress;

/// Opens one kind of evaluator.
pub trait EvaluatorFactory: Send + Sync {
    /// What `evaluator.name` of a profile calls it.
    fn name(&self) -> &'static str;

    /// What it evaluates, on which tasks, with which options.
    fn spec(&self) -> EvaluatorSpec;

    /// Whether the model in a folder is for this one and no other.
    fn claims(&self, model: &Path) -> bool;

    /// What the folder of a model says about it, which its files bear out. No weights are read.
    ///
    /// # Errors
    /// See [`LoadError`].
    fn outline(&self, model: &Path) -> Result<Box<dyn Outline>, LoadError>;

    /// Opens the device, looks at the model and reads the data of the task.
    ///
    /// # Errors
    /// See [`OpenError`].
    fn prepare(&self, opening: &Opening<'_>) -> Result<Box<dyn Prepared>, OpenError>;
}

/// What an evaluator is opened with.
pub struct Opening<'a> {
    /// Folder of the model.
    pub model: &'a Path,
    /// Device name, see [`Compute::open`](crate::compute::Compute::open).
    pub device: &'a str,
    /// The evaluator's own options, all of them.
    pub options: &'a Settings,
    /// The task.
    pub task: &'a TaskData,
    /// Bytes that candidates may take; `None` is in proportion to the model.
    pub activation_memory: Option<u64>,
    /// Hears how far reading the data is.
    pub tell: &'a dyn Fn(Progress<'_>),
}

/// A model of which config.json has been read, and names, shapes and element types of its tensors: what can be said of a study
/// before its model is loaded.
pub trait Outline: Send + Sync {
    /// Facts of the model with this fingerprint: for who knows it and need not have it proved.
    fn facts(&self, fingerprint: ContentHash) -> Facts;

    /// Whether the evaluator honours a plan on this model.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`], naming the edit.
    fn check(&self, plan: &Plan) -> Result<(), EvalFailure>;

    /// Hashes config.json and the weights, all of them.
    ///
    /// # Errors
    /// See [`LoadError`].
    fn fingerprint(&self) -> Result<ContentHash, LoadError>;

    /// The task on this model, once its data has been read. No device is opened.
    ///
    /// # Errors
    /// See [`OpenError`].
    fn task(&self, data: &TaskData) -> Result<TaskInfo, OpenError>;
}

/// An evaluator whose device is open and whose task is read, and that knows of its model what an [`Outline`] does.
pub trait Prepared: Send {
    /// Who evaluates.
    fn info(&self) -> &EvaluatorInfo;

    /// The task.
    fn task(&self) -> &TaskInfo;

    /// The model.
    fn outline(&self) -> &dyn Outline;

    /// Loads the weights.
    ///
    /// # Errors
    /// [`OpenError::Model`].
    fn load(self: Box<Self>) -> Result<Arc<dyn Evaluator>, OpenError>;
}
