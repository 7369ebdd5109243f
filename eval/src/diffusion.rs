//! The evaluator of image generators: small denoisers with all checkpoints of their training run.
//!
//! A plan says how the checkpoints are mixed, layer by layer, and in how many bits the matrices of blocks are. Candidates share nothing but the checkpoints, the noise
//! and the real images, so each is run alone on a CPU, side by side with others, and stacked with others elsewhere.

mod checkpoints;
mod classifier;
mod config;
mod distance;
mod edits;
mod factory;
mod inventory;
mod network;
mod options;
mod outline;
mod parameters;
mod prepared;
mod score;
mod task;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::path::Path;

use attune_core::evaluator::{EvalFailure, Evaluation, Evaluator, EvaluatorInfo, Request, TaskInfo};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_core::signal::{Measured, SignalRequest};

use crate::compute::Compute;
use crate::error::OpenError;
use crate::native::{memory, oom_backoff};
use checkpoints::Checkpoints;
pub use classifier::FAMILY as CLASSIFIER;
pub use config::DenoiserConfig;
use edits::Edited;
pub(crate) use factory::GeneratorFactory;
pub use options::task;
pub use outline::GeneratorOutline;
pub use prepared::Prepared;
pub use task::{ImageSpec, ImageTask, metrics};

/// `model_type` of the generators that are computed here.
pub const FAMILY: &str = crate::model::GENERATOR;

/// Name of the evaluator in refusals and in its info.
const NAME: &str = "generator";

/// Most plans whose scores are computed before any is told: progress and Ctrl-C wait for them.
const MOST_PLANS: usize = 64;

/// Whether the config.json of a folder is that of such a generator.
pub fn is_generator(folder: &Path) -> bool {
    let kind = config::json::<serde_json::Value>(&folder.join("config.json"));
    kind.is_ok_and(|config| config["model_type"] == FAMILY)
}

/// What an evaluator is made of.
#[derive(Clone, Debug)]
pub struct GeneratorSpec<'a> {
    /// Folder of the model.
    pub model: &'a Path,
    /// Device name, see [`Compute::open`].
    pub device: &'a str,
    /// The task.
    pub task: ImageSpec,
    /// Bytes that weights and activations of candidates may take. `None` is a fraction of what is free.
    pub activation_memory: Option<u64>,
}

/// Scores mixtures of checkpoints, and models in few bits, by the images that they generate.
pub struct GeneratorEvaluator {
    compute: Compute,
    config: DenoiserConfig,
    checkpoints: Checkpoints,
    facts: Facts,
    task: ImageTask,
    info: EvaluatorInfo,
    activation_memory: u64,
}

impl GeneratorEvaluator {
    /// Opens the device, sets up the task and loads all checkpoints.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(spec: &GeneratorSpec<'_>) -> Result<Self, OpenError> {
        Prepared::open(spec)?.load()
    }

    /// Plans whose weights fit into the memory for activations, beside the activations of those that run.
    fn plans_at_once(&self) -> usize {
        let weights = 4 * 2 * self.checkpoints.elements();
        let activations = if self.compute.on_host() { 0 } else { self.activation_bytes() };
        let most = self.activation_memory / (weights + activations).max(1) as u64;
        usize::try_from(most).unwrap_or(usize::MAX).clamp(1, MOST_PLANS)
    }

    /// Bytes that the activations of one batch of one candidate take, with copies that live for a moment.
    fn activation_bytes(&self) -> usize {
        let row = 3 * self.config.pixels() + 3 * self.config.hidden + 4 * self.config.inner;
        4 * self.task.samples() * row
    }
}

impl Evaluator for GeneratorEvaluator {
    fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    fn model(&self) -> &Facts {
        &self.facts
    }

    fn task(&self) -> &TaskInfo {
        self.task.info()
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        Edited::new(plan, &self.config).map(|_| ())
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        self.check_request(request)?;
        let mut accepted = Vec::new();
        for (index, plan) in plans.iter().enumerate() {
            match Edited::new(plan, &self.config) {
                Ok(edited) => accepted.push((index, edited)),
                Err(refusal) => {
                    if sink(index, Err(refusal)).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        for chunk in accepted.chunks(self.plans_at_once()) {
            let edited: Vec<&Edited> = chunk.iter().map(|(_, edited)| edited).collect();
            // A batch of images is never cut: it is what an item is.
            let mut items = 1;
            let together = &mut |plans: &[&Edited], _| {
                let before = request.progress.evaluations();
                self.together(plans, request).inspect_err(|_| request.progress.back_to(before))
            };
            let results = match oom_backoff::run(&edited, &mut items, together) {
                // Too slow is what the plans are, not the device.
                Err(failure @ EvalFailure::Deadline(_)) => vec![Err(failure); chunk.len()],
                other => other?,
            };
            for ((index, _), result) in chunk.iter().zip(results) {
                if sink(*index, result).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn peak_memory(&self) -> Option<u64> {
        memory::peak()
    }

    fn signal(&self, wanted: &SignalRequest, _: &Request) -> Result<Measured, EvalFailure> {
        Err(EvalFailure::BadRequest(format!(
            "signal `{}` is not known; this evaluator measures none, they are for language models",
            wanted.name
        )))
    }
}
