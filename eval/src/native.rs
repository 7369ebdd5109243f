//! The native evaluator: plans, a text task and a model, in this process.

mod compare;
mod groups;
pub(crate) mod lanes;
mod outcome;
mod reference;
mod score;
mod signal;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use attune_core::evaluator::{EvalFailure, Evaluator, EvaluatorInfo, Fidelity, Request, TaskInfo};
use attune_core::facts::ModelFacts;
use attune_core::plan::{Edit, Plan};
use attune_core::scores::Scores;
use attune_core::technique::Signal;

use crate::compute::{Compute, Precision};
use crate::decoder::Positions;
use crate::edits::{EditedModel, NATIVE};
use crate::error::OpenError;
use crate::model::Model;
use crate::text::{TextSpec, TextTask};
use outcome::Outcome;
use reference::References;

/// What an evaluator is made of.
#[derive(Clone, Debug)]
pub struct NativeSpec<'a> {
    /// Folder of the model, in the Hugging Face layout.
    pub model: &'a Path,
    /// Device name, see [`Compute::open`].
    pub device: &'a str,
    /// Element type of weights and activations.
    pub precision: Precision,
    /// The task.
    pub task: TextSpec,
    /// Bytes that results of the dense model may take, so that they are not computed for every plan again.
    pub reference_memory: u64,
}

/// Bytes for results of the dense model when nobody says otherwise: 1 GiB.
pub const REFERENCE_MEMORY: u64 = 1 << 30;

/// Plans that share one pass over the dense model's logits where those are too many to keep.
const WAVE: usize = 4;

/// Scores plans on a text task by running the model.
pub struct NativeEvaluator {
    model: Model,
    task: TextTask,
    info: EvaluatorInfo,
    positions: Mutex<HashMap<usize, Arc<Positions>>>,
    references: References,
}

impl NativeEvaluator {
    /// Opens the device, loads the model and sets up the task.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(spec: &NativeSpec<'_>) -> Result<Self, OpenError> {
        let compute = Compute::open(spec.device, spec.precision)?;
        let model = Model::load(spec.model, &compute)?;
        let task = TextTask::open(&spec.task, model.config().vocab, model.config().context)?;
        Ok(Self::new(model, task, spec.reference_memory))
    }

    /// An evaluator of a loaded model.
    pub fn new(model: Model, task: TextTask, reference_memory: u64) -> Self {
        let info = EvaluatorInfo {
            name: NATIVE.to_owned(),
            device: model.compute.name(),
            numerics: model.compute.numerics(),
            // One call keeps all processors, or the whole device, busy.
            concurrency: 1,
            edits: Edit::KINDS.to_vec(),
        };
        let references = References::new(reference_memory);
        Self { model, task, info, positions: Mutex::default(), references }
    }

    /// The rotations of sequences of `tokens`.
    fn positions(&self, tokens: usize) -> Arc<Positions> {
        let mut known = self.positions.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let make = || {
            let config = &self.model.config;
            Arc::new(Positions::new(&self.model.compute, &config.rope, config.head_dim, tokens))
        };
        known.entry(tokens).or_insert_with(make).clone()
    }

    /// Scores a few plans together. Failures of single plans are inside, those of the device outside.
    fn wave(&self, plans: &[&EditedModel], request: &Request) -> Result<Vec<Outcome>, EvalFailure> {
        let limit = request.deadline.map(|each| (each, Instant::now() + each * plans.len() as u32));
        let groups = self.groups(request)?;
        let parts = lanes::run(&self.model.compute, groups.len(), |group| {
            self.score_group(&groups[group], plans, limit)
        })?;
        let mut outcomes = vec![Outcome::default(); plans.len()];
        for group in parts {
            for (outcome, items) in outcomes.iter_mut().zip(group) {
                outcome.extend(items);
            }
        }
        Ok(outcomes)
    }
}

impl Evaluator for NativeEvaluator {
    fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    fn model(&self) -> &ModelFacts {
        self.model.facts()
    }

    fn task(&self) -> &TaskInfo {
        self.task.info()
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        EditedModel::new(plan, &self.model.config).map(|_| ())
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Scores, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        let mut accepted = Vec::new();
        for (index, plan) in plans.iter().enumerate() {
            match EditedModel::new(plan, &self.model.config) {
                Ok(edited) => accepted.push((index, edited)),
                Err(refusal) => {
                    if sink(index, Err(refusal)).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        let size = if self.keeps_all_logits(request)? { 1 } else { WAVE };
        for wave in accepted.chunks(size) {
            let edited: Vec<&EditedModel> = wave.iter().map(|(_, edited)| edited).collect();
            let results = match self.wave(&edited, request) {
                Ok(outcomes) => outcomes.into_iter().map(|outcome| self.scores(outcome)).collect(),
                // Too slow is what the plans are, not the device.
                Err(failure @ EvalFailure::Deadline(_)) => vec![Err(failure); wave.len()],
                Err(failure) => return Err(failure),
            };
            for ((index, _), result) in wave.iter().zip(results) {
                if sink(*index, result).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn signal(&self, name: &str, fidelity: Fidelity) -> Result<Signal, EvalFailure> {
        self.measure(name, fidelity)
    }
}
