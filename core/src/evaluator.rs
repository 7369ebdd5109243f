//! The evaluator: applies plans to a model and scores them on a task.
//!
//! Nothing here assumes what is evaluated: a subject is whatever plans are applied to, and an item whatever a task counts.

mod batch_progress;
mod known_bounds;
mod opening;
mod outputs;
mod run_control;
mod spec;
mod task_spec;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::choices::Choices;
use crate::facts::Facts;
use crate::hash::ContentHash;
use crate::objective::Direction;
use crate::plan::{Plan, Vocabulary};
use crate::scores::{Scores, Work};
use crate::signal::{Measured, SignalRequest, SignalSpec};
use crate::stats::Support;

pub use batch_progress::BatchProgress;
pub use known_bounds::{KnownBounds, fault};
pub use opening::{
    EvaluatorFactory, FolderOutline, ModelFolders, OpenFailure, OpenFault, Opening, Outline, Prepared,
};
pub use outputs::{Outputs, spread};
pub use run_control::RunControl;
pub use spec::{EvaluatorSpec, TaskData};
pub use task_spec::{ItemSize, TaskOption, TaskSpec};

/// Which data. Selection and report data are disjoint, always; an evaluator refuses a task in which
/// they are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// What the search tunes on.
    Selection,
    /// What the result is reported on; no strategy ever sees it.
    Report,
    /// Report data of another domain, by name: what the tuning costs elsewhere.
    OutOfDomain(String),
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Selection => write!(f, "selection"),
            Self::Report => write!(f, "report"),
            Self::OutOfDomain(domain) => write!(f, "elsewhere:{domain}"),
        }
    }
}

/// How much of the data: the first `items` of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fidelity {
    /// Number of items.
    pub items: u32,
}

impl Fidelity {
    /// The items themselves: the first ones of a split.
    pub fn all(self) -> Vec<u32> {
        (0..self.items).collect()
    }
}

/// Who evaluates, and on what.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatorInfo {
    /// For example `native`.
    pub name: String,
    /// Where it runs, for people: `cpu`, `vulkan:0 (NVIDIA H100)`, …
    pub device: String,
    /// What decides the last digits: element type, backend, kernel version. Part of the cache key.
    pub numerics: String,
    /// How many `evaluate` calls may usefully run at once (1 when one call fills the device).
    pub concurrency: usize,
    /// The edits that it honours.
    pub edits: Vocabulary,
    /// The signals that it measures: a study that asks for another one is refused before it begins.
    pub signals: Vec<SignalSpec>,
}

/// One metric that a task yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricInfo {
    /// For example `kl`.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// For example `nats/token`; [`SHARE`](Self::SHARE) promises something, and decides how its intervals are made.
    pub unit: String,
}

impl MetricInfo {
    /// The unit of metrics that lie between 0 and 1 on every item.
    pub const SHARE: &str = "share";

    /// Which values an item can have, as far as the unit says so.
    pub fn support(&self) -> Support {
        if self.unit == Self::SHARE { Support::Share } else { Support::Any }
    }

    /// The largest value that an item can have, where the unit says so.
    pub fn most(&self) -> Option<f64> {
        (self.support() == Support::Share).then_some(1.0)
    }
}

/// What is measured, on which data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInfo {
    /// For example `text`.
    pub name: String,
    /// What every plan is scored by.
    pub metrics: Vec<MetricInfo>,
    /// Items that each split holds.
    pub items: BTreeMap<Split, u32>,
    /// Identity of data and scoring of each split. Part of the cache key.
    pub fingerprints: BTreeMap<Split, ContentHash>,
}

/// Which data, how long one plan may take, who may call it off, and where to say how far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Which data.
    pub split: Split,
    /// Which items of it, in the order in which scores list them; none twice.
    pub items: Vec<u32>,
    /// Time for one plan; `None` waits.
    pub deadline: Option<Duration>,
    /// Asks to wait, or for an early end.
    pub stop: RunControl,
    /// Moved on by the evaluator while it works.
    pub progress: BatchProgress,
}

