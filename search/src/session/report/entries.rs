//! Entries of the result table.

use attune_core::event::Event;
use attune_core::plan::Plan;
use attune_core::report::{UNEDITED, UNEDITED_WORDS};
use attune_core::rng;
use attune_core::space::Config;
use attune_core::technique::{Baseline, Cost, TechniqueFailure};
use attune_core::trial::Trial;

use crate::session::error::lasting;
use crate::session::{PlanBaseline, SessionError, SessionSetup};
use crate::strategy::StrategyError;

/// A plan that is scored for the report.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) help: String,
    pub(super) costs: Vec<Cost>,
    pub(super) plan: Plan,
    /// The trial, when this is the winner.
    pub(super) trial: Option<u64>,
}

impl Entry {
    pub(super) fn winner(best: &Trial) -> Self {
        Self {
            name: "best".to_owned(),
            help: "the best trial".to_owned(),
            costs: best.costs.clone(),
            plan: best.plan.clone(),
            trial: Some(best.id),
        }
    }

    /// What somebody else chose.
    pub(super) fn of_plan(baseline: &PlanBaseline) -> Self {
        Self {
            name: baseline.name.clone(),
            help: baseline.help.clone(),
            costs: baseline.costs.clone(),
            plan: baseline.plan.clone(),
            trial: None,
        }
    }

    /// A trial of the front.
    pub(super) fn of_trial(trial: &Trial) -> Self {
        Self {
            name: format!("front:{}", trial.id),
            help: "a trial of the front".to_owned(),
            costs: trial.costs.clone(),
            plan: trial.plan.clone(),
            trial: None,
        }
    }

    /// The unchanged subject, which its evaluator calls `words`; every cost states what it costs too.
    pub(super) fn unedited(best: &Trial, words: &str) -> Self {
        let costs = best.costs.iter().map(|cost| Cost { value: cost.dense, ..cost.clone() });
        Self {
            name: UNEDITED.to_owned(),
            help: match words {
                UNEDITED_WORDS => "the model without any change".to_owned(),
                words => words.to_owned(),
            },
            costs: costs.collect(),
            plan: Plan::empty(),
            trial: None,
        }
    }

    fn of(setup: &SessionSetup, name: &str, help: &str, config: &Config) -> Result<Self, TechniqueFailure> {
        let model = setup.evaluator.model();
        Ok(Self {
            name: name.to_owned(),
            help: help.to_owned(),
            costs: setup.technique.cost(model, &setup.options, config)?,
            plan: setup.technique.lower(model, &setup.options, config)?,
            trial: None,
        })
    }
}

/// The technique's baselines; `default` only where it is not another one under that name.
pub(super) fn of_baselines(
    setup: &SessionSetup,
    baselines: &[Baseline],
    events: &mut dyn FnMut(Event),
) -> Result<Vec<Entry>, SessionError> {
    let doubled = |baseline: &Baseline| {
        baseline.name == "default"
            && baselines.iter().any(|other| other.name != "default" && other.config == baseline.config)
    };
    let mut entries = Vec::new();
    for baseline in baselines.iter().filter(|baseline| !doubled(baseline)) {
        match Entry::of(setup, &baseline.name, &baseline.help, &baseline.config) {
            Ok(entry) => entries.push(entry),
            Err(failure) => events(left_out(&baseline.name, &lasting(failure)?)),
        }
    }
    Ok(entries)
}

/// Independent random configs. Unlike the proposals of a search they may repeat: their mean is to be that
/// of the distribution.
pub(super) fn random(
    setup: &SessionSetup,
    events: &mut dyn FnMut(Event),
) -> Result<Vec<Entry>, SessionError> {
    let mut entries = Vec::new();
    for number in 0..setup.report.random {
        let mut random = rng::derive(setup.header.seed, "random-baseline", &[u64::from(number)]);
        let config = setup.space.sample(&mut random).map_err(StrategyError::from)?;
        let name = format!("random-{number}");
        match Entry::of(setup, &name, "a random config", &config) {
            Ok(entry) => entries.push(entry),
            Err(failure) => events(left_out(&name, &lasting(failure)?)),
        }
    }
    Ok(entries)
}

fn left_out(name: &str, failure: &TechniqueFailure) -> Event {
    Event::Warning { message: format!("`{name}` is left out of the report: {failure}") }
}
