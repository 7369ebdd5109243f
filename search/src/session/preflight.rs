//! Preflight checks: what can be known of a study before its model is loaded: a launch refuses it before anything
//! runs, and a form says it
//! before the launch.

mod lowering;
mod racing;
mod signals;

use std::sync::Arc;

use attune_core::evaluator::{EvalFailure, Split, TaskInfo};
use attune_core::facts::Facts;
use attune_core::objective::Objective;
use attune_core::options::Settings;
use attune_core::plan::Plan;
use attune_core::profile::{Racing, ReportSpec};
use attune_core::rng;
use attune_core::sensitivity::{self, GivenTable};
use attune_core::signal::SignalSpec;
use attune_core::space::Space;
use attune_core::technique::{Signal, Technique};

use super::caught::caught;
use super::losses::Losses;
use super::start::START;
use super::{PlanBaseline, SessionError, Start, plan_baseline};
use crate::strategy::{StrategyError, StrategySource, TableSource};

pub(super) use signals::wanted as wanted_signals;

/// Whether the evaluator honours a plan, which it can tell from the shape of the model: [`Evaluator::check`].
///
/// [`Evaluator::check`]: attune_core::evaluator::Evaluator::check
pub type Honours<'a> = dyn Fn(&Plan) -> Result<(), EvalFailure> + 'a;

/// A study before its model is loaded.
#[derive(Clone, Copy)]
pub struct Preflight<'a> {
    /// The technique.
    pub technique: &'a dyn Technique,
    /// Its options, resolved.
    pub options: &'a Settings,
    /// The model.
    pub model: &'a Facts,
    /// The space that the technique describes for this model and these options.
    pub space: &'a Arc<Space>,
    /// What messages call the evaluator.
    pub evaluator: &'a str,
    /// The signals that it measures.
    pub signals: &'a [SignalSpec],
    /// The task.
    pub task: &'a TaskInfo,
    /// The strategy and its options.
    pub strategy: &'a StrategySource,
    /// What counts, most important first.
    pub objectives: &'a [Objective],
    /// Items of the selection split that score a trial.
    pub items: u32,
    /// How trials are left early.
    pub racing: Option<Racing>,
    /// How the result is reported.
    pub report: ReportSpec,
    /// Other domains on which the result is reported too.
    pub out_of_domain: &'a [String],
    /// What the search starts from.
    pub start: Option<&'a Start>,
    /// Plans that the result is compared with beside the technique's own baselines.
    pub plan_baselines: &'a [PlanBaseline],
    /// A sensitivity table that was measured before.
    pub given: Option<&'a GivenTable>,
    /// Seed of everything random.
    pub seed: u64,
}

