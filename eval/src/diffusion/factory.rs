//! How the evaluator of image generators is opened.

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

use super::edits::KINDS;
use super::{GeneratorOutline, GeneratorSpec, ImageSpec, ImageTask, NAME, Prepared};
use crate::compute::Compute;

/// Small image generators with the checkpoints of their training run, on images.
pub(crate) struct GeneratorFactory;

impl EvaluatorFactory for GeneratorFactory {
    fn name(&self) -> &str {
        NAME
    }

    fn spec(&self) -> EvaluatorSpec {
        EvaluatorSpec {
            name: NAME.to_owned(),
            summary:
                "Runs small image generators with the checkpoints of their training run, in this process."
                    .to_owned(),
            options: Vec::new(),
            tasks: vec![super::task()],
            edits: attune_vocabulary::model().subset(KINDS),
            signals: Vec::new(),
        }
    }

    fn folders(&self) -> Option<&dyn ModelFolders> {
        Some(self)
    }

    fn prepare(&self, opening: &Opening<'_>) -> Result<Box<dyn evaluator::Prepared>, OpenFailure> {
        let spec = GeneratorSpec {
            model: opening.model,
            device: opening.device,
            task: ImageSpec::of(opening.task),
            activation_memory: opening.activation_memory,
        };
        Ok(Box::new(Prepared::open(&spec)?))
    }
}

impl ModelFolders for GeneratorFactory {
    fn claims(&self, model: &Path) -> bool {
        super::is_generator(model)
    }

    fn outline(&self, model: &Path) -> Result<Box<dyn FolderOutline>, OpenFailure> {
        Ok(Box::new(GeneratorOutline::open(model)?))
    }
}

impl Outline for GeneratorOutline {
    fn facts(&self, fingerprint: ContentHash) -> Facts {
        self.facts(fingerprint)
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.check(plan)
    }
}

impl FolderOutline for GeneratorOutline {
    fn fingerprint(&self) -> Result<ContentHash, OpenFailure> {
        Ok(self.fingerprint()?)
    }

    fn task(&self, data: &TaskData) -> Result<TaskInfo, OpenFailure> {
        let task = ImageTask::open(&ImageSpec::of(data), &Compute::cpu())?;
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
