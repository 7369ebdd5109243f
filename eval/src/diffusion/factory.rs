//! How the evaluator of image generators is opened.

use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::{EvalFailure, Evaluator, EvaluatorInfo, EvaluatorSpec, TaskData, TaskInfo};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;

use super::edits::KINDS;
use super::{GeneratorOutline, GeneratorSpec, ImageSpec, ImageTask, NAME, Prepared};
use crate::compute::Compute;
use crate::error::{LoadError, OpenError};
use crate::factory::{self, EvaluatorFactory, Opening, Outline};

/// Small image generators with the checkpoints of their training run, on images.
pub(crate) struct GeneratorFactory;

impl EvaluatorFactory for GeneratorFactory {
    fn name(&self) -> &'static str {
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
        }
    }

    fn claims(&self, model: &Path) -> bool {
        super::is_generator(model)
    }

    fn outline(&self, model: &Path) -> Result<Box<dyn Outline>, LoadError> {
        Ok(Box::new(GeneratorOutline::open(model)?))
    }

    fn prepare(&self, opening: &Opening<'_>) -> Result<Box<dyn factory::Prepared>, OpenError> {
        let spec = GeneratorSpec {
            model: opening.model,
            device: opening.device,
            task: ImageSpec::of(opening.task),
            activation_memory: opening.activation_memory,
        };
        Ok(Box::new(Prepared::open(&spec)?))
    }
}

impl Outline for GeneratorOutline {
    fn facts(&self, fingerprint: ContentHash) -> Facts {
        self.facts(fingerprint)
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.check(plan)
    }

    fn fingerprint(&self) -> Result<ContentHash, LoadError> {
        self.fingerprint()
    }

    fn task(&self, data: &TaskData) -> Result<TaskInfo, OpenError> {
        Ok(ImageTask::open(&ImageSpec::of(data), &Compute::cpu())?.info().clone())
    }
}

impl factory::Prepared for Prepared {
    fn info(&self) -> &EvaluatorInfo {
        self.info()
    }

    fn task(&self) -> &TaskInfo {
        self.task()
    }

    fn outline(&self) -> &dyn Outline {
        self.outline()
    }

    fn load(self: Box<Self>) -> Result<Arc<dyn Evaluator>, OpenError> {
        Ok(Arc::new((*self).load()?))
    }
}
