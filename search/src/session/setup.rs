//! Setup: everything that a session needs, resolved by the composition root.

use std::sync::Arc;
use std::time::Duration;

use attune_core::evaluator::{Evaluator, Fidelity, Split};
use attune_core::objective::Objective;
use attune_core::options::Settings;
use attune_core::profile::{Racing, ReportSpec};
use attune_core::sensitivity::GivenTable;
use attune_core::space::Space;
use attune_core::store::{Store, StudyHeader, Whereabouts};
use attune_core::technique::Technique;

use super::{PlanBaseline, Preflight, SessionError, Start};
use crate::strategy::StrategySource;

/// Everything that a session needs.
#[derive(Clone)]
pub struct SessionSetup {
    /// The study; its seed is the seed of everything random.
    pub header: StudyHeader,
    /// Where profile and model are, for whoever continues or exports the study later; nothing when nobody will.
    pub whereabouts: Option<Whereabouts>,
    /// The technique.
    pub technique: Arc<dyn Technique>,
    /// Its options, resolved.
    pub options: Settings,
    /// The space that it describes for this model and these options.
    pub space: Arc<Space>,
    /// The evaluator, with its model and task.
    pub evaluator: Arc<dyn Evaluator>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The strategy and its options.
    pub strategy: StrategySource,
    /// What counts, most important first: metrics of the task or costs of the technique.
    pub objectives: Vec<Objective>,
    /// Trials that the study is to have.
    pub trials: u64,
    /// Items of the selection split that score a trial.
    pub fidelity: Fidelity,
    /// What the search starts from, beside the technique's baselines.
    pub start: Option<Start>,
    /// How trials that cannot matter any more are left early.
    pub racing: Option<Racing>,
    /// Time for one trial; the report waits.
    pub deadline: Option<Duration>,
    /// How the result is reported.
    pub report: ReportSpec,
    /// Other domains on which the result is reported too.
    pub out_of_domain: Vec<String>,
    /// Plans that the result is compared with beside the technique's own baselines.
    pub plan_baselines: Vec<PlanBaseline>,
    /// A sensitivity table that was measured before, for a strategy that plans.
    pub given: Option<Arc<GivenTable>>,
    /// Evaluator calls at a time; the study does not depend on it.
    pub workers: usize,
}

impl SessionSetup {
    /// Refuses what would only fail after hours of search.
    ///
    /// # Errors
    /// What [`Preflight::check`] finds.
    pub fn check(&self) -> Result<(), SessionError> {
        self.preflight().check(&|plan| self.evaluator.check(plan))
    }

    /// What could be known before the model was loaded.
    pub(super) fn preflight(&self) -> Preflight<'_> {
        Preflight {
            technique: &*self.technique,
            options: &self.options,
            model: self.evaluator.model(),
            space: &self.space,
            evaluator: &self.evaluator.info().name,
            signals: &self.evaluator.info().signals,
            task: self.evaluator.task(),
            strategy: &self.strategy,
            objectives: &self.objectives,
            items: self.fidelity.items,
            racing: self.racing,
            report: self.report,
            out_of_domain: &self.out_of_domain,
            start: self.start.as_ref(),
            plan_baselines: &self.plan_baselines,
            given: self.given.as_deref(),
            seed: self.header.seed,
        }
    }

    /// The objectives, each with whether evaluating tells it; the others are costs, which are counted.
    pub fn measured_objectives(&self) -> Vec<(String, bool)> {
        let names = self.objectives.iter().map(|objective| objective.metric.clone());
        names.zip(self.measures()).collect()
    }

    /// By objective, whether evaluating tells it; the others are costs, which are counted.
    pub(super) fn measures(&self) -> Vec<bool> {
        let metrics = &self.evaluator.task().metrics;
        let is_metric = |name: &str| metrics.iter().any(|metric| metric.name == name);
        self.objectives.iter().map(|objective| is_metric(&objective.metric)).collect()
    }

    /// How often a config can be asked again on items of the selection split that no trial is scored on at first.
    pub(super) fn repeats(&self) -> Result<u32, SessionError> {
        let items = self.fidelity.items;
        let available = self.preflight().available(&Split::Selection, items)?;
        Ok(available.div_ceil(items.max(1)).saturating_sub(1))
    }

    /// How much of `split` the report uses.
    pub(super) fn report_fidelity(&self, split: &Split) -> Result<Fidelity, SessionError> {
        let available = self.preflight().available(split, 1)?;
        let wanted = if self.report.items == 0 { available } else { self.report.items };
        Ok(Fidelity { items: wanted.min(available) })
    }
}
