//! The evaluator of a profile, before the weights of its model are read and after.

use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::{EvalFailure, Evaluator, EvaluatorInfo, TaskInfo};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_eval::compute::Precision;
use attune_eval::diffusion::{self, GeneratorSpec};
use attune_eval::native::{self, NativeSpec, REFERENCE_MEMORY};

use super::reading;
use super::{Complaints, TaskFiles};
use crate::error::Error;
use crate::run_options::RunOptions;

/// An evaluator whose device is open and whose task is read: the kind of task decides which one.
pub(super) enum Prepared {
    Text(Box<native::Prepared>),
    Images(Box<diffusion::Prepared>),
}

impl Prepared {
    /// Opens everything but the weights of the model.
    pub(super) fn open(
        args: &RunOptions,
        task: TaskFiles,
        model: &Path,
        notice: Complaints,
    ) -> Result<Self, Error> {
        match task {
            TaskFiles::Text(task) => {
                let spec = NativeSpec {
                    model,
                    device: &args.device,
                    precision: Precision::F32,
                    task,
                    reference_memory: REFERENCE_MEMORY,
                    activation_memory: args.activation_memory,
                };
                let opened = native::Prepared::open(&spec, &reading::told(notice));
                opened.map(|prepared| Self::Text(Box::new(prepared))).map_err(Error::input)
            }
            TaskFiles::Images(task) => {
                let spec = GeneratorSpec {
                    model,
                    device: &args.device,
                    task,
                    activation_memory: args.activation_memory,
                };
                diffusion::Prepared::open(&spec)
                    .map(|prepared| Self::Images(Box::new(prepared)))
                    .map_err(Error::input)
            }
        }
    }

    /// Facts of the model. Its fingerprint takes reading all weights, so that a stand-in is in its place.
    pub(super) fn model(&self) -> Facts {
        let unread = ContentHash::of(b"weights that have not been read");
        match self {
            Self::Text(text) => text.outline().facts(unread),
            Self::Images(images) => images.outline().facts(unread),
        }
    }

    pub(super) fn task(&self) -> &TaskInfo {
        match self {
            Self::Text(text) => text.task(),
            Self::Images(images) => images.task(),
        }
    }

    pub(super) fn info(&self) -> &EvaluatorInfo {
        match self {
            Self::Text(text) => text.info(),
            Self::Images(images) => images.info(),
        }
    }

    /// Whether a plan is honoured.
    pub(super) fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        match self {
            Self::Text(text) => text.outline().check(plan),
            Self::Images(images) => images.outline().check(plan),
        }
    }

    /// Loads the weights.
    pub(super) fn load(self) -> Result<Arc<dyn Evaluator>, Error> {
        Ok(match self {
            Self::Text(text) => Arc::new(text.load().map_err(Error::input)?),
            Self::Images(images) => Arc::new(images.load().map_err(Error::input)?),
        })
    }
}
