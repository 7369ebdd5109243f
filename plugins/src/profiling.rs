//! The optional interface `attune:profiling/damages@0.1.0`, called beside the generated bindings of a technique.

use attune_core::technique::{FailureKind, TechniqueFailure};
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Lift, Lower};

use crate::calls::{Calls, failed};
use crate::optional;

const INTERFACE: &str = "attune:profiling/damages@0.1.0";

/// Where a component exports the interface.
#[derive(Clone, Copy)]
pub(crate) struct Profiling {
    pub(crate) signals: ComponentExportIndex,
    pub(crate) damages: ComponentExportIndex,
}

impl Profiling {
    /// `None` for a component without it.
    pub(crate) fn find(component: &Component) -> Option<Self> {
        let interface = component.get_export_index(None, INTERFACE)?;
        let function = |name: &str| component.get_export_index(Some(&interface), name);
        Some(Self { signals: function("signals")?, damages: function("damages")? })
    }
}

/// Calls a function of the interface on a fresh instance.
pub(crate) fn call<P, R>(
    calls: &Calls,
    technique: &str,
    name: &'static str,
    function: ComponentExportIndex,
    arguments: P,
) -> Result<R, TechniqueFailure>
where
    P: ComponentNamedList + Lower + Send + Sync,
    R: 'static,
    (Result<R, String>,): ComponentNamedList + Lift + Send + Sync,
{
    let said: Result<R, String> =
        optional::call(calls, technique, name, (INTERFACE, function), 0, arguments)?;
    said.map_err(|refusal| failed(technique, name, FailureKind::Refused(refusal)))
}
