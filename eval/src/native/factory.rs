//! How the evaluator of decoders on text is opened.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::{
    self, EvalFailure, Evaluator, EvaluatorFactory, EvaluatorInfo, EvaluatorSpec, FolderOutline,
    ModelFolders, OpenFailure, Opening, Outline, TaskData, TaskInfo,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;

use super::{NativeSpec, Prepared, REFERENCE_MEMORY, signal};
use crate::compute::Precision;
use crate::edits::{self, NATIVE};
use crate::error::OpenError;
use crate::model::DecoderOutline;
use crate::tasks;

/// Decoder language models in the Hugging Face layout, on text.
pub(crate) struct DecoderFactory;

impl EvaluatorFactory for DecoderFactory {
    fn name(&self) -> &str {
        NATIVE
    }

    fn spec(&self) -> EvaluatorSpec {
        EvaluatorSpec {
            name: NATIVE.to_owned(),
            summary: "Runs decoder language models in the Hugging Face layout on text, in this process."
                .to_owned(),
            options: Vec::new(),
            tasks: tasks::specs(),
            edits: attune_vocabulary::model().subset(edits::kinds()),
            signals: signal::specs(),
        }
    }

    fn folders(&self) -> Option<&dyn ModelFolders> {
        Some(self)
    }

    fn prepare(&self, opening: &Opening<'_>) -> Result<Box<dyn evaluator::Prepared>, OpenFailure> {
        let task = tasks::source(opening.task, opening.model);
        let spec = NativeSpec {
            model: opening.model,
            device: opening.device,
            precision: Precision::F32,
            task: &*task,
            reference_memory: REFERENCE_MEMORY,
            activation_memory: opening.activation_memory,
        };
        Ok(Box::new(Prepared::open(&spec, &|progress| (opening.tell)(&progress))?))
    }
}

impl ModelFolders for DecoderFactory {
    /// Whatever no other evaluator claims: its refusals are those of a person who named a wrong folder.
    fn claims(&self, _model: &Path) -> bool {
        true
    }

    fn outline(&self, model: &Path) -> Result<Box<dyn FolderOutline>, OpenFailure> {
        Ok(Box::new(DecoderOutline::open(model)?))
    }
}

impl Outline for DecoderOutline {
    fn facts(&self, fingerprint: ContentHash) -> Facts {
        self.facts(fingerprint)
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.check(plan)
    }
}

impl FolderOutline for DecoderOutline {
    fn fingerprint(&self) -> Result<ContentHash, OpenFailure> {
        Ok(self.fingerprint()?)
    }

    fn task(&self, data: &TaskData) -> Result<TaskInfo, OpenFailure> {
        let (vocab, context) = (self.config().vocab, self.config().context);
        let source = tasks::source(data, self.folder());
        let task = source.open(vocab, context, &|_| ()).map_err(OpenError::Task)?;
        Ok(task.info().clone())
    }
}

impl evaluator::Prepared for Prepared {
    fn info(&self) -> &EvaluatorInfo {
        self.info()
    }

    fn task(&self) -> &TaskInfo {
        self.task()
    }

    fn outline(&self) -> &dyn Outline {
        self.outline()
    }

    fn load(self: Box<Self>, _tell: &dyn Fn(&dyn fmt::Display)) -> Result<Arc<dyn Evaluator>, OpenFailure> {
        Ok(Arc::new((*self).load()?))
    }
}
