//! Statistics of the dense model that techniques build baselines and damages from.

mod blocks;
mod influence;
mod kv_error;
mod probe;
mod reconstruction;
mod router;
mod subsets;

use attune_core::evaluator::{EvalFailure, Request, Split};
use attune_core::options::{OptionSpec, Settings, resolve};
use attune_core::scores::Work;
use attune_core::signal::{Measured, SignalRequest, SignalSpec};
use attune_core::technique::Signal;

use super::NativeEvaluator;
use crate::model::{DecoderConfig, Mixture};
use crate::passages::{Passages, ReadingTask};

/// Measures a signal: its values and the layer-tokens computed for them.
type Measure = fn(&NativeEvaluator, &Asked<'_>) -> Result<(Signal, u64), EvalFailure>;

/// A signal that this evaluator knows.
struct Known {
    name: &'static str,
    summary: &'static str,
    arguments: fn() -> Vec<OptionSpec>,
    measure: Measure,
}

/// In the order in which messages list them.
const KNOWN: [Known; 6] = [
    Known {
        name: router::FREQUENCY,
        summary: "Share of the top-k choices of a layer that fall on each expert.",
        arguments: Vec::new,
        measure: NativeEvaluator::routing,
    },
    Known {
        name: router::SOFT_ACTIVATION,
        summary: "Mean router probability of each expert.",
        arguments: Vec::new,
        measure: NativeEvaluator::routing,
    },
    Known {
        name: reconstruction::NAME,
        summary: "Which experts answer most like all of a layer, for every number of them.",
        arguments: Vec::new,
        measure: NativeEvaluator::reconstruction,
    },
    Known {
        name: blocks::NAME,
        summary: "How much each block, and its two halves, turn the residual stream.",
        arguments: Vec::new,
        measure: NativeEvaluator::block_influence,
    },
    Known {
        name: influence::NAME,
        summary: "What it does to the loss that no query sees what lies so many tokens back, by KV head.",
        arguments: influence::arguments,
        measure: NativeEvaluator::influence,
    },
    Known {
        name: kv_error::NAME,
        summary: "What quantising the keys or values of a KV head does to the loss, by bits.",
        arguments: kv_error::arguments,
        measure: NativeEvaluator::kv_error,
    },
];

/// Signals that are measured on passages of one length.
const OF_GRADIENTS: [&str; 2] = [influence::NAME, kv_error::NAME];

/// The signals that this evaluator measures.
pub(super) fn specs() -> Vec<SignalSpec> {
    KNOWN.iter().map(|known| SignalSpec::new(known.name, known.summary)).collect()
}

/// Those of them that can be measured on the selection data of a task.
pub(super) fn specs_on(task: &dyn ReadingTask) -> Vec<SignalSpec> {
    let even = task.passages(&Split::Selection).is_none_or(Passages::are_of_one_length);
    let mut specs = specs();
    specs.retain(|spec| even || !OF_GRADIENTS.contains(&spec.name.as_str()));
    specs
}

/// What is to be measured, on which data.
struct Asked<'a> {
    name: &'a str,
    /// Complete.
    args: Settings,
    request: Request,
}

impl Asked<'_> {
    /// The mixture that a signal of experts is measured on. Layers without experts have zeros in it.
    fn mixture<'a>(&self, config: &'a DecoderConfig) -> Result<&'a Mixture, EvalFailure> {
        let bad = || EvalFailure::BadRequest(format!("signal `{}` needs a model with experts", self.name));
        config.mixture.as_ref().ok_or_else(bad)
    }
}

impl NativeEvaluator {
    /// Measures a signal.
    pub(super) fn measure(&self, wanted: &SignalRequest, request: &Request) -> Result<Measured, EvalFailure> {
        let bad = EvalFailure::BadRequest;
        let name = wanted.name.as_str();
        let Some(known) = KNOWN.iter().find(|known| known.name == name) else {
            let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
            return Err(bad(format!(
                "signal `{name}` is not known; this evaluator measures {}",
                names.join(", ")
            )));
        };
        let args = resolve(&format!("signal `{name}`"), &(known.arguments)(), &wanted.args)
            .map_err(|error| bad(error.to_string()))?;
        let (signal, computed) = (known.measure)(self, &Asked { name, args, request: request.clone() })?;
        Ok(Measured { signal, work: Work { computed, naive: computed } })
    }
}