impl Request {
    /// All of `items`, however long that takes.
    pub fn new(split: Split, items: Vec<u32>) -> Self {
        Self { split, items, deadline: None, stop: RunControl::default(), progress: BatchProgress::default() }
    }
}

/// What one plan scored, and what that took.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The scores; they depend on nothing but plan, items and numerics.
    pub scores: Scores,
    /// Work; it depends on what else was in the batch and in memory.
    pub work: Work,
    /// This plan's share of the wall-clock time, seconds.
    pub seconds: f64,
}

/// Why a plan, or a whole batch, has no score.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalFailure {
    /// An edit that this evaluator cannot honour.
    #[error("the {evaluator} evaluator cannot apply edit `{edit}`: {reason}")]
    Unsupported {
        /// Who refuses.
        evaluator: String,
        /// The edit, in its canonical text form.
        edit: String,
        /// Why.
        reason: String,
    },
    /// A split that the task does not have, or more items than it holds.
    #[error("the task cannot serve this request: {0}")]
    BadRequest(String),
    /// A score that is NaN or infinite.
    #[error("metric `{metric}` of item {item} is {value}: the plan breaks the model numerically")]
    NotFinite {
        /// The metric.
        metric: String,
        /// The item, counted from 0.
        item: usize,
        /// The value.
        value: f64,
    },
    /// The device ran out of memory.
    #[error("out of memory on {device}: {detail}; use fewer or shorter items")]
    OutOfMemory {
        /// Where.
        device: String,
        /// What it was doing.
        detail: String,
    },
    /// The plan took longer than its deadline.
    #[error("the plan did not finish within {0:?}")]
    Deadline(Duration),
    /// The evaluator was asked to stop.
    #[error("the evaluation was interrupted")]
    Interrupted,
    /// The evaluator fails on this plan, and would again: a simulator that comes to the end of what it may compute, ends itself, or
    /// returns what makes no sense.
    #[error("the {evaluator} evaluator fails on this plan: {reason}")]
    Failed {
        /// Who fails.
        evaluator: String,
        /// How.
        reason: String,
    },
    /// Anything that says more about the evaluator than about the plan.
    #[error("the evaluator failed: {0}")]
    Internal(String),
}

impl EvalFailure {
    /// Whether the same plan would fail again: only such failures are kept as results.
    pub fn is_deterministic(&self) -> bool {
        match self {
            Self::Unsupported { .. } | Self::BadRequest(_) | Self::NotFinite { .. } | Self::Failed { .. } => {
                true
            }
            Self::OutOfMemory { .. } | Self::Deadline(_) | Self::Interrupted | Self::Internal(_) => false,
        }
    }
}

/// Applies plans to one model and scores them on one task.
///
/// Contract (the conformance suite checks it): the same plan, split, items and numerics give
/// bit-equal scores on a CPU, whatever else is in the batch; a plan that cannot be honoured is refused by name
/// and never half applied; scores carry exactly one value per requested item, in the order of the request.
///
/// Whoever asks hears of every plan as soon as it is known:
///
/// ```
/// use std::ops::ControlFlow;
///
/// use attune_core::evaluator::{EvalFailure, Evaluator, Request, Split};
/// use attune_core::plan::Plan;
///
/// /// The value of a metric for every plan, on the first two items of the selection data.
/// fn values(
///     evaluator: &dyn Evaluator,
///     plans: &[Plan],
///     metric: &str,
/// ) -> Result<Vec<Option<f64>>, EvalFailure> {
///     let mut values = vec![None; plans.len()];
///     let request = Request::new(Split::Selection, vec![0, 1]);
///     evaluator.evaluate(plans, &request, &mut |number, outcome| {
///         // A plan that fails leaves the others alone.
///         values[number] = outcome.ok().and_then(|evaluation| evaluation.scores.value(metric));
///         ControlFlow::Continue(())
///     })?;
///     Ok(values)
/// }
/// ```
pub trait Evaluator: Send + Sync {
    /// Who this is.
    fn info(&self) -> &EvaluatorInfo;

