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
use attune_vocabulary::edits::{ActivationBits, EmbeddingBits, WeightBits};
use attune_vocabulary::{
    Embedding, EmbeddingMatrix, LinearModules, MODULE_ELEMENT_BYTES, ModelEdit as _, ModelFacts, OTHER_BYTES,
    embeddings,
};

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
    /// An exact weight has 16 bits, a group this many beside its codes; nothing counts but linear modules and what else is chosen.
    Estimated { overhead: f64 },
}

/// Which matrices outside of the layers count among the weights that the technique chooses bits for.
const COUNTED: [&[Embedding]; 3] = [&[], &Embedding::ALL, &[Embedding::Output]];

/// Edits of a plan, by what they are of.
struct Bits {
    modules: Vec<WeightBits>,
    embeddings: Vec<EmbeddingBits>,
}

impl Bits {
    /// `None` where the plan holds edits that change otherwise what is stored.
    fn of(plan: &Plan) -> Option<Self> {
        let mut bits = Self { modules: Vec::new(), embeddings: Vec::new() };
        for edit in plan.edits().iter().filter(|edit| ActivationBits::of(edit).is_none()) {
            match (WeightBits::of(edit), EmbeddingBits::of(edit)) {
                (Some(of), _) => bits.modules.push(of),
                (_, Some(of)) => bits.embeddings.push(of),
                _ => return None,
            }
        }
        Some(bits)
    }
}

/// What is counted: weights, bytes of them as the model stores them, and as a plan does.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    dense: f64,
    bytes: f64,
}

/// Counts plans of `weight-bits` and `embedding-bits`.
pub(super) struct Counter {
    modules: LinearModules,
    /// `[layer][module]`: bytes of a stored weight.
    elements: Vec<u32>,
    embeddings: Vec<EmbeddingMatrix>,
    ways: [Way; 3],
    /// Plans of the technique, with what it says that they cost.
    own: Vec<(Plan, Vec<Cost>)>,
}

impl Counter {
    /// For a technique that chooses in a space; counts nothing where the model does not say what modules it has.
    pub(super) fn of(compared: &Compared<'_>) -> Self {
        let Compared { technique, options, space, model, .. } = *compared;
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
            embeddings: matrices(model),
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
        let ways = || COUNTED.into_iter().flat_map(|counted| self.ways.map(|way| (way, counted)));
        let way = |asked: &Cost| ways().find(|&way| self.is_own(way, asked));
        let count = |asked: &Cost| self.count(way(asked)?, plan)?.into_iter().find(|cost| is_of(cost, asked));
        asked.iter().filter_map(count).collect()
    }

    /// Whether the technique counts a resource this way: the model as it is, and each of its plans that is made of bits alone.
    fn is_own(&self, way: (Way, &[Embedding]), asked: &Cost) -> bool {
        let found = |plan: &Plan| self.count(way, plan)?.into_iter().find(|cost| is_of(cost, asked));
        let dense = found(&Plan::empty());
        self.own.iter().all(|(plan, costs)| {
            let Some((said, dense)) = costs.iter().find(|cost| is_of(cost, asked)).zip(dense.as_ref()) else {
                return false;
            };
            near(said.dense, dense.dense) && found(plan).is_none_or(|found| near(said.value, found.value))
        })
    }

    /// Bits per weight and bytes under a plan of `weight-bits` and `embedding-bits`; `None` where it holds edits that change
    /// otherwise what is stored, or there are no modules.
    fn count(&self, (way, counted): (Way, &[Embedding]), plan: &Plan) -> Option<[Cost; 2]> {
        let bits = Bits::of(plan)?;
        let mut sums = self.modules(way, &bits.modules)?;
        let (mut others, mut dense_others) = match way {
            Way::Stored { others, dense_others, .. } => (others, dense_others),
            Way::Estimated { .. } => (0.0, 0.0),
        };
        for matrix in &self.embeddings {
            let edit = bits.embeddings.iter().find(|edit| edit.matrix == matrix.embedding);
            let own = embedding(way, matrix, edit);
            let exact = embedding(way, matrix, None);
            if !counted.contains(&matrix.embedding) {
                // It is among the rest, in its few bits.
                others += if others > 0.0 { own.bytes - exact.bytes } else { 0.0 };
                continue;
            }
            sums.count += own.count;
            sums.dense += own.dense;
            sums.bytes += own.bytes;
            others = (others - exact.bytes).max(0.0);
            dense_others = (dense_others - own.dense).max(0.0);
        }
        let cost = |resource: &str, unit: &str, value: f64, dense: f64| Cost {
            resource: resource.to_owned(),
            unit: unit.to_owned(),
            value,
            dense,
        };
        (sums.count > 0.0).then(|| {
            let per_weight = |bytes: f64| bytes * 8.0 / sums.count;
            [
                cost("bits", "bits/weight", per_weight(sums.bytes), per_weight(sums.dense)),
                cost("weights", "bytes", sums.bytes.round() + others, sums.dense + dense_others),
            ]
        })
    }

