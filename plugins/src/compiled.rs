//! One engine for the whole program, and what it has compiled, by content hash: a form that checks a technique at every key
//! compiles it once.
//!
//! Nothing is kept on disk: loading machine code from a file runs whatever is in it, outside the sandbox.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use attune_core::hash::ContentHash;
use wasmtime::component::Component;
use wasmtime::{Engine, Error};

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

/// The component of `bytes`, compiled unless it was before.
pub(crate) fn component(engine: &Engine, bytes: &[u8]) -> Result<Component, Error> {
    let hash = ContentHash::of(bytes);
    if let Some(found) = known(|components| components.get(&hash).cloned()) {
        return Ok(found);
    }
    let component = Component::from_binary(engine, bytes)?;
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
}
