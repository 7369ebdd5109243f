//! The evaluator of image generators before the weights of its checkpoints are read.

use attune_core::evaluator::{EvaluatorInfo, TaskInfo};

use attune_vocabulary::ModelFacts;

use super::{GeneratorEvaluator, GeneratorOutline, GeneratorSpec, ImageTask, NAME};
use crate::compute::{Compute, Precision};
use crate::error::{OpenError, TaskError};
use crate::native::memory;

/// An evaluator whose device is open and whose task is read, and that knows of its model what [`GeneratorOutline`] does.
pub struct Prepared {
    outline: GeneratorOutline,
    compute: Compute,
    task: ImageTask,
    info: EvaluatorInfo,
    activation_memory: Option<u64>,
}

impl Prepared {
    /// Opens the device, looks at the model and sets up the task.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(spec: &GeneratorSpec<'_>) -> Result<Self, OpenError> {
        let compute = Compute::open(spec.device, Precision::F32)?;
        let outline = GeneratorOutline::open(spec.model)?;
        let config = &outline.config;
        let task = ImageTask::open(&spec.task, &compute)?;
        let classifier = (task.classifier.channels, task.classifier.image);
        if classifier != (config.channels, config.image) {
            let (channels, size) = classifier;
            return Err(OpenError::Task(TaskError::BadImages {
                file: spec.task.classifier.join("config.json"),
                found: format!("the classifier takes images of {channels} × {size} × {size}"),
                expected: format!("{} × {1} × {1}, as the model makes them", config.channels, config.image),
            }));
        }
        let info = EvaluatorInfo {
            name: NAME.to_owned(),
            device: compute.name(),
            numerics: compute.numerics(),
            // One call keeps all processors, or the whole device, busy.
            concurrency: 1,
            edits: attune_vocabulary::model().subset(super::edits::KINDS),
            signals: Vec::new(),
        };
        Ok(Self { outline, compute, task, info, activation_memory: spec.activation_memory })
    }

    /// Who evaluates.
    pub fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    /// The task.
    pub fn task(&self) -> &TaskInfo {
        self.task.info()
    }

    /// The model.
    pub fn outline(&self) -> &GeneratorOutline {
        &self.outline
    }

    /// Loads all checkpoints.
    ///
    /// # Errors
    /// [`OpenError::Model`].
    pub fn load(self) -> Result<GeneratorEvaluator, OpenError> {
        let Self { outline, compute, task, info, activation_memory } = self;
        let checkpoints = outline.checkpoints(&compute)?;
        let facts = outline.facts(outline.fingerprint()?);
        let default = || memory::for_activations(compute.on_host(), ModelFacts::of(&facts).parameters);
        let activation_memory = activation_memory.unwrap_or_else(default);
        let config = outline.config;
        Ok(GeneratorEvaluator { compute, config, checkpoints, facts, task, info, activation_memory })
    }
}