impl Preflight<'_> {
    /// Refuses what would only fail after hours of search, or after a model was loaded for nothing.
    ///
    /// # Errors
    /// The first of [`Self::faults`]; a panic of whatever is asked.
    pub fn check(&self, honours: &Honours<'_>) -> Result<(), SessionError> {
        let first = || self.faults(honours).into_iter().next().map_or(Ok(()), |(_, fault)| Err(fault));
        caught(|| "checking the study".to_owned(), first)
    }

    /// Everything that keeps the study from running, each with the value of the profile that is to blame, as in
    /// `--set`.
    pub fn faults(&self, honours: &Honours<'_>) -> Vec<(&'static str, SessionError)> {
        let checks = [
            ("items", self.items_are_there()),
            ("report.items", self.available(&Split::Report, self.report.items.max(1)).map(drop)),
            ("task.elsewhere", self.domains_are_there()),
            ("objectives", self.losses().map(drop)),
            ("technique.name", signals::of_baselines(self)),
            ("strategy.sensitivities", self.table_is_used()),
            self.strategy_fits(),
            ("racing.first", self.can_race()),
            ("start.study", self.can_start()),
            ("report.baselines", self.baselines_run(honours)),
        ];
        let mut faults: Vec<_> =
            checks.into_iter().filter_map(|(path, checked)| Some((path, checked.err()?))).collect();
        // What else is wrong may be why nothing can be lowered.
        if faults.is_empty() {
            faults.extend(lowering::check(self, honours).err().map(|fault| ("technique.name", fault)));
        }
        faults
    }

    /// The objectives as losses.
    pub(super) fn losses(&self) -> Result<Losses, SessionError> {
        Losses::new(self.objectives, &self.task.metrics, || self.resources())
    }

    /// The resources that the technique counts, as stated for the first of a few random configs that it can cost.
    fn resources(&self) -> Result<Vec<String>, SessionError> {
        let cost = |attempt: u64| -> Result<Vec<String>, SessionError> {
            let mut random = rng::derive(self.seed, "costs", &[attempt]);
            let config = self.space.sample(&mut random).map_err(StrategyError::from)?;
            let costs = self.technique.cost(self.model, self.options, &config)?;
            Ok(costs.into_iter().map(|cost| cost.resource).collect())
        };
        (1..8).fold(cost(0), |found, attempt| found.or_else(|_| cost(attempt)))
    }

    fn items_are_there(&self) -> Result<(), SessionError> {
        if self.items == 0 {
            return Err(SessionError::NoItems);
        }
        self.available(&Split::Selection, self.items).map(drop)
    }

    fn domains_are_there(&self) -> Result<(), SessionError> {
        self.out_of_domain
            .iter()
            .try_for_each(|domain| self.available(&Split::OutOfDomain(domain.clone()), 1).map(drop))
    }

    /// Items of a split, at least `wanted`.
    pub(super) fn available(&self, split: &Split, wanted: u32) -> Result<u32, SessionError> {
        let task = self.task;
        let (Some(&items), true) = (task.items.get(split), task.fingerprints.contains_key(split)) else {
            let known: Vec<String> = task.items.keys().map(Split::to_string).collect();
            return Err(SessionError::NoSplit { split: split.clone(), known: known.join(", ") });
        };
        if items < wanted {
            return Err(SessionError::FewItems { split: split.clone(), wanted, items });
        }
        Ok(items)
    }

    fn can_race(&self) -> Result<(), SessionError> {
        match self.racing {
            Some(_) => racing::can_race(self.objectives, &self.task.metrics),
            None => Ok(()),
        }
    }

    /// Whether the strategy can search this space, and plan for it if it plans.
    fn strategy_fits(&self) -> (&'static str, Result<(), SessionError>) {
        let info = self.technique.info();
        let operators = info.has_operators.then_some(&*info.operators);
        if let Err(error) = self.strategy.check(self.space, self.seed, operators) {
            let path = match error {
                StrategyError::NoOperators { .. } => "strategy.options[\"operators\"]",
                StrategyError::UnknownOperator { .. } => "strategy.options[\"operator-names\"]",
                _ => "strategy.name",
            };
            return (path, Err(error.into()));
        }
        match self.strategy.table() {
            Ok(None) => ("strategy.name", Ok(())),
            Ok(Some(source)) => {
                let probed = sensitivity::reference(self.space, None)
                    .and_then(|reference| sensitivity::probes(self.space, &reference));
                match (probed, source) {
                    (Err(none), _) => ("strategy.name", Err(none.into())),
                    (Ok(_), TableSource::Measured | TableSource::Doubted) => ("strategy.name", Ok(())),
                    (Ok(_), TableSource::Gradient) => ("strategy.options[\"signal\"]", self.has_estimate()),
                }
            }
            Err(error) => ("strategy.name", Err(error.into())),
        }
    }

    /// Whether somebody plans with the table that was measured before, and with no other.
    fn table_is_used(&self) -> Result<(), SessionError> {
        if self.given.is_none() {
            return Ok(());
        }
        let strategy = || self.strategy.name().to_owned();
        // Of a strategy that cannot be resolved somebody else complains.
        match self.strategy.table().unwrap_or(Some(TableSource::Measured)) {
            None => Err(SessionError::TableUnused { strategy: strategy() }),
            Some(TableSource::Gradient) => Err(SessionError::TwoTables { strategy: strategy() }),
            Some(TableSource::Measured | TableSource::Doubted) => Ok(()),
        }
    }

    fn has_estimate(&self) -> Result<(), SessionError> {
        match self.technique.damage_signals(self.model, self.options)? {
            Some(wanted) => signals::of_estimate(self, &wanted),
            None => Err(SessionError::NoDamages {
                technique: self.technique.info().name.clone(),
                strategy: self.strategy.name().to_owned(),
            }),
        }
    }

    /// Whether every plan that the result is compared with can be scored, under a name of its own. Baselines that the technique
    /// makes of signals have names that are not known yet.
    fn baselines_run(&self, honours: &Honours<'_>) -> Result<(), SessionError> {
        if self.plan_baselines.is_empty() {
            return Ok(());
        }
        let own = self.technique.baselines(self.model, self.options, &[]).unwrap_or_default();
        let names: Vec<&str> = own.iter().map(|baseline| baseline.name.as_str()).collect();
        plan_baseline::check(self.plan_baselines, &names, honours)
    }

    /// Whether the trial to start from means something to the technique.
    fn can_start(&self) -> Result<(), SessionError> {
        let Some(start) = self.start.filter(|start| start.dimensions != self.space.dimensions()) else {
            return Ok(());
        };
        let none = || start.says_nothing_to(self.technique);
        let asked = &self.technique.info().signals;
        let given: Vec<Signal> =
            start.signals.iter().filter(|signal| asked.contains(&signal.name)).cloned().collect();
        if given.is_empty() {
            return Err(none());
        }
        // A technique that cannot do without signals that are still to be measured says nothing of the start.
        let silent = self.technique.baselines(self.model, self.options, &[]);
        match (silent, self.technique.baselines(self.model, self.options, &given)) {
            (Err(_), _) => Ok(()),
            (Ok(_), Err(refusal)) => Err(refusal.into()),
            (Ok(_), Ok(baselines)) if baselines.iter().all(|baseline| baseline.name != START) => Err(none()),
            (Ok(_), Ok(_)) => Ok(()),
        }
    }
}