    /// The linear modules under a plan; `None` where the model does not say how they are stored.
    fn modules(&self, way: Way, edits: &[WeightBits]) -> Option<Sums> {
        let mut sums = Sums::default();
        let width = self.modules.modules.len();
        for (layer, of_layer) in self.modules.layers.iter().enumerate() {
            for (number, (module, matrices)) in self.modules.modules.iter().zip(of_layer).enumerate() {
                let Some(matrices) = matrices else { continue };
                let element = *self.elements.get(layer * width + number)?;
                let weights = f64::from(matrices.outputs) * f64::from(matrices.inputs);
                let exact = way.exact(weights, element);
                let all = f64::from(matrices.count);
                sums.count += weights * all;
                sums.dense += exact * all;
                let mut stored = exact * all;
                let is_here =
                    |edit: &&WeightBits| edit.layer as usize == layer && edit.module.name() == module.name;
                for edit in edits.iter().filter(is_here) {
                    let copies = if edit.expert.is_some() { 1.0 } else { all };
                    let stored_in = || edit.bytes(matrices.outputs, matrices.inputs, element);
                    let few = way.few((edit.bits, edit.group_size), weights, exact, stored_in);
                    stored -= copies * (exact - few);
                }
                sums.bytes += way.aligned(stored);
            }
        }
        Some(sums)
    }
}

impl Way {
    /// Bytes of exact weights.
    fn exact(self, weights: f64, element: u32) -> f64 {
        match self {
            Self::Stored { .. } => weights * f64::from(element),
            Self::Estimated { .. } => weights * ESTIMATED,
        }
    }

    /// Bytes of weights in so many bits and groups; `stored` says those of their file.
    fn few(self, (bits, group): (u32, u32), weights: f64, exact: f64, stored: impl Fn() -> u64) -> f64 {
        match self {
            Self::Stored { .. } => stored() as f64,
            Self::Estimated { overhead } if f64::from(bits) < 8.0 * ESTIMATED => {
                weights * (f64::from(bits) + overhead / f64::from(group.max(1))) / 8.0
            }
            Self::Estimated { .. } => exact,
        }
    }

    /// Bytes with the gap behind them.
    fn aligned(self, bytes: f64) -> f64 {
        match self {
            Self::Stored { alignment, .. } => (bytes / alignment).ceil() * alignment,
            Self::Estimated { .. } => bytes,
        }
    }
}

/// A matrix outside of the layers under an edit of it, if there is one.
fn embedding(way: Way, matrix: &EmbeddingMatrix, edit: Option<&EmbeddingBits>) -> Sums {
    let weights = f64::from(matrix.tokens) * f64::from(matrix.channels);
    let exact = way.exact(weights, matrix.element_bytes);
    let few = |edit: &EmbeddingBits| {
        let stored = || edit.bytes(matrix.tokens, matrix.channels, matrix.element_bytes);
        way.few((edit.bits, edit.group_size), weights, exact, stored)
    };
    Sums { count: weights, dense: exact, bytes: way.aligned(edit.map_or(exact, few)) }
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

/// What the model says of its embeddings; those that are stored otherwise are counted as most of its weights are.
fn matrices(model: &Facts) -> Vec<EmbeddingMatrix> {
    let usual = if ModelFacts::of(model).bytes_per_parameter >= 3.0 { 4 } else { 2 };
    let of = |matrix: EmbeddingMatrix| match matrix.element_bytes {
        0 => EmbeddingMatrix { element_bytes: usual, ..matrix },
        _ => matrix,
    };
    embeddings(model).into_iter().map(of).collect()
}

fn overhead(options: &Settings) -> f64 {
    match options.get(OVERHEAD.0) {
        Some(OptionValue::Int(bits)) => *bits as f64,
        _ => OVERHEAD.1,
    }
}

#[cfg(test)]
mod tests;
