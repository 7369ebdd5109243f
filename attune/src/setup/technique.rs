//! Techniques by name, and the host that runs them.

use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "native")]
use attune_core::plan::Vocabulary;
#[cfg(feature = "native")]
use attune_core::technique::{Technique, TechniqueInfo};
use attune_plugins::{Host, WasmTechnique};

use super::Complaints;
use super::logged::passing_on;
#[cfg(feature = "native")]
use super::{EDITS, EditsTechnique, edits_info};
use crate::error::Error;

/// The technique of a study, before it is known who scores its plans.
#[cfg(feature = "native")]
pub(crate) enum Found {
    /// One that a program brings.
    Own(Arc<dyn Technique>),
    /// A component.
    Component(Box<WasmTechnique>),
    /// The one for whatever edits its evaluator brings.
    Edits,
}

/// The technique of a profile in the folder `base`.
///
/// # Errors
/// When it is a component that cannot be loaded.
#[cfg(feature = "native")]
pub(crate) fn found(name: &str, base: &Path, complaints: Complaints) -> Result<Found, Error> {
    match name {
        EDITS => Ok(Found::Edits),
        name => Ok(Found::Component(Box::new(technique(name, base, complaints)?))),
    }
}

#[cfg(feature = "native")]
impl Found {
    /// What it says about itself.
    pub(crate) fn info(&self) -> &TechniqueInfo {
        match self {
            Self::Own(own) => own.info(),
            Self::Component(component) => component.info(),
            Self::Edits => edits_info(),
        }
    }

    /// The technique, whose plans may hold the edits that this evaluator brings.
    pub(crate) fn scored_by(self, evaluator: &str, edits: &Vocabulary) -> Arc<dyn Technique> {
        match self {
            Self::Own(own) => own,
            Self::Component(component) => Arc::new(component.scored_by(evaluator, edits)),
            Self::Edits => EditsTechnique::of(evaluator, edits),
        }
    }
}

/// A technique by built-in name or by the path of a component, relative to `base`.
///
/// # Errors
/// When it cannot be loaded.
pub fn technique(name: &str, base: &Path, complaints: Complaints) -> Result<WasmTechnique, Error> {
    let host = host(complaints)?;
    let loaded = if name.ends_with(".wasm") { host.load_file(&base.join(name)) } else { host.builtin(name) };
    Ok(loaded?)
}

/// A host that passes on what techniques complain about, and how far long calls are.
///
/// # Errors
/// When the WebAssembly engine cannot run here.
pub fn host(complaints: Complaints) -> Result<Host, Error> {
    let progress = Arc::clone(&complaints);
    let host = Host::with_log(passing_on("technique", complaints));
    Ok(host.map_err(Error::run)?.telling(move |call| progress(call.to_string())))
}
