//! Calls of interfaces that a component may export or not, beside the generated bindings of a technique.

use attune_core::technique::{FailureKind, TechniqueFailure};
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Lift, Lower};

use crate::calls::{Calls, failed};
use crate::sandbox::Sandbox;

/// Calls a function of an interface, of which the name is for messages, on a fresh instance, whose random numbers of WASI follow
/// from `seed`.
pub(crate) fn call<P, R>(
    calls: &Calls,
    technique: &str,
    name: &'static str,
    (interface, function): (&'static str, ComponentExportIndex),
    seed: u64,
    arguments: P,
) -> Result<R, TechniqueFailure>
where
    P: ComponentNamedList + Lower + Send + Sync,
    R: 'static,
    (R,): ComponentNamedList + Lift + Send + Sync,
{
    let mut strange = None;
    let outcome = calls.in_sandbox(technique, name, |store: &mut Store<Sandbox>| {
        store.data_mut().seed(seed);
        let instance = calls.plugin.instance_pre().instantiate(&mut *store)?;
        let function = instance.get_typed_func::<P, (R,)>(&mut *store, function);
        let function = function.inspect_err(|error| strange = Some(format!("{error:#}")))?;
        Ok(function.call(store, arguments)?.0)
    });
    match strange {
        Some(problem) => {
            let problem = format!("the types of its export {interface} are others: {problem}");
            Err(failed(technique, name, FailureKind::WrongWorld(problem)))
        }
        None => outcome,
    }
}
