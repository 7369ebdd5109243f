//! Techniques by name, and the host that runs them.

use std::path::Path;

use attune_plugins::{Host, LogLevel, WasmTechnique};

use super::Complaints;
use crate::error::Error;

/// A technique by built-in name or by the path of a component, relative to `base`.
///
/// # Errors
/// When it cannot be loaded.
pub fn technique(name: &str, base: &Path, complaints: Complaints) -> Result<WasmTechnique, Error> {
    let host = host(complaints)?;
    let loaded = if name.ends_with(".wasm") { host.load_file(&base.join(name)) } else { host.builtin(name) };
    Ok(loaded?)
}

/// A host that passes on what techniques complain about.
///
/// # Errors
/// When the WebAssembly engine cannot run here.
pub fn host(complaints: Complaints) -> Result<Host, Error> {
    Host::with_log(move |line| {
        if matches!(line.level, LogLevel::Warn | LogLevel::Error) {
            complaints(format!("technique {}: {}", line.technique, line.message));
        }
    })
    .map_err(Error::run)
}
