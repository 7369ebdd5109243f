//! The built-in techniques.

use std::sync::{Mutex, PoisonError};

use attune_plugins::WasmTechnique;

use crate::error::Error;
use crate::setup;

/// The built-in techniques, compiled once: forms look at them again and again.
pub(super) fn builtins() -> Result<&'static [WasmTechnique], Error> {
    static COMPILED: Mutex<Option<&'static [WasmTechnique]>> = Mutex::new(None);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(techniques) = *compiled {
        return Ok(techniques);
    }
    let found = setup::host(setup::nowhere())?.builtins()?;
    let found: &'static [WasmTechnique] = found.leak();
    *compiled = Some(found);
    Ok(found)
}
