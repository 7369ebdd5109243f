//! Calls into a component: each in a fresh store, within its limits, and counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use attune_core::allowance::Usage;
use attune_core::printable::{MESSAGE, cut};
use attune_core::technique::{FailureKind, TechniqueFailure};
use wasmtime::{Error, Store};

use crate::failure::classify;
use crate::limits::Limits;
use crate::log::Log;
use crate::sandbox::{self, Sandbox};
use crate::spent::Spent;
use crate::wire::{Guest, PluginPre};

/// A component that is called, its log, and what its calls have used.
pub(crate) struct Calls {
    pub(crate) plugin: PluginPre<Sandbox>,
    limits: &'static Limits,
    log: Arc<Log>,
    spent: Mutex<BTreeMap<&'static str, Spent>>,
}

impl Calls {
    pub(crate) fn new(plugin: PluginPre<Sandbox>, limits: &'static Limits, log: Arc<Log>) -> Self {
        Self { plugin, limits, log, spent: Mutex::default() }
    }

    /// Runs one exported function on a fresh instance. `technique` is whose failure it will be.
    pub(crate) fn run<T>(
        &self,
        technique: &str,
        call: &'static str,
        run_it: impl FnOnce(&Guest, &mut Store<Sandbox>) -> Result<T, Error>,
    ) -> Result<T, TechniqueFailure> {
        self.in_sandbox(technique, call, |store| {
            let instance = self.plugin.instantiate(&mut *store)?;
            run_it(instance.attune_technique_technique(), store)
        })
    }

    /// Runs anything in a fresh store, within its limits.
    pub(crate) fn in_sandbox<T>(
        &self,
        technique: &str,
        call: &'static str,
        run_it: impl FnOnce(&mut Store<Sandbox>) -> Result<T, Error>,
    ) -> Result<T, TechniqueFailure> {
        let began = Instant::now();
        let mut store =
            Store::new(self.plugin.engine(), Sandbox::new(technique, self.limits, Arc::clone(&self.log)));
        let outcome = sandbox::arm(&mut store).and_then(|()| run_it(&mut store));
        let given = self.limits.fuel;
        let fuel = given - store.get_fuel().unwrap_or_default().min(given);
        store.data_mut().end();
        {
            let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
            let sum = spent.entry(call).or_default();
            *sum = sum.and(fuel, began.elapsed(), store.data().memory());
        }
        outcome.map_err(|error| {
            let last_words = store.data_mut().last_words();
            failed(technique, call, classify(&error, last_words, self.limits))
        })
    }

    /// What each call is held to.
    pub(crate) fn limits(&self) -> &'static Limits {
        self.limits
    }

    /// What the calls of each function have used, as a study counts it.
    pub(crate) fn usage(&self) -> Usage {
        self.spent().into_iter().map(|(call, spent)| (call, spent.used(self.limits))).collect()
    }

    /// What the calls of each function took, on this machine.
    pub(crate) fn spent(&self) -> BTreeMap<&'static str, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
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
