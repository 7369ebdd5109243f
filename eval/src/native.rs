//! The native evaluator: plans, a task of language models and a model, in this process.

mod calibrate;
mod compare;
mod cut;
mod factory;
mod groups;
pub(crate) mod host_parallel;
pub(crate) mod limit;
pub(crate) mod memory;
pub(crate) mod oom_backoff;
mod outcome;
mod outputs;
mod population;
mod prefix_cache;
mod prepared;
mod reference;
mod score;
pub(crate) mod share;
mod signal;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use attune_core::choices::Choices;
use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorInfo, Outputs, Request, RunControl, TaskInfo,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::{Edit, Plan};
use attune_core::signal::{Measured, SignalRequest};
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::{KvBits, WeightBits};

use crate::compute::{Compute, Precision};
use crate::decoder::{Positions, RouterProbe};
use crate::edits::{self, EditedModel, KeyMaxima, ModuleLevels, NATIVE};
use crate::error::OpenError;
use crate::model::Model;
use crate::passages::{ReadingTask, TaskSource};
use crate::rounding::Rounded;
pub(crate) use factory::DecoderFactory;
use limit::{Clock, Limit};
use outcome::Outcome;
use prefix_cache::PrefixCache;
pub use prepared::Prepared;
use reference::References;
use score::Scored;
use share::Share;

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
    pub task: &'a dyn TaskSource,
    /// Bytes that results of the dense model may take at most, so that they are not computed for every plan again; never
    /// more than half of what activations may take.
    pub reference_memory: u64,
    /// Bytes that activations of candidates may take: half of them while they run, half of them to stay for their
    /// children. `None` is 384 MiB, or four times the weights of a larger model in float32, within a quarter of what is free.
    pub activation_memory: Option<u64>,
}

/// The most bytes for results of the dense model when nobody says otherwise: 1 GiB.
pub const REFERENCE_MEMORY: u64 = 1 << 30;

/// Scores plans on a task by running the model.
pub struct NativeEvaluator {
    model: Model,
    task: Box<dyn ReadingTask>,
    info: EvaluatorInfo,
    positions: Mutex<HashMap<usize, Arc<Positions>>>,
    /// Measured when a plan first needs them.
    key_maxima: Mutex<Option<Arc<KeyMaxima>>>,
    /// Weights that were rounded with error feedback.
    rounded: Rounded,
    /// What the routers of the dense model said about which selection items, the last time that somebody asked.
    routed: Mutex<Option<(Vec<u32>, Vec<RouterProbe>)>>,
    references: References,
    prefixes: PrefixCache,
    activation_memory: u64,
    /// Passages that fit into the device's memory at once, as far as is known.
    most_passages: AtomicUsize,
    /// Plans times passages that a device of tests has memory for.
    #[cfg(test)]
    room: usize,
}

impl NativeEvaluator {
    /// Opens the device, sets up the task and loads the model.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(spec: &NativeSpec<'_>) -> Result<Self, OpenError> {
        Prepared::open(spec, &|_| ())?.load()
    }

    /// An evaluator of a loaded model.
    pub fn new(
        model: Model,
        task: Box<dyn ReadingTask>,
        reference_memory: u64,
        activation_memory: Option<u64>,
    ) -> Self {
        let info = info(&model.compute, &*task);
        let (on_host, parameters) = (model.compute.on_host(), ModelFacts::of(model.facts()).parameters);
        let activation_memory =
            activation_memory.unwrap_or_else(|| memory::for_activations(on_host, parameters));
        // Less helps little when activations have more: what is not kept is computed once for all candidates of a pass.
        let references = References::new(reference_memory.min(activation_memory / 2));
        Self {
            model,
            task,
            info,
            positions: Mutex::default(),
            key_maxima: Mutex::default(),
            rounded: Rounded::default(),
            routed: Mutex::default(),
            references,
            prefixes: PrefixCache::new(activation_memory / 2),
            activation_memory,
            most_passages: AtomicUsize::new(usize::MAX),
            #[cfg(test)]
            room: usize::MAX,
        }
    }

    /// The rotations of sequences of `tokens`.
    fn positions(&self, tokens: usize) -> Arc<Positions> {
        let mut known = self.positions.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let make = || Arc::new(Positions::new(&self.model.compute, &self.model.config, tokens));
        known.entry(tokens).or_insert_with(make).clone()
    }

    /// Scores plans together, in groups of at most `most` passages. A plan whose scores are not finite fails alone.
    fn together(
        &self,
        plans: &[&EditedModel],
        request: &Request,
        most: usize,
    ) -> Result<Vec<Result<Evaluation, EvalFailure>>, EvalFailure> {
        let clock = Clock::start(&request.stop);
        let limit = Limit::new(request, plans.len(), clock);
        let groups = self.groups(request, most)?;
        // With the others: whoever lacks the memory for them is given less at a time.
        host_parallel::run(&self.model.compute, 1, |_| {
            plans.iter().for_each(|plan| self.model.make_embeddings(plan));
            Ok(())
        })?;
        // Few groups leave lanes idle; then the plans are shared out as well.
        let lanes = host_parallel::most(&self.model.compute);
        let size = plans.len().div_ceil(lanes.div_ceil(groups.len())).max(1);
        let parts: Vec<&[&EditedModel]> = plans.chunks(size).collect();
        let scored = host_parallel::run(&self.model.compute, groups.len() * parts.len(), |task| {
            let (group, plans) = (&groups[task / parts.len()], parts[task % parts.len()]);
            let share = Share::new(&request.progress, group.items * plans.len() as f64);
            self.score_group(group, plans, limit, share)
        })?;
        let passages = groups.iter().map(|group| group.passages.len()).sum();
        let mut outcomes = vec![Outcome::of(passages); plans.len()];
        for (task, Scored { reads, computed }) in scored.into_iter().enumerate() {
            let (group, first) = (&groups[task / parts.len()], (task % parts.len()) * size);
            for ((outcome, reads), computed) in outcomes[first..].iter_mut().zip(reads).zip(computed) {
                outcome.add(&group.places, reads, computed);
            }
        }
        let seconds = clock.elapsed().as_secs_f64() / plans.len() as f64;
        Ok(outcomes.iter().map(|outcome| self.evaluation(outcome, request, seconds)).collect())
    }

    /// Like `together`, with less at a time until the device has memory enough.
    fn together_or_smaller(
        &self,
        plans: &[&EditedModel],
        request: &Request,
    ) -> Result<Vec<Result<Evaluation, EvalFailure>>, EvalFailure> {
        let data = self.passages(request)?;
        let asked: usize = request.items.iter().map(|&item| data.of(item).len()).sum();
        let most = (self.product_rows() / data.shortest().max(1)).min(asked).max(1);
        let mut passages = self.most_passages.load(Ordering::Relaxed).min(most);
        let found = oom_backoff::run(plans, &mut passages, &mut |plans, passages| {
            let before = request.progress.evaluations();
            let found = self.together(plans, request, passages);
            if matches!(found, Err(EvalFailure::OutOfMemory { .. })) {
                request.progress.back_to(before);
                self.prefixes.clear();
                self.model.merged.clear();
                self.model.levels.clear();
                self.model.token_levels.clear();
            }
            found
        });
        if passages < most {
            self.most_passages.store(passages, Ordering::Relaxed);
        }
        match found {
            // Too slow is what the plans are, not the device.
            Err(failure @ EvalFailure::Deadline(_)) => Ok(vec![Err(failure); plans.len()]),
            other => other,
        }
    }

    /// Plans whose activations fit side by side into half of the memory for activations; the other half is for what
    /// stays.
    fn plans_at_once(&self) -> usize {
        let lanes = host_parallel::most(&self.model.compute);
        let rows = self.product_rows().max(self.task.longest()) * self.model.config.hidden;
        // In and out of a layer, and the finished rows.
        let bytes = 3 * 4 * (lanes * rows) as u64;
        usize::try_from(self.activation_memory / 2 / bytes.max(1)).unwrap_or(usize::MAX).max(1)
    }
}

