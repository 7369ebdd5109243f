//! One engine for the whole program, and what it has compiled, by content hash: a form that checks a technique at every key
//! compiles it once.
//!
//! Nothing is kept on disk: loading machine code from a file runs whatever is in it, outside the sandbox, and a technique
//! compiles in a few tenths of a second.
//!
//! Compiling happens on threads of its own, so whoever waits can give up, and a component that is still being compiled
//! takes no processor from studies. The bounds of [`limits`] see to it that it ends.

use std::collections::HashMap;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use attune_core::hash::ContentHash;
use attune_core::panics;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::HostError;
use crate::{limits, ticker};

/// Components that are kept; beyond, all are dropped and compiled again when they are needed.
const KEPT: usize = 16;

static ENGINE: Mutex<Option<Engine>> = Mutex::new(None);
static COMPONENTS: Mutex<Option<HashMap<ContentHash, Component>>> = Mutex::new(None);

/// The engine of this program.
pub(crate) fn engine() -> Result<Engine, HostError> {
    let mut shared = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = &*shared {
        return Ok(engine.clone());
    }
    let engine = Engine::new(&limits::config()).map_err(|error| HostError::Engine(format!("{error:#}")))?;
    ticker::start(&engine)?;
    Ok(shared.insert(engine).clone())
}

/// Why there is no compiled component.
#[derive(Debug)]
pub(crate) enum NotCompiled {
    /// The bytes are no component, or the compiler fails on them.
    Invalid(String),
    /// It takes longer than anybody waits.
    TooSlow,
}

/// The component of `bytes`, compiled unless it was before.
pub(crate) fn component(engine: &Engine, bytes: &[u8]) -> Result<Component, NotCompiled> {
    within(Duration::from_secs(limits::COMPILE_SECONDS), engine, bytes)
}

fn within(time: Duration, engine: &Engine, bytes: &[u8]) -> Result<Component, NotCompiled> {
    let hash = ContentHash::of(bytes);
    if let Some(found) = known(|components| components.get(&hash).cloned()) {
        return Ok(found);
    }
    let (compiled, waiting) = mpsc::sync_channel(1);
    let (engine, bytes) = (engine.clone(), bytes.to_owned());
    let compile = move || {
        let pool = rayon::ThreadPoolBuilder::new().thread_name(|_| "compile".to_owned()).build();
        let outcome = panics::quietly(|| match &pool {
            Ok(pool) => pool.install(|| Component::from_binary(&engine, &bytes)),
            Err(_) => Component::from_binary(&engine, &bytes),
        });
        // Whoever waited may have given up.
        drop(compiled.send(outcome));
    };
    let started = thread::Builder::new().name("compile".to_owned()).spawn(compile);
    started.map_err(|error| NotCompiled::Invalid(format!("no thread can be started: {error}")))?;
    let component = match waiting.recv_timeout(time) {
        Ok(Ok(Ok(component))) => component,
        Ok(Ok(Err(error))) => return Err(NotCompiled::Invalid(error.root_cause().to_string())),
        Ok(Err(panic)) => return Err(NotCompiled::Invalid(format!("the compiler panicked: {panic}"))),
        Err(_) => return Err(NotCompiled::TooSlow),
    };
    known(|components| {
        if components.len() >= KEPT {
            components.clear();
        }
        components.insert(hash, component.clone());
    });
    Ok(component)
}

fn known<T>(with: impl FnOnce(&mut HashMap<ContentHash, Component>) -> T) -> T {
    let mut components = COMPONENTS.lock().unwrap_or_else(PoisonError::into_inner);
    with(components.get_or_insert_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_compiled_once() {
        let engine = engine().unwrap();
        let bytes = wat::parse_str("(component (core module (func (export \"f\"))))").unwrap();
        let (one, other) = (component(&engine, &bytes).unwrap(), component(&engine, &bytes).unwrap());
        // Two compilations have code of their own.
        assert_eq!(one.image_range(), other.image_range());
        let fresh = Component::from_binary(&engine, &bytes).unwrap();
        assert_ne!(one.image_range(), fresh.image_range());
    }

    #[test]
    fn whoever_waits_for_a_component_gives_up_in_time() {
        let engine = engine().unwrap();
        let functions = "(func (export \"f\"))".to_owned();
        let bytes = wat::parse_str(format!("(component (core module {functions} (func)))")).unwrap();
        let outcome = within(Duration::ZERO, &engine, &bytes);
        assert!(matches!(outcome, Err(NotCompiled::TooSlow)), "{outcome:?}");
        assert!(component(&engine, &bytes).is_ok(), "with more time it is one");
    }
}
