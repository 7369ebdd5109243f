//! The technique of a study, with an eye on what all its calls of one run take together.
//!
//! Its own operator is left out: that has an allowance of its own and can be done without
//! ([`TechniqueOperators`](crate::operators::TechniqueOperators)).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_core::allowance::{Allowance, Usage, Used};
use attune_core::event::Event;
use attune_core::facts::Facts;
use attune_core::format;
use attune_core::options::Settings;
use attune_core::plan::Plan;
use attune_core::signal::SignalRequest;
use attune_core::space::{Config, Space};
use attune_core::technique::{
    Baseline, Cost, FailureKind, Sensitivities, Signal, Technique, TechniqueFailure, TechniqueInfo,
};

/// A technique that is not called any more once its calls have used up [`Allowance::NEEDED`].
pub(in crate::session) struct Metered {
    technique: Arc<dyn Technique>,
    /// What other runs have used.
    before: Usage,
    told: AtomicBool,
}

impl Metered {
    pub(in crate::session) fn new(technique: Arc<dyn Technique>) -> Self {
        let before = technique.usage();
        Self { technique, before, told: AtomicBool::new(false) }
    }

    /// Says once that the study spends its time in the technique.
    pub(in crate::session) fn tell(&self, events: &mut dyn FnMut(Event)) {
        let (all, (most, used)) = self.used();
        if !Allowance::NEEDED.is_low(all) || self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let Allowance { share, reserve } = Allowance::NEEDED;
        let count = |number: u64| format::count(number as f64);
        let message = format!(
            "technique `{}` is slow: {} calls of `{most}` took {} instructions each; beyond {} each, all calls of a run may take \
             {} together, and then it ends",
            self.technique.info().name,
            used.calls,
            count(used.each()),
            count(share),
            count(reserve),
        );
        events(Event::Warning { message });
    }

    /// What was used in all, and by the function that used most.
    fn used(&self) -> (Used, (&'static str, Used)) {
        let usage = self.technique.usage();
        let used = usage
            .into_iter()
            .filter(|(call, _)| *call != "vary")
            .map(|(call, used)| (call, used.since(self.before.get(call).copied().unwrap_or_default())));
        let used: Vec<(&'static str, Used)> = used.collect();
        let all = used.iter().fold(Used::default(), |sum, (_, used)| sum.plus(*used));
        let most = used.into_iter().max_by_key(|(_, used)| used.fuel);
        (all, most.unwrap_or(("none", Used::default())))
    }

    fn ask<T>(
        &self,
        call: &str,
        technique: impl FnOnce(&dyn Technique) -> Result<T, TechniqueFailure>,
    ) -> Result<T, TechniqueFailure> {
        let (all, (most, used)) = self.used();
        if !Allowance::NEEDED.is_spent(all) {
            return technique(&*self.technique);
        }
        Err(TechniqueFailure {
            technique: self.technique.info().name.clone(),
            call: call.to_owned(),
            kind: FailureKind::AllOutOfFuel { most: most.to_owned(), calls: used.calls, each: used.each() },
        })
    }
}

impl Technique for Metered {
    fn info(&self) -> &TechniqueInfo {
        self.technique.info()
    }

    fn usage(&self) -> Usage {
        self.technique.usage()
    }

    fn space(&self, model: &Facts, options: &Settings) -> Result<Space, TechniqueFailure> {
        self.ask("space", |technique| technique.space(model, options))
    }

    fn lower(&self, model: &Facts, options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        self.ask("lower", |technique| technique.lower(model, options, config))
    }

    fn cost(
        &self,
        model: &Facts,
        options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure> {
        self.ask("cost", |technique| technique.cost(model, options, config))
    }

    fn baselines(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure> {
        self.ask("baselines", |technique| technique.baselines(model, options, signals))
    }

    fn vary(
        &self,
        model: &Facts,
        options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        self.technique.vary(model, options, parents, seed)
    }

    fn vary_by(
        &self,
        model: &Facts,
        options: &Settings,
        operator: &str,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        self.technique.vary_by(model, options, operator, parents, seed)
    }

    fn damage_signals(
        &self,
        model: &Facts,
        options: &Settings,
    ) -> Result<Option<Vec<SignalRequest>>, TechniqueFailure> {
        self.ask("signals", |technique| technique.damage_signals(model, options))
    }

    fn sensitivities(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Option<Sensitivities>, TechniqueFailure> {
        self.ask("damages", |technique| technique.sensitivities(model, options, signals))
    }
}
