//! The native evaluator before the weights of its model are read.

use attune_core::evaluator::{EvaluatorInfo, TaskInfo};

use super::{NativeEvaluator, NativeSpec, info};
use crate::compute::Compute;
use crate::error::OpenError;
use crate::model::DecoderOutline;
use crate::passages::{Progress, ReadingTask};

/// An evaluator whose device is open and whose task is read, and that knows of its model what [`DecoderOutline`] does.
pub struct Prepared {
    outline: DecoderOutline,
    compute: Compute,
    task: Box<dyn ReadingTask>,
    info: EvaluatorInfo,
    reference_memory: u64,
    activation_memory: Option<u64>,
}

impl Prepared {
    /// Opens the device, looks at the model and sets up the task; tells how far reading the texts is.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(spec: &NativeSpec<'_>, tell: &dyn Fn(Progress<'_>)) -> Result<Self, OpenError> {
        let compute = Compute::open(spec.device, spec.precision)?;
        let outline = DecoderOutline::open(spec.model)?;
        let (vocab, context) = (outline.config().vocab, outline.config().context);
        let task = spec.task.open(vocab, context, tell)?;
        let info = info(&compute, &*task);
        let (reference_memory, activation_memory) = (spec.reference_memory, spec.activation_memory);
        Ok(Self { outline, compute, task, info, reference_memory, activation_memory })
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
    pub fn outline(&self) -> &DecoderOutline {
        &self.outline
    }

    /// Loads the weights.
    ///
    /// # Errors
    /// [`OpenError::Model`].
    pub fn load(self) -> Result<NativeEvaluator, OpenError> {
        let model = self.outline.load(&self.compute)?;
        Ok(NativeEvaluator::new(model, self.task, self.reference_memory, self.activation_memory))
    }
}
