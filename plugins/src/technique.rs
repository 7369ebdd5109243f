//! A component as a [`Technique`].

use std::sync::Arc;

use attune_core::facts::ModelFacts;
use attune_core::hash::ContentHash;
use attune_core::plan::{Plan, Vocabulary};
use attune_core::printable::{MESSAGE, cut};
use attune_core::setting::{Settings, resolve};
use attune_core::signal::SignalRequest;
use attune_core::space::{Config, Space};
use attune_core::technique::{
    Baseline, Cost, Damages, FailureKind, Signal, Technique, TechniqueFailure, TechniqueInfo,
};
use wasmtime::{Error, Store};

use crate::convert::{self, BadOutput};
use crate::failure::classify;
use crate::limits;
use crate::log::Log;
use crate::profiling::{self, Profiling};
use crate::sandbox::Sandbox;
use crate::wire::{self, Guest, PluginPre};

/// A loaded technique. Every call runs in a store of its own, so calls may run at once and a failure in
/// one leaves nothing behind for the next.
pub struct WasmTechnique {
    plugin: PluginPre<Sandbox>,
    info: TechniqueInfo,
    log: Arc<Log>,
    profiling: Option<Profiling>,
    vocabulary: Vocabulary,
}

/// What the inner result of an exported function means: a component that says no has its own words.
type Said<T> = Result<T, String>;

impl WasmTechnique {
    pub(crate) fn describe(
        plugin: PluginPre<Sandbox>,
        profiling: Option<Profiling>,
        label: &str,
        bytes: &[u8],
        log: Arc<Log>,
        vocabulary: Vocabulary,
    ) -> Result<Self, TechniqueFailure> {
        let description = run(&plugin, label, "describe", &log, |guest, store| guest.call_describe(store))?;
        let fingerprint = ContentHash::of(bytes);
        let info = convert::description(description, fingerprint)
            .map_err(|BadOutput(problem)| failed(label, "describe", FailureKind::BadOutput(problem)))?;
        Ok(Self { plugin, info, log, profiling, vocabulary })
    }

    /// Calls an exported function and checks what it returns.
    fn call<W, T>(
        &self,
        call: &'static str,
        run_it: impl FnOnce(&Guest, &mut Store<Sandbox>) -> Result<Said<W>, Error>,
        convert: impl FnOnce(W) -> Result<T, BadOutput>,
    ) -> Result<T, TechniqueFailure> {
        let said = run(&self.plugin, &self.info.name, call, &self.log, run_it)?;
        let kind = match said {
            Ok(output) => match convert(output) {
                Ok(value) => return Ok(value),
                Err(BadOutput(problem)) => FailureKind::BadOutput(problem),
            },
            Err(refusal) => FailureKind::Refused(refusal),
        };
        Err(failed(&self.info.name, call, kind))
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

    fn space(&self, model: &ModelFacts, options: &Settings) -> Result<Space, TechniqueFailure> {
        let (facts, options) = (convert::facts(model), self.options("space", options)?);
        self.call("space", |guest, store| guest.call_space(store, &facts, &options), convert::space)
    }

    fn lower(
        &self,
        model: &ModelFacts,
        options: &Settings,
        config: &Config,
    ) -> Result<Plan, TechniqueFailure> {
        let (facts, options) = (convert::facts(model), self.options("lower", options)?);
        let config = convert::config_out(config);
        self.call(
            "lower",
            |guest, store| guest.call_lower(store, &facts, &options, &config),
            |edits| convert::plan(edits, &self.info.edits, &self.vocabulary, model),
        )
    }

    fn cost(
        &self,
        model: &ModelFacts,
        options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure> {
        let (facts, options) = (convert::facts(model), self.options("cost", options)?);
        let config = convert::config_out(config);
        self.call("cost", |guest, store| guest.call_cost(store, &facts, &options, &config), convert::costs)
    }

    fn baselines(
        &self,
        model: &ModelFacts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure> {
        let space = self.space(model, options)?;
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
        model: &ModelFacts,
        options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        let space = self.space(model, options)?;
        let (facts, options) = (convert::facts(model), self.options("vary", options)?);
        let parents: Vec<wire::Config> = parents.iter().map(|parent| convert::config_out(parent)).collect();
        self.call(
            "vary",
            |guest, store| guest.call_vary(store, &facts, &options, &parents, seed),
            |config| convert::config_in(config, &space),
        )
    }

    fn damage_signals(
        &self,
        model: &ModelFacts,
        options: &Settings,
    ) -> Result<Option<Vec<SignalRequest>>, TechniqueFailure> {
        const CALL: &str = "signals";
        let Some(profiling) = self.profiling else { return Ok(None) };
        let arguments = (convert::facts(model), self.options(CALL, options)?);
        let asked: Option<Vec<wire::Open>> =
            profiling::call(&self.plugin, &self.info.name, CALL, profiling.signals, &self.log, arguments)?;
        asked
            .map(convert::signal_requests)
            .transpose()
            .map_err(|BadOutput(problem)| failed(&self.info.name, CALL, FailureKind::BadOutput(problem)))
    }

    fn damages(
        &self,
        model: &ModelFacts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Option<Damages>, TechniqueFailure> {
        const CALL: &str = "damages";
        let Some(profiling) = self.profiling else { return Ok(None) };
        let space = self.space(model, options)?;
        let signals: Vec<wire::Signal> = signals.iter().map(convert::signal).collect();
        let arguments = (convert::facts(model), self.options(CALL, options)?, signals);
        let damages: Damages =
            profiling::call(&self.plugin, &self.info.name, CALL, profiling.damages, &self.log, arguments)?;
        convert::damages(damages, &space)
            .map(Some)
            .map_err(|BadOutput(problem)| failed(&self.info.name, CALL, FailureKind::BadOutput(problem)))
    }
}

/// Runs one exported function on a fresh instance.
fn run<T>(
    plugin: &PluginPre<Sandbox>,
    technique: &str,
    call: &'static str,
    log: &Arc<Log>,
    run_it: impl FnOnce(&Guest, &mut Store<Sandbox>) -> Result<T, Error>,
) -> Result<T, TechniqueFailure> {
    in_sandbox(plugin, technique, call, log, |store| {
        let instance = plugin.instantiate(&mut *store)?;
        run_it(instance.attune_technique_technique(), store)
    })
}

/// Runs anything in a fresh store, within its limits.
pub(crate) fn in_sandbox<T>(
    plugin: &PluginPre<Sandbox>,
    technique: &str,
    call: &'static str,
    log: &Arc<Log>,
    run_it: impl FnOnce(&mut Store<Sandbox>) -> Result<T, Error>,
) -> Result<T, TechniqueFailure> {
    let mut store = Store::new(plugin.engine(), Sandbox::new(technique, Arc::clone(log)));
    let outcome = limits::arm(&mut store).and_then(|()| run_it(&mut store));
    outcome.map_err(|error| {
        let last_words = store.data_mut().last_words.take();
        failed(technique, call, classify(&error, last_words))
    })
}

pub(crate) fn failed(technique: &str, call: &str, mut kind: FailureKind) -> TechniqueFailure {
    if let FailureKind::Refused(words)
    | FailureKind::Trapped(words)
    | FailureKind::BadOutput(words)
    | FailureKind::WrongWorld(words) = &mut kind
    {
        // Words of a component: they go into journals and messages, and may be millions.
        *words = cut(words, MESSAGE).into_owned();
    }
    TechniqueFailure { technique: technique.to_owned(), call: call.to_owned(), kind }
}
