//! The scripted evaluator.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use attune_core::bounds::KnownBounds;
use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorInfo, MetricInfo, Outputs, Request, Split, TaskInfo, spread,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::objective::Direction;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Argument, Edit, EditSchema, Plan, Vocabulary};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};
use attune_core::signal::{Measured, SignalRequest, SignalSpec};
use attune_core::space::Axis;
use attune_core::technique::Signal;

use super::{LAYERS, sensitivity};

/// The one kind of edit that is scripted.
const KIND: &str = "kv-bits";

/// The one signal.
const SENSITIVITY: &str = "sensitivity";

/// What the scripted evaluator understands.
fn vocabulary() -> Vocabulary {
    let schema = EditSchema::new(KIND, "Bits of one layer.", "scripted")
        .with(Argument::count("layer", "the layer"))
        .with(Argument::count("keys", "its bits"))
        .in_group("layer")
        .once_per(&["layer"]);
    Vocabulary::new([schema])
}

type Fault = Box<dyn Fn(&Plan, &Request) -> Option<EvalFailure> + Send + Sync>;
type Meanwhile = Box<dyn Fn(&Request) + Send + Sync>;
type Edited = Box<dyn Fn(&Plan, Scores) -> Scores + Send + Sync>;

/// Scores plans by a formula, from the last of a batch to the first, and counts what it was asked.
pub struct ScriptedEvaluator {
    info: EvaluatorInfo,
    model: Facts,
    task: TaskInfo,
    fault: Fault,
    broken: Option<EvalFailure>,
    edited: Edited,
    meanwhile: Meanwhile,
    bound: Option<f64>,
    evaluated: Mutex<BTreeMap<(Split, ContentHash, u32), usize>>,
}

impl Default for ScriptedEvaluator {
    fn default() -> Self {
        let metric = |name: &str, direction, unit: &str| MetricInfo {
            name: name.to_owned(),
            direction,
            unit: unit.to_owned(),
        };
        let splits =
            [(Split::Selection, 32), (Split::Report, 24), (Split::OutOfDomain("other".to_owned()), 12)];
        Self {
            info: EvaluatorInfo {
                name: "scripted".to_owned(),
                device: "paper".to_owned(),
                numerics: "exact".to_owned(),
                concurrency: 4,
                edits: vocabulary(),
                signals: vec![SignalSpec::new(SENSITIVITY, "What each layer suffers.")],
            },
            model: model(),
            task: TaskInfo {
                name: "scripted".to_owned(),
                metrics: vec![
                    metric("damage", Direction::Minimise, ""),
                    metric("likeness", Direction::Maximise, MetricInfo::SHARE),
                ],
                items: splits.iter().cloned().collect(),
                fingerprints: splits
                    .iter()
                    .map(|(split, _)| (split.clone(), ContentHash::of(split.to_string().as_bytes())))
                    .collect(),
            },
            fault: Box::new(|_, _| None),
            broken: None,
            edited: Box::new(|_, scores| scores),
            meanwhile: Box::new(|_| ()),
            bound: None,
            evaluated: Mutex::default(),
        }
    }
}

impl ScriptedEvaluator {
    /// Fails a plan when `fault` names a failure.
    #[must_use]
    pub fn failing(
        mut self,
        fault: impl Fn(&Plan, &Request) -> Option<EvalFailure> + Send + Sync + 'static,
    ) -> Self {
        self.fault = Box::new(fault);
        self
    }

    /// Fails every call as a whole, after it has scored the last plan of the batch.
    #[must_use]
    pub fn broken(mut self, failure: EvalFailure) -> Self {
        self.broken = Some(failure);
        self
    }

    /// Measures no signal.
    #[must_use]
    pub fn without_signals(mut self) -> Self {
        self.info.signals.clear();
        self
    }

    /// Changes scores before they are handed out.
    #[must_use]
    pub fn edited(mut self, edit: impl Fn(&Plan, Scores) -> Scores + Send + Sync + 'static) -> Self {
        self.edited = Box::new(edit);
        self
    }

    /// Does something after every item of every plan, before its outcome is told, and after every item of a signal.
    #[must_use]
    pub fn meanwhile(mut self, work: impl Fn(&Request) + Send + Sync + 'static) -> Self {
        self.meanwhile = Box::new(work);
        self
    }

    /// Knows that no plan does less damage than `bound` to any item with an even number.
    #[must_use]
    pub fn bounded(self, bound: f64) -> Self {
        Self { bound: Some(bound), ..self }
    }

