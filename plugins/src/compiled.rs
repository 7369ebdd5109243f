//! Engines for the whole program, one for each kind of limits, and what they have compiled, by content hash: a form that checks a technique at every key
//! compiles it once.
//!
//! Nothing is kept on disk: loading machine code from a file runs whatever is in it, outside the sandbox, and a technique
//! compiles in a few tenths of a second. One that brings the runtime of its language takes longer, and whoever loads it is told.
//!
//! Compiling happens on threads of its own, so whoever waits can give up, and a component that is still being compiled
//! takes no processor from studies. The bounds of [`limits`] see to it that it ends.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use attune_core::hash::ContentHash;
use attune_core::panics;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::HostError;
use crate::limits::Limits;
use crate::ticker;

/// Components that are kept; beyond, all are dropped and compiled again when they are needed.
const KEPT: usize = 64;
/// Bytes of their machine code; a runtime has some dozens of MiB of it.
const KEPT_BYTES: usize = 256 << 20;

/// A component belongs to the engine that compiled it, of which there is one for each kind of limits.
type Key = (&'static Limits, ContentHash);

static ENGINES: Mutex<Vec<(&'static Limits, Engine)>> = Mutex::new(Vec::new());
static COMPONENTS: Mutex<Option<HashMap<Key, Arc<Compiling>>>> = Mutex::new(None);

/// The engine of this program for components of these limits.
pub(crate) fn engine(limits: &'static Limits) -> Result<Engine, HostError> {
    let mut shared = ENGINES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, engine)) = shared.iter().find(|(known, _)| *known == limits) {
        return Ok(engine.clone());
    }
    let engine = Engine::new(&limits.config()).map_err(|error| HostError::Engine(format!("{error:#}")))?;
    ticker::start(&engine)?;
    shared.push((limits, engine.clone()));
    Ok(engine)
}

/// Why there is no compiled component.
#[derive(Clone, Debug)]
pub(crate) enum NotCompiled {
    /// The bytes are no component, or the compiler fails on them.
    Invalid(String),
    /// It takes longer than anybody waits.
    TooSlow,
}

/// A component on its way, or there: whoever comes later waits for the same one.
#[derive(Default)]
struct Compiling {
    outcome: Mutex<Option<Result<Component, NotCompiled>>>,
    news: Condvar,
}

impl Compiling {
    fn done(&self, outcome: Result<Component, NotCompiled>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.news.notify_all();
    }

    fn wait(&self, time: Duration) -> Result<Component, NotCompiled> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.news.wait_timeout_while(outcome, time, |outcome| outcome.is_none());
        let (outcome, _) = waited.unwrap_or_else(PoisonError::into_inner);
        outcome.clone().unwrap_or(Err(NotCompiled::TooSlow))
    }

    /// Bytes of machine code; of one that is still being compiled, none.
    fn bytes(&self) -> usize {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Ok(component)) = &*outcome else { return 0 };
        let image = component.image_range();
        image.end as usize - image.start as usize
    }
}

/// The component of `bytes`, compiled unless it was before.
pub(crate) fn component(
    engine: &Engine,
    limits: &'static Limits,
    bytes: &[u8],
) -> Result<Component, NotCompiled> {
    within(Duration::from_secs(limits.compile_seconds), engine, limits, bytes)
}

/// Whether these bytes are compiled already, or somebody waits for them.
pub(crate) fn is_known(limits: &'static Limits, bytes: &[u8]) -> bool {
    let key = (limits, ContentHash::of(bytes));
    known(|components| components.contains_key(&key))
}

fn within(
    time: Duration,
    engine: &Engine,
    limits: &'static Limits,
    bytes: &[u8],
) -> Result<Component, NotCompiled> {
    let key = (limits, ContentHash::of(bytes));
    let (compiling, begun) = known(|components| {
        if let Some(compiling) = components.get(&key) {
            return (Arc::clone(compiling), true);
        }
        if components.len() >= KEPT
            || components.values().map(|kept| kept.bytes()).sum::<usize>() > KEPT_BYTES
        {
            components.clear();
        }
        (Arc::clone(components.entry(key).or_default()), false)
    });
    if !begun {
        let (engine, bytes, told) = (engine.clone(), bytes.to_owned(), Arc::clone(&compiling));
        let compile = move || {
            let pool = rayon::ThreadPoolBuilder::new().thread_name(|_| "compile".to_owned()).build();
            let outcome = panics::quietly(|| match &pool {
                Ok(pool) => pool.install(|| Component::from_binary(&engine, &bytes)),
                Err(_) => Component::from_binary(&engine, &bytes),
            });
            let outcome = match outcome {
                Ok(Ok(component)) => Ok(component),
                Ok(Err(error)) => Err(NotCompiled::Invalid(error.root_cause().to_string())),
                Err(panic) => Err(NotCompiled::Invalid(format!("the compiler panicked: {panic}"))),
            };
            if outcome.is_err() {
                forget(&key);
            }
            // Whoever waited may have given up.
            told.done(outcome);
        };
        let started = thread::Builder::new().name("compile".to_owned()).spawn(compile);
        if let Err(error) = started {
            forget(&key);
            compiling.done(Err(NotCompiled::Invalid(format!("no thread can be started: {error}"))));
        }
    }
    compiling.wait(time)
}

fn forget(key: &Key) {
    known(|components| components.remove(key));
}

fn known<T>(with: impl FnOnce(&mut HashMap<Key, Arc<Compiling>>) -> T) -> T {
    let mut components = COMPONENTS.lock().unwrap_or_else(PoisonError::into_inner);
    with(components.get_or_insert_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_compiled_once() {
        let limits = &Limits::COMPILED;
        let engine = engine(limits).unwrap();
        let bytes = wat::parse_str("(component (core module (func (export \"f\"))))").unwrap();
        let (one, other) =
            (component(&engine, limits, &bytes).unwrap(), component(&engine, limits, &bytes).unwrap());
        // Two compilations have code of their own.
        assert_eq!(one.image_range(), other.image_range());
        let fresh = Component::from_binary(&engine, &bytes).unwrap();
        assert_ne!(one.image_range(), fresh.image_range());
    }

    #[test]
    fn whoever_comes_while_it_is_compiled_waits_for_the_same_component() {
        let limits = &Limits::COMPILED;
        let engine = engine(limits).unwrap();
        let functions = "(func (export \"g\"))".to_owned() + &"(func)".repeat(200);
        let bytes = wat::parse_str(format!("(component (core module {functions}))")).unwrap();
        let places: Vec<usize> = thread::scope(|scope| {
            let compile = || component(&engine, limits, &bytes).unwrap().image_range().start as usize;
            let waiting: Vec<_> = (0..4).map(|_| scope.spawn(compile)).collect();
            waiting.into_iter().map(|waiting| waiting.join().unwrap()).collect()
        });
        assert!(places.iter().all(|place| *place == places[0]));
    }

    #[test]
    fn whoever_waits_for_a_component_gives_up_in_time() {
        let limits = &Limits::COMPILED;
        let engine = engine(limits).unwrap();
        let functions = "(func (export \"f\"))".to_owned();
        let bytes = wat::parse_str(format!("(component (core module {functions} (func)))")).unwrap();
        let outcome = within(Duration::ZERO, &engine, limits, &bytes);
        assert!(matches!(outcome, Err(NotCompiled::TooSlow)), "{outcome:?}");
        assert!(component(&engine, limits, &bytes).is_ok(), "with more time it is one");
    }
}
