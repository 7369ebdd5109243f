//! What recipes cost, counted as the technique counts its own plans.
//!
//! Two plans are of one size only where both are counted alike. A technique says what a config costs, and not how it counts that;
//! so each way of counting is tried on plans of its own, and one that does not give what the technique says is not used: no cost is
//! better than one that is counted otherwise than those beside it.

use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Plan;
use attune_core::rng;
use attune_core::technique::Cost;
use attune_vocabulary::edits::{ActivationBits, WeightBits};
use attune_vocabulary::{LinearModules, MODULE_ELEMENT_BYTES, ModelEdit as _, ModelFacts, OTHER_BYTES};

use super::Compared;

/// What exporters say of everything that is in no few bits.
const TARGET_OTHER_BYTES: &str = "target-other-bytes";
/// Multiples of bytes that tensors of the target take.
const TARGET_ALIGNMENT: &str = "target-alignment";
/// The option of techniques that estimate: bits of what a group has beside its codes. Those without it take two 16-bit numbers.
const OVERHEAD: (&str, f64) = ("overhead-bits", 32.0);
/// Bytes of an exact weight in estimates.
const ESTIMATED: f64 = 2.0;
/// Configs of the technique that ways of counting are tried on.
const DRAWS: u64 = 4;

/// A way of counting.
#[derive(Clone, Copy)]
enum Way {
    /// Bytes of files: codes, scales and padding as the grid of the edit has them, exact weights as the model stores them, tensors
    /// in whole multiples of so many bytes, and that much for everything else, in the target's files and in the model's own.
    Stored { alignment: f64, others: f64, dense_others: f64 },
    /// An exact weight has 16 bits, a group this many beside its codes; nothing but linear modules counts.
    Estimated { overhead: f64 },
}

/// Counts plans of `weight-bits`.
pub(super) struct Counter {
    modules: LinearModules,
    /// `[layer][module]`: bytes of a stored weight.
    elements: Vec<u32>,
    ways: [Way; 3],
    /// Plans of the technique, with what it says that they cost.
    own: Vec<(Plan, Vec<Cost>)>,
}

impl Counter {
    /// For a technique that chooses in a space; counts nothing where the model does not say what modules it has.
    pub(super) fn of(compared: &Compared<'_>) -> Self {
        let Compared { technique, options, space, model } = *compared;
        let draw = |draw| {
            let config = space.sample(&mut rng::derive(0, "costs of recipes", &[draw])).ok()?;
            let plan = technique.lower(model, options, &config).ok()?;
            Some((plan, technique.cost(model, options, &config).ok()?))
        };
        let none = LinearModules { modules: Vec::new(), layers: Vec::new() };
        let said = |fact: &str| model.values.contains_key(fact).then(|| model.count(fact) as f64);
        let dense_others = said(OTHER_BYTES).unwrap_or(0.0);
        let others = said(TARGET_OTHER_BYTES).unwrap_or(dense_others);
        let alignment = said(TARGET_ALIGNMENT).unwrap_or(1.0);
        Self {
            modules: LinearModules::of(model).unwrap_or(none),
            elements: elements(model),
            ways: [
                Way::Stored { alignment, others, dense_others },
                Way::Stored { alignment: 1.0, others: 0.0, dense_others: 0.0 },
                Way::Estimated { overhead: overhead(options) },
            ],
            own: (0..DRAWS).filter_map(draw).collect(),
        }
    }

    /// What `plan` costs, in those resources that the technique counts in a way that is known.
    pub(super) fn costs(&self, plan: &Plan) -> Vec<Cost> {
        let asked = self.own.first().map(|(_, costs)| costs.as_slice()).unwrap_or_default();
        let way = |asked: &Cost| self.ways.into_iter().find(|&way| self.is_own(way, asked));
        let count = |asked: &Cost| self.count(way(asked)?, plan)?.into_iter().find(|cost| is_of(cost, asked));
        asked.iter().filter_map(count).collect()
    }

