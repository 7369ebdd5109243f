//! A component as a [`Technique`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use attune_core::allowance::Usage;
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::{Settings, resolve};
use attune_core::plan::Plan;
use attune_core::signal::SignalRequest;
use attune_core::space::{Config, Space};
use attune_core::technique::{
    Baseline, Cost, FailureKind, Sensitivities, Signal, Technique, TechniqueFailure, TechniqueInfo,
};
use wasmtime::{Error, Store};

use crate::calls::{Calls, failed};
use crate::convert::{self, BadOutput};
use crate::limits::Limits;
use crate::log::Log;
use crate::profiling::{self, Profiling};
use crate::sandbox::Sandbox;
use crate::spent::Spent;
use crate::wire::{self, Guest, PluginPre};

/// A loaded technique. Every call runs in a store of its own, so calls may run at once and a failure in
/// one leaves nothing behind for the next.
pub struct WasmTechnique {
    calls: Calls,
    info: TechniqueInfo,
    profiling: Option<Profiling>,
    /// The space that was described last, and for what.
    described: Mutex<Option<(Facts, Settings, Arc<Space>)>>,
}

/// What the inner result of an exported function means: a component that says no has its own words.
type Said<T> = Result<T, String>;

impl WasmTechnique {
    pub(crate) fn describe(
        plugin: PluginPre<Sandbox>,
        profiling: Option<Profiling>,
        label: &str,
        bytes: &[u8],
        limits: &'static Limits,
        log: Arc<Log>,
    ) -> Result<Self, TechniqueFailure> {
        let calls = Calls::new(plugin, limits, log);
        let description = calls.run(label, "describe", |guest, store| guest.call_describe(store))?;
        let fingerprint = ContentHash::of(bytes);
        let info = convert::description(description, fingerprint)
            .map_err(|BadOutput(problem)| failed(label, "describe", FailureKind::BadOutput(problem)))?;
        Ok(Self { calls, info, profiling, described: Mutex::default() })
    }

    /// What the calls of each exported function took so far, on this machine; names are those of the interface.
    pub fn spent(&self) -> BTreeMap<&'static str, Spent> {
        self.calls.spent()
    }

    /// The limits that it is held to.
    pub fn limits(&self) -> &'static Limits {
        self.calls.limits()
    }

    /// Calls an exported function and checks what it returns.
    fn call<W, T>(
        &self,
        call: &'static str,
        run_it: impl FnOnce(&Guest, &mut Store<Sandbox>) -> Result<Said<W>, Error>,
        convert: impl FnOnce(W) -> Result<T, BadOutput>,
    ) -> Result<T, TechniqueFailure> {
        let said = self.calls.run(&self.info.name, call, run_it)?;
        let kind = match said {
            Ok(output) => match convert(output) {
                Ok(value) => return Ok(value),
                Err(BadOutput(problem)) => FailureKind::BadOutput(problem),
            },
            Err(refusal) => FailureKind::Refused(refusal),
        };
        Err(failed(&self.info.name, call, kind))
    }

    /// The space that the results of other calls are checked against. Every child is, so it is described once for each
    /// model and options.
    fn described(&self, model: &Facts, options: &Settings) -> Result<Arc<Space>, TechniqueFailure> {
        let known = || self.described.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, space)) = known().as_ref().filter(|(of, with, _)| of == model && with == options) {
            return Ok(Arc::clone(space));
        }
        let space = Arc::new(self.space(model, options)?);
        *known() = Some((model.clone(), options.clone(), Arc::clone(&space)));
        Ok(space)
    }

    /// The options as the component may rely on them: complete, known, of the declared kinds.
    fn options(&self, call: &'static str, given: &Settings) -> Result<wire::Settings, TechniqueFailure> {
        let owner = format!("technique `{}`", self.info.name);
        let options = resolve(&owner, &self.info.options, given)
            .map_err(|error| failed(&self.info.name, call, FailureKind::Refused(error.to_string())))?;
        Ok(convert::settings_out(&options))
    }
}

impl Technique for WasmTechnique {
    fn info(&self) -> &TechniqueInfo {
        &self.info
    }

    fn usage(&self) -> Usage {
        self.calls.usage()
    }

    fn space(&self, model: &Facts, options: &Settings) -> Result<Space, TechniqueFailure> {
        let (facts, options) = (convert::facts(model), self.options("space", options)?);
        self.call("space", |guest, store| guest.call_space(store, &facts, &options), convert::space)
    }

    fn lower(&self, model: &Facts, options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        let (facts, options) = (convert::facts(model), self.options("lower", options)?);
        let config = convert::config_out(config);
        self.call(
            "lower",
            |guest, store| guest.call_lower(store, &facts, &options, &config),
            |edits| convert::plan(edits, &self.info.edits, model),
        )
    }

    fn cost(
        &self,
        model: &Facts,
        options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure> {
        let (facts, options) = (convert::facts(model), self.options("cost", options)?);
        let config = convert::config_out(config);
        self.call("cost", |guest, store| guest.call_cost(store, &facts, &options, &config), convert::costs)
    }

    fn baselines(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure> {
        let space = self.described(model, options)?;
        let (facts, options) = (convert::facts(model), self.options("baselines", options)?);
        let signals: Vec<wire::Signal> = signals.iter().map(convert::signal).collect();
        self.call(
            "baselines",
            |guest, store| guest.call_baselines(store, &facts, &options, &signals),
            |baselines| convert::baselines(baselines, &space),
        )
    }

    fn vary(
        &self,
        model: &Facts,
        options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        let space = self.described(model, options)?;
        let (facts, options) = (convert::facts(model), self.options("vary", options)?);
        let parents: Vec<wire::Config> = parents.iter().map(|parent| convert::config_out(parent)).collect();
        self.call(
            "vary",
            |guest, store| {
                store.data_mut().seed(seed);
                guest.call_vary(store, &facts, &options, &parents, seed)
            },
            |config| convert::config_in(config, &space),
        )
    }

    fn damage_signals(
        &self,
        model: &Facts,
        options: &Settings,
    ) -> Result<Option<Vec<SignalRequest>>, TechniqueFailure> {
        const CALL: &str = "signals";
        let Some(profiling) = self.profiling else { return Ok(None) };
        let arguments = (convert::facts(model), self.options(CALL, options)?);
        let asked: Option<Vec<wire::Open>> =
            profiling::call(&self.calls, &self.info.name, CALL, profiling.signals, arguments)?;
        asked
            .map(convert::signal_requests)
            .transpose()
            .map_err(|BadOutput(problem)| failed(&self.info.name, CALL, FailureKind::BadOutput(problem)))
    }

    fn sensitivities(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Option<Sensitivities>, TechniqueFailure> {
        const CALL: &str = "damages";
        let Some(profiling) = self.profiling else { return Ok(None) };
        let space = self.described(model, options)?;
        let signals: Vec<wire::Signal> = signals.iter().map(convert::signal).collect();
        let arguments = (convert::facts(model), self.options(CALL, options)?, signals);
        let damages: Sensitivities =
            profiling::call(&self.calls, &self.info.name, CALL, profiling.damages, arguments)?;
        convert::sensitivities(damages, &space)
            .map(Some)
            .map_err(|BadOutput(problem)| failed(&self.info.name, CALL, FailureKind::BadOutput(problem)))
    }
}
