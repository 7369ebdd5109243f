//! The optional interface `attune:profiling/damages@0.1.0`, called beside the generated bindings of a technique.

use attune_core::technique::{FailureKind, TechniqueFailure};
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Lift, Lower};

use crate::calls::{Calls, failed};
use crate::sandbox::Sandbox;

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
    let mut strange = None;
    let outcome = calls.in_sandbox(technique, name, |store: &mut Store<Sandbox>| {
        let instance = calls.plugin.instance_pre().instantiate(&mut *store)?;
        let function = instance.get_typed_func::<P, (Result<R, String>,)>(&mut *store, function);
        let function = function.inspect_err(|error| strange = Some(format!("{error:#}")))?;
        Ok(function.call(store, arguments)?.0)
    });
    match (outcome, strange) {
        (_, Some(problem)) => {
            let problem = format!("the types of its export {INTERFACE} are others: {problem}");
            Err(failed(technique, name, FailureKind::WrongWorld(problem)))
        }
        (Ok(Ok(said)), None) => Ok(said),
        (Ok(Err(refusal)), None) => Err(failed(technique, name, FailureKind::Refused(refusal))),
        (Err(failure), None) => Err(failure),
    }
}