/// Who evaluates a task on a device.
fn info(compute: &Compute, task: &dyn ReadingTask) -> EvaluatorInfo {
    EvaluatorInfo {
        name: NATIVE.to_owned(),
        device: compute.name(),
        numerics: compute.numerics(),
        // One call keeps all processors, or the whole device, busy.
        concurrency: 1,
        edits: attune_vocabulary::model().subset(edits::kinds()),
        signals: signal::specs_on(task),
    }
}

impl Evaluator for NativeEvaluator {
    fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    fn model(&self) -> &Facts {
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
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
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
        self.smooth(accepted.iter_mut().map(|(_, edited)| edited))?;
        // Plans with a common beginning become neighbours.
        accepted.sort_by(|(_, one), (_, other)| one.prefixes().cmp(other.prefixes()));
        let mut rest = accepted.as_mut_slice();
        while !rest.is_empty() {
            let room = cut::Room {
                plans: self.plans_at_once(),
                codes: self.activation_memory / 2,
                tokens: self.model.token_levels.budget(),
            };
            let count = cut::first(rest, &self.model.config, &room);
            let (chunk, others) = std::mem::take(&mut rest).split_at_mut(count);
            rest = others;
            self.round(chunk.iter_mut().map(|(_, edited)| edited), &request.stop)?;
            let edited: Vec<&EditedModel> = chunk.iter().map(|(_, edited)| edited).collect();
            let results = self.together_or_smaller(&edited, request)?;
            for ((index, _), result) in chunk.iter().zip(results) {
                if sink(*index, result).is_break() {
                    return Ok(());
                }
            }
            // What others need of them is in memory while there is room.
            chunk
                .iter_mut()
                .flat_map(|(_, edited)| edited.weights_mut())
                .for_each(ModuleLevels::forget_codes);
        }
        Ok(())
    }

    fn calibration(&self, plan: &Plan) -> Option<ContentHash> {
        let smooths = |edit: &Edit| KvBits::of(edit).is_some_and(|bits| bits.smoothing.is_some());
        let feeds_back = |edit: &Edit| WeightBits::of(edit).is_some_and(|bits| bits.rounding.is_some());
        plan.edits().iter().any(|edit| smooths(edit) || feeds_back(edit)).then(|| self.calibration_data())
    }

    fn peak_memory(&self) -> Option<u64> {
        memory::peak()
    }

    fn signal(&self, wanted: &SignalRequest, request: &Request) -> Result<Measured, EvalFailure> {
        self.measure(wanted, request)
    }

    fn outputs(
        &self,
        plan: &Plan,
        request: &Request,
        positions: u32,
    ) -> Result<Option<Vec<Outputs>>, EvalFailure> {
        self.logits_of(plan, request, positions).map(Some)
    }

    fn choices(&self, plan: &Plan, stop: &RunControl) -> Result<Option<Choices>, EvalFailure> {
        self.codes(plan, stop).map(Some)
    }
}

#[cfg(test)]
mod tests;