    /// The loaded model.
    fn model(&self) -> &Facts;

    /// The task.
    fn task(&self) -> &TaskInfo;

    /// Whether `plan` can be honoured, without running anything.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`], naming the edit.
    fn check(&self, plan: &Plan) -> Result<(), EvalFailure>;

    /// The data, apart from the items that are scored, that this plan's scores depend on: what some edits are
    /// calibrated on. Part of the cache key.
    fn calibration(&self, plan: &Plan) -> Option<ContentHash> {
        let _ = plan;
        None
    }

    /// Scores a batch of plans. Calls `sink(index, outcome)` once per plan, in any order, as soon as
    /// the outcome is known; stops early (plans may go without a call) when the sink says `Break`, and sooner,
    /// in the middle of a plan, when the request's [`RunControl`] asks for it. Where a batch takes long, the request's
    /// [`BatchProgress`] says meanwhile how far it is.
    ///
    /// # Errors
    /// A failure of the request or the device as a whole; failures of single plans go to the sink.
    /// [`EvalFailure::Interrupted`] when it was asked to stop.
    fn evaluate(
        &self,
        plans: &[Plan],
        request: &Request,
        sink: &mut dyn FnMut(usize, Result<Evaluation, EvalFailure>) -> ControlFlow<()>,
    ) -> Result<(), EvalFailure>;

    /// Measures a statistic of the subject without edits on the data of `request`, for techniques that ask for it
    /// (`expert-frequency`, …). The same signal, items and numerics give the same values. One item of it counts as one
    /// evaluation of the request's [`BatchProgress`].
    ///
    /// # Errors
    /// [`EvalFailure::BadRequest`] for a signal or an argument that this evaluator does not know;
    /// [`EvalFailure::Interrupted`] when it was asked to stop.
    fn signal(&self, wanted: &SignalRequest, request: &Request) -> Result<Measured, EvalFailure>;

    /// What the subject computes under a plan on the data of `request`, for whoever holds an engine to it: for every sequence of
    /// every item, in order, the outputs at no more than `positions` positions, evenly spread ([`spread`]). `None` where this
    /// evaluator does not hand them out. The same plan, items and numerics give the same values; one item counts as one
    /// evaluation of the request's [`BatchProgress`].
    ///
    /// # Errors
    /// As for a plan of [`evaluate`](Self::evaluate).
    fn outputs(
        &self,
        plan: &Plan,
        request: &Request,
        positions: u32,
    ) -> Result<Option<Vec<Outputs>>, EvalFailure> {
        let _ = (plan, request, positions);
        Ok(None)
    }

    /// What this evaluator chooses for edits of `plan` by its calibration data, as it does where it scores the plan; empty where it
    /// chooses nothing. `None` where it does not hand that out. The same plan, data and numerics give the same bytes.
    ///
    /// # Errors
    /// As for a plan of [`evaluate`](Self::evaluate).
    fn choices(&self, plan: &Plan, stop: &RunControl) -> Result<Option<Choices>, EvalFailure> {
        let _ = (plan, stop);
        Ok(None)
    }

    /// Values that no plan can beat on the items of `request`, where they are known: lower bounds of metrics that are minimised, upper
    /// ones of metrics that are maximised, or optima. They may be loose. Empty where nothing is known. They depend on nothing but the data
    /// and the item; the same data, items and numerics give the same bounds.
    ///
    /// # Errors
    /// [`EvalFailure::BadRequest`] for data that the task does not have; [`EvalFailure::Interrupted`] when it was asked to stop.
    fn known_bounds(&self, request: &Request) -> Result<KnownBounds, EvalFailure> {
        let _ = request;
        Ok(KnownBounds::new())
    }

    /// The most memory that evaluating has taken so far, bytes, where it can be told.
    fn peak_memory(&self) -> Option<u64> {
        None
    }
}
