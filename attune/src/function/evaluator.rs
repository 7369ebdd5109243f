//! The evaluator of a function: one item, one metric.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::thread;
use std::time::Instant;

use attune_core::evaluator::{
    EvalFailure, Evaluation, Evaluator, EvaluatorInfo, MetricInfo, Request, Split, TaskInfo,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::objective::Direction;
use attune_core::options::Settings;
use attune_core::plan::Plan;
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};
use attune_core::signal::{Measured, SignalRequest};
use attune_core::space::Space;

use super::{Function, VALUE, code};
use crate::point::Point;

/// An evaluator that calls a function of the points of a space.
pub struct FunctionEvaluator {
    info: EvaluatorInfo,
    subject: Facts,
    task: TaskInfo,
    space: Space,
    function: Function,
}

impl FunctionEvaluator {
    /// The function called `name`: its values are kept under this name.
    pub fn new(
        name: &str,
        space: Space,
        function: impl Fn(&Point<'_>) -> f64 + Send + Sync + 'static,
    ) -> Self {
        let fingerprint = ContentHash::of_parts([b"function".as_slice(), name.as_bytes()]);
        let splits = [Split::Selection, Split::Report];
        Self {
            info: EvaluatorInfo {
                name: "function".to_owned(),
                device: "cpu".to_owned(),
                numerics: "f64".to_owned(),
                concurrency: thread::available_parallelism().map_or(1, usize::from),
                edits: code::vocabulary().clone(),
                signals: Vec::new(),
            },
            subject: Facts { name: name.to_owned(), fingerprint, values: Settings::new() },
            task: TaskInfo {
                name: "function".to_owned(),
                metrics: vec![MetricInfo {
                    name: VALUE.to_owned(),
                    direction: Direction::Minimise,
                    unit: String::new(),
                }],
                items: splits.iter().cloned().map(|split| (split, 1)).collect(),
                fingerprints: splits
                    .into_iter()
                    .map(|split| {
                        // The same function, but what is reported is computed anew: it may not be quite the same twice.
                        let name = split.to_string();
                        let hash =
                            ContentHash::of_parts([fingerprint.as_bytes().as_slice(), name.as_bytes()]);
                        (split, hash)
                    })
                    .collect(),
            },
            space,
            function: Box::new(function),
        }
    }

    fn score(&self, plan: &Plan) -> Result<Scores, EvalFailure> {
        let config = self.config(plan)?;
        let value = (self.function)(&Point::new(self.space.dimensions(), &config));
        if !value.is_finite() {
            return Err(EvalFailure::NotFinite { metric: VALUE.to_owned(), item: 0, value });
        }
        let score = MetricScore { aggregate: Aggregate::Mean, items: vec![value], weights: vec![1.0] };
        Ok(Scores { metrics: BTreeMap::from([(VALUE.to_owned(), score)]) })
    }

    fn config(&self, plan: &Plan) -> Result<attune_core::space::Config, EvalFailure> {
        code::config(plan, &self.space).map_err(|(edit, reason)| EvalFailure::Unsupported {
            evaluator: self.info.name.clone(),
            edit,
            reason,
        })
    }
}

impl Evaluator for FunctionEvaluator {
    fn info(&self) -> &EvaluatorInfo {
        &self.info
    }

    fn model(&self) -> &Facts {
        &self.subject
    }

    fn task(&self) -> &TaskInfo {
        &self.task
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.config(plan).map(drop)
    }

    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure> {
        let known = self.task.items.contains_key(&request.split) && request.items == [0];
        if !known {
            let asked = format!("items {:?} of split {}", request.items, request.split);
            return Err(EvalFailure::BadRequest(format!(
                "a function has item 0 of selection and report, not {asked}"
            )));
        }
        for (number, plan) in plans.iter().enumerate() {
            if request.stop.is_asked() {
                return Err(EvalFailure::Interrupted);
            }
            let clock = Instant::now();
            let scores = self.score(plan);
            request.progress.add(1.0);
            let seconds = clock.elapsed().as_secs_f64();
            let work = Work { computed: 1, naive: 1 };
            if sink(number, scores.map(|scores| Evaluation { scores, work, seconds })).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn signal(&self, wanted: &SignalRequest, _request: &Request) -> Result<Measured, EvalFailure> {
        Err(EvalFailure::BadRequest(format!("a function has no signal `{}`", wanted.name)))
    }
}