    /// How often each plan was evaluated on each item of each split.
    pub fn evaluated_items(&self) -> BTreeMap<(Split, ContentHash, u32), usize> {
        self.evaluated.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each plan was evaluated on each split: as often as on the item where that is most.
    pub fn evaluated(&self) -> BTreeMap<(Split, ContentHash), usize> {
        let mut most: BTreeMap<_, usize> = BTreeMap::new();
        for ((split, plan, _), times) in self.evaluated_items() {
            let entry = most.entry((split, plan)).or_default();
            *entry = times.max(*entry);
        }
        most
    }

    /// What a plan scores, without counting it as an evaluation.
    pub fn scores(&self, plan: &Plan, request: &Request) -> Scores {
        let damages: Vec<f64> =
            request.items.iter().map(|&item| damage(plan, &request.split, item)).collect();
        let metric = |aggregate, items: Vec<f64>| {
            let weights = request.items.iter().map(|item| 1.0 + f64::from(item % 3)).collect();
            MetricScore { aggregate, items, weights }
        };
        let likeness = damages.iter().map(|damage| (-damage).exp()).collect();
        Scores {
            metrics: BTreeMap::from([
                ("damage".to_owned(), metric(Aggregate::Mean, damages)),
                ("likeness".to_owned(), metric(Aggregate::Mean, likeness)),
            ]),
        }
    }
}

/// What `plan` does to one item: `Σ sensitivity(layer) · 4^(−bits) · (1 ± 0.2)`; without edits, nothing.
fn damage(plan: &Plan, split: &Split, item: u32) -> f64 {
    let phase = match split {
        Split::Selection => 0,
        Split::Report => 5,
        Split::OutOfDomain(_) => 11,
    };
    let number = |edit: &Edit, name: &str| match edit.args.get(name) {
        Some(OptionValue::Int(number)) => u32::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    let edits = plan.edits().iter().filter(|edit| edit.kind == KIND).map(|edit| {
        let (layer, bits) = (number(edit, "layer"), number(edit, "keys"));
        let ripple = f64::from((layer * 7 + item * 3 + phase) % 5) / 10.0 - 0.2;
        sensitivity(layer) * 0.25_f64.powf(f64::from(bits)) * (1.0 + ripple)
    });
    edits.sum()
}

/// What is known of the scripted model.
pub fn model() -> Facts {
    Facts {
        name: "scripted-model".to_owned(),
        fingerprint: ContentHash::of(b"scripted model"),
        values: Settings::from([("layers".to_owned(), OptionValue::Int(LAYERS.into()))]),
    }
}

impl Evaluator for ScriptedEvaluator {
    fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    fn model(&self) -> &Facts {
        &self.model
    }

    fn task(&self) -> &TaskInfo {
        &self.task
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        match plan.edits().iter().find(|edit| edit.kind != KIND) {
            None => Ok(()),
            Some(edit) => Err(EvalFailure::Unsupported {
                evaluator: self.info.name.clone(),
                edit: edit.to_string(),
                reason: "only `kv-bits` is scripted".to_owned(),
            }),
        }
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        for (index, plan) in plans.iter().enumerate().rev() {
            for &item in &request.items {
                let key = (request.split.clone(), plan.hash(), item);
                *self.evaluated.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
                request.progress.add(1.0);
                (self.meanwhile)(request);
            }
            let layer_items = request.items.len() as u64 * u64::from(LAYERS);
            let work = Work { computed: layer_items, naive: layer_items };
            let outcome = match (self.fault)(plan, request) {
                Some(failure) => Err(failure),
                None => {
                    let scores = (self.edited)(plan, self.scores(plan, request));
                    Ok(Evaluation { scores, work, seconds: 0.0 })
                }
            };
            if sink(index, outcome).is_break() {
                return Ok(());
            }
            if let Some(failure) = &self.broken {
                return Err(failure.clone());
            }
        }
        Ok(())
    }

    fn signal(&self, wanted: &SignalRequest, request: &Request) -> Result<Measured, EvalFailure> {
        let name = wanted.name.as_str();
        if self.info.signals.iter().all(|signal| signal.name != name) {
            return Err(EvalFailure::BadRequest(format!("there is no signal `{name}`")));
        }
        for _ in &request.items {
            if request.stop.is_asked() {
                return Err(EvalFailure::Interrupted);
            }
            request.progress.add(1.0);
            (self.meanwhile)(request);
        }
        let signal = Signal {
            name: name.to_owned(),
            axes: vec![Axis::new("layer", LAYERS)],
            values: (0..LAYERS).map(sensitivity).collect(),
        };
        let computed = request.items.len() as u64 * u64::from(LAYERS);
        Ok(Measured { signal, work: Work { computed, naive: computed } })
    }

    fn known_bounds(&self, request: &Request) -> Result<KnownBounds, EvalFailure> {
        let Some(bound) = self.bound else { return Ok(KnownBounds::new()) };
        if !self.task.items.contains_key(&request.split) {
            return Err(EvalFailure::BadRequest(format!("no split `{}`", request.split)));
        }
        let of = |item: &u32| item.is_multiple_of(2).then_some(bound);
        Ok([("damage".to_owned(), request.items.iter().map(of).collect())].into())
    }

    /// A vocabulary of two, the first of which a plan makes less likely by the damage that it does.
    fn outputs(
        &self,
        plan: &Plan,
        request: &Request,
        positions: u32,
    ) -> Result<Option<Vec<Outputs>>, EvalFailure> {
        self.check(plan)?;
        if !self.task.items.contains_key(&request.split) {
            return Err(EvalFailure::BadRequest(format!("no split `{}`", request.split)));
        }
        let outputs = request.items.iter().map(|&item| {
            let inputs: Vec<u32> = (0..LAYERS).map(|input| (input + item) % 2).collect();
            let positions = spread(inputs.len(), positions);
            let damage = damage(plan, &request.split, item) as f32;
            let values = positions.iter().flat_map(|&position| [position as f32 - damage, 0.0]).collect();
            Outputs { item, inputs, positions, width: 2, values }
        });
        Ok(Some(outputs.collect()))
    }
}
