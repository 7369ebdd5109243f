//! Plans, checked against a model and sorted by layer: what the forward looks up.

mod look;
mod matrix;
mod modules;
mod refusal;

pub(crate) use look::Look;
pub(crate) use matrix::ExpertMatrix;
pub(crate) use modules::{Level, ModuleLevels};
pub(crate) use refusal::NATIVE;

use attune_core::evaluator::EvalFailure;
use attune_core::hash::ContentHash;
use attune_core::plan::{AttentionSpan, Edit, KvBits, Plan};

use crate::model::DecoderConfig;

/// The edits of every layer. Edits that change nothing (all experts, 16 bits, the identity) are gone, so that layers
/// which compute the same compare equal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EditedModel {
    layers: Vec<LayerEdits>,
    /// For each number of layers, a hash of the edits of that many first layers.
    prefixes: Vec<ContentHash>,
}

/// What is different in one layer.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct LayerEdits {
    /// Kept experts, ascending.
    pub(crate) experts: Option<Vec<usize>>,
    /// What the experts are merged by.
    pub(crate) merging: Option<ExpertMatrix>,
    /// What the router's probabilities are mapped by.
    pub(crate) routing: Option<ExpertMatrix>,
    /// Experts per token, where it is not the model's number.
    pub(crate) per_token: Option<usize>,
    /// The cache's quantiser.
    pub(crate) cache: Option<KvBits>,
    /// Spans of those KV heads that do not attend fully.
    pub(crate) spans: Vec<AttentionSpan>,
    /// Modules with weights in few bits.
    pub(crate) weights: ModuleLevels,
}

impl EditedModel {
    /// The dense model.
    pub(crate) fn dense(config: &DecoderConfig) -> Self {
        Self::of(vec![LayerEdits::default(); config.layers])
    }

    /// The model that `plan` makes.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`] for the first edit that cannot be honoured exactly.
    pub(crate) fn new(plan: &Plan, config: &DecoderConfig) -> Result<Self, EvalFailure> {
        if let Some((one, other)) = plan.conflict() {
            let reason = format!("{} changes the same place", one.to_open());
            return Err(refusal::unsupported(other, reason));
        }
        let mut layers = vec![LayerEdits::default(); config.layers];
        for edit in plan.edits() {
            refusal::check(edit, plan, config).map_err(|reason| refusal::unsupported(edit, reason))?;
            let layer = &mut layers[edit.layer() as usize];
            let experts = config.mixture.map_or(0, |mixture| mixture.experts);
            match edit {
                Edit::KeepExperts(keep) => {
                    let all = keep.experts.len() == experts;
                    layer.experts =
                        (!all).then(|| keep.experts.iter().map(|&expert| expert as usize).collect());
                }
                Edit::KvBits(bits) => {
                    layer.cache = (bits.keys < 16 || bits.values < 16).then(|| bits.clone())
                }
                Edit::AttentionSpan(span) => layer.spans.push(span.clone()),
                // Refused above.
                Edit::CombineCheckpoints(_) => {}
                Edit::MergeExperts(merge) => layer.merging = ExpertMatrix::new(&merge.matrix, experts),
                Edit::RouteExperts(route) => layer.routing = ExpertMatrix::new(&route.matrix, experts),
                Edit::ExpertsPerToken(edit) => {
                    let usual =
                        config.mixture.is_some_and(|mixture| mixture.per_token == edit.count as usize);
                    layer.per_token = (!usual).then_some(edit.count as usize);
                }
                Edit::WeightBits(bits) => layer.weights.add(bits, config),
            }
        }
        Ok(Self::of(layers))
    }

    fn of(layers: Vec<LayerEdits>) -> Self {
        let mut prefixes = vec![ContentHash::of(b"embedding")];
        for (layer, edits) in layers.iter().enumerate() {
            // `Debug` of these plain types is a complete description; the hash never leaves the process.
            let text = format!("{edits:?}");
            prefixes.push(ContentHash::of_parts([prefixes[layer].as_bytes().as_slice(), text.as_bytes()]));
        }
        Self { layers, prefixes }
    }

    /// Equal for plans that compute the same in the first `layers` layers, and only for those.
    pub(crate) fn prefix(&self, layers: usize) -> ContentHash {
        self.prefixes[layers]
    }

    /// All of them, shortest first: neighbours in this order have most in common.
    pub(crate) fn prefixes(&self) -> &[ContentHash] {
        &self.prefixes
    }

    pub(crate) fn layer(&self, layer: usize) -> &LayerEdits {
        &self.layers[layer]
    }
}

impl LayerEdits {
    /// Whether attention computes the same of the same queries, keys and values under both.
    pub(crate) fn attends_like(&self, other: &Self) -> bool {
        self.cache == other.cache && self.spans == other.spans
    }

    /// What each KV head sees in a sequence of `tokens`.
    pub(crate) fn looks(&self, kv_heads: usize, window: Option<usize>, tokens: usize) -> Vec<Look> {
        let mut looks = vec![Look { window: window.unwrap_or(usize::MAX), ..Look::FULL }; kv_heads];
        for edit in &self.spans {
            let look = &mut looks[edit.kv_head as usize];
            look.sink = edit.sink as usize;
            // A float-to-integer cast saturates, so a negative or huge span is clamped and not wrapped.
            look.span = ((edit.alpha + edit.beta * tokens as f64).floor() as usize).max(1);
        }
        looks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_grow_with_the_sequence_and_never_vanish() {
        let span = |alpha, beta| {
            let spans = vec![AttentionSpan { layer: 0, kv_head: 1, sink: 2, alpha, beta }];
            LayerEdits { spans, ..LayerEdits::default() }.looks(2, Some(9), 10)[1].span
        };
        assert_eq!(span(3.0, 0.25), 5);
        assert_eq!(span(-100.0, 0.0), 1);
        let looks = LayerEdits::default().looks(2, Some(9), 10);
        assert_eq!(looks, [Look { window: 9, ..Look::FULL }; 2]);
    }
}
