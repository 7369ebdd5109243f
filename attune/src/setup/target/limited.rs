//! A technique that hears of a target whenever it hears of a model.

use std::sync::Arc;

use attune_core::allowance::Usage;
use attune_core::facts::Facts;
use attune_core::options::Settings;
use attune_core::plan::Plan;
use attune_core::signal::SignalRequest;
use attune_core::space::{Config, Space};
use attune_core::technique::{
    Baseline, Cost, Sensitivities, Signal, Technique, TechniqueFailure, TechniqueInfo,
};

/// A technique, and the facts of a target that it hears beside those of the model.
pub(super) struct Limited {
    technique: Arc<dyn Technique>,
    target: Settings,
}

impl Limited {
    pub(super) fn new(technique: Arc<dyn Technique>, target: Settings) -> Self {
        Self { technique, target }
    }

    fn told(&self, model: &Facts) -> Facts {
        let mut facts = model.clone();
        facts.values.extend(self.target.clone());
        facts
    }
}

impl Technique for Limited {
    fn info(&self) -> &TechniqueInfo {
        self.technique.info()
    }

    fn usage(&self) -> Usage {
        self.technique.usage()
    }

    fn space(&self, model: &Facts, options: &Settings) -> Result<Space, TechniqueFailure> {
        self.technique.space(&self.told(model), options)
    }

    fn lower(&self, model: &Facts, options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        self.technique.lower(&self.told(model), options, config)
    }

    fn cost(
        &self,
        model: &Facts,
        options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure> {
        self.technique.cost(&self.told(model), options, config)
    }

    fn baselines(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure> {
        self.technique.baselines(&self.told(model), options, signals)
    }

    fn vary(
        &self,
        model: &Facts,
        options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        self.technique.vary(&self.told(model), options, parents, seed)
    }

    fn damage_signals(
        &self,
        model: &Facts,
        options: &Settings,
    ) -> Result<Option<Vec<SignalRequest>>, TechniqueFailure> {
        self.technique.damage_signals(&self.told(model), options)
    }

    fn sensitivities(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Option<Sensitivities>, TechniqueFailure> {
        self.technique.sensitivities(&self.told(model), options, signals)
    }
}