    /// Whether the technique counts a resource this way: the model as it is, and each of its plans that is made of bits alone.
    fn is_own(&self, way: Way, asked: &Cost) -> bool {
        let found = |plan: &Plan| self.count(way, plan)?.into_iter().find(|cost| is_of(cost, asked));
        let dense = found(&Plan::empty());
        self.own.iter().all(|(plan, costs)| {
            let Some((said, dense)) = costs.iter().find(|cost| is_of(cost, asked)).zip(dense.as_ref()) else {
                return false;
            };
            near(said.dense, dense.dense) && found(plan).is_none_or(|found| near(said.value, found.value))
        })
    }

    /// Bits per weight of the linear modules and bytes under a plan of `weight-bits`; `None` where it holds edits that change
    /// otherwise what is stored, or there are no modules.
    fn count(&self, way: Way, plan: &Plan) -> Option<[Cost; 2]> {
        let stored = plan.edits().iter().filter(|edit| ActivationBits::of(edit).is_none());
        let edits: Vec<WeightBits> = stored.map(WeightBits::of).collect::<Option<_>>()?;
        let (mut count, mut dense, mut bytes) = (0.0, 0.0, 0.0);
        let width = self.modules.modules.len();
        for (layer, of_layer) in self.modules.layers.iter().enumerate() {
            for (number, (module, matrices)) in self.modules.modules.iter().zip(of_layer).enumerate() {
                let Some(matrices) = matrices else { continue };
                let element = *self.elements.get(layer * width + number)?;
                let weights = f64::from(matrices.outputs) * f64::from(matrices.inputs);
                let exact = match way {
                    Way::Stored { .. } => weights * f64::from(element),
                    Way::Estimated { .. } => weights * ESTIMATED,
                };
                let all = f64::from(matrices.count);
                count += weights * all;
                dense += exact * all;
                let mut stored = exact * all;
                let is_here =
                    |edit: &&WeightBits| edit.layer as usize == layer && edit.module.name() == module.name;
                for edit in edits.iter().filter(is_here) {
                    let copies = if edit.expert.is_some() { 1.0 } else { all };
                    let few = match way {
                        Way::Stored { .. } => edit.bytes(matrices.outputs, matrices.inputs, element) as f64,
                        Way::Estimated { overhead } if f64::from(edit.bits) < 8.0 * ESTIMATED => {
                            weights * (f64::from(edit.bits) + overhead / f64::from(edit.group_size.max(1)))
                                / 8.0
                        }
                        Way::Estimated { .. } => exact,
                    };
                    stored -= copies * (exact - few);
                }
                bytes += match way {
                    Way::Stored { alignment, .. } => (stored / alignment).ceil() * alignment,
                    Way::Estimated { .. } => stored,
                };
            }
        }
        let (others, dense_others) = match way {
            Way::Stored { others, dense_others, .. } => (others, dense_others),
            Way::Estimated { .. } => (0.0, 0.0),
        };
        let cost = |resource: &str, unit: &str, value: f64, dense: f64| Cost {
            resource: resource.to_owned(),
            unit: unit.to_owned(),
            value,
            dense,
        };
        (count > 0.0).then(|| {
            [
                cost("bits", "bits/weight", bytes * 8.0 / count, dense * 8.0 / count),
                cost("weights", "bytes", bytes.round() + others, dense + dense_others),
            ]
        })
    }
}

fn is_of(cost: &Cost, other: &Cost) -> bool {
    (&cost.resource, &cost.unit) == (&other.resource, &other.unit)
}

/// Whether both are the same but for the order in which they were summed.
fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
}

/// What the model says that a stored weight takes, else what most of its weights take, as techniques have it.
fn elements(model: &Facts) -> Vec<u32> {
    if let Some(OptionValue::Ints(said)) = model.values.get(MODULE_ELEMENT_BYTES) {
        return said.iter().map(|&bytes| u32::try_from(bytes).unwrap_or(0)).collect();
    }
    let modules = LinearModules::of(model).map_or(0, |of| of.modules.len() * of.layers.len());
    vec![if ModelFacts::of(model).bytes_per_parameter >= 3.0 { 4 } else { 2 }; modules]
}

fn overhead(options: &Settings) -> f64 {
    match options.get(OVERHEAD.0) {
        Some(OptionValue::Int(bits)) => *bits as f64,
        _ => OVERHEAD.1,
    }
}

#[cfg(test)]
mod tests;
