//! The optional interface `attune:variation/operators@0.1.0`: operators with names, called beside the generated bindings of a
//! technique.

use attune_core::technique::{FailureKind, Operator, TechniqueFailure};
use wasmtime::component::{Component, ComponentExportIndex};

use crate::calls::{Calls, failed};
use crate::convert::{self, BadOutput};
use crate::optional;
use crate::wire;

const INTERFACE: &str = "attune:variation/operators@0.1.0";

/// Where a component exports the interface.
#[derive(Clone, Copy)]
pub(crate) struct Operators {
    operators: ComponentExportIndex,
    vary: ComponentExportIndex,
}

/// What the operators of a call are told beside the parents: model, options and the operator.
pub(crate) type Told<'a> = (&'a wire::ModelFacts, &'a wire::Settings, &'a str);

impl Operators {
    /// `None` for a component without it.
    pub(crate) fn find(component: &Component) -> Option<Self> {
        let interface = component.get_export_index(None, INTERFACE)?;
        let function = |name: &str| component.get_export_index(Some(&interface), name);
        Some(Self { operators: function("operators")?, vary: function("vary")? })
    }

    /// Those that the component has.
    pub(crate) fn listed(self, calls: &Calls, technique: &str) -> Result<Vec<Operator>, TechniqueFailure> {
        const CALL: &str = "operators";
        let listed: Vec<wire::Operator> =
            optional::call(calls, technique, CALL, (INTERFACE, self.operators), 0, ())?;
        convert::operators(listed)
            .map_err(|BadOutput(problem)| failed(technique, CALL, FailureKind::BadOutput(problem)))
    }

    /// A child by the operator that is named.
    pub(crate) fn vary(
        self,
        calls: &Calls,
        technique: &str,
        (model, options, operator): Told<'_>,
        parents: &[wire::Config],
        seed: u64,
    ) -> Result<wire::Config, TechniqueFailure> {
        const CALL: &str = "vary";
        let said: Result<wire::Config, String> = optional::call(
            calls,
            technique,
            CALL,
            (INTERFACE, self.vary),
            seed,
            (model, options, operator, parents, seed),
        )?;
        said.map_err(|refusal| failed(technique, CALL, FailureKind::Refused(refusal)))
    }
}
