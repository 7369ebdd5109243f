//! Plans, checked against a model and sorted by layer: what the forward looks up.

mod activation_bits;
mod attention_span;
mod drop_block;
mod embedding_bits;
mod experts;
mod experts_per_token;
mod honour;
mod keep_experts;
mod key_maxima;
mod kv_bits;
mod matrix;
mod merge_experts;
mod modules;
mod route_experts;
mod silence_experts;
mod watch;
mod weight_bits;

pub(crate) use activation_bits::InputGrids;
pub(crate) use embedding_bits::EmbeddingLevels;
pub(crate) use honour::{NATIVE, kinds};
pub(crate) use key_maxima::KeyMaxima;
pub(crate) use matrix::ExpertMatrix;
pub(crate) use modules::{Codes, Level, ModuleLevels};
pub(crate) use watch::{Watch, Watched};

use std::sync::Arc;

use attune_core::evaluator::EvalFailure;
use attune_core::hash::ContentHash;
use attune_core::plan::{Edit, Plan};
use attune_families::DecoderConfig;
use attune_vocabulary::edits::{AttentionSpan, KvBits};
use attune_vocabulary::{ChannelOrder, layer};

use crate::ops::attend::{AttentionMask, Cache, HeadConfig};
use crate::ops::quantise::Grid;

/// The edits of every layer. Edits that change nothing (all experts, 16 bits, the identity) are gone, so that layers
/// which compute the same compare equal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EditedModel {
    layers: Vec<LayerEdits>,
    embeddings: EmbeddingLevels,
    /// For each number of layers, a hash of the edits of that many first layers, and of the matrix that tokens enter by.
    prefixes: Vec<ContentHash>,
}

/// What is different in one layer.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct LayerEdits {
    /// Kept experts, ascending.
    pub(crate) experts: Option<Vec<usize>>,
    /// Experts that add nothing, ascending; the router chooses among all.
    pub(crate) silenced: Vec<usize>,
    /// What the experts are merged by.
    pub(crate) merging: Option<ExpertMatrix>,
    /// What the router's probabilities are mapped by.
    pub(crate) routing: Option<ExpertMatrix>,
    /// Experts per token, where it is not the model's number.
    pub(crate) per_token: Option<usize>,
    /// The cache of those KV heads whose cache is quantised, by head.
    pub(crate) caches: Vec<HeadCache>,
    /// Spans of those KV heads that do not attend fully.
    pub(crate) spans: Vec<AttentionSpan>,
    /// Modules with weights in few bits.
    pub(crate) weights: ModuleLevels,
    /// What enters modules in few bits.
    pub(crate) inputs: InputGrids,
    /// Halves of the block that add nothing.
    pub(crate) skipped: Skipped,
    /// Who looks at what enters modules, which changes nothing.
    pub(crate) watch: Option<Watch>,
}

/// Which halves of a block are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Skipped {
    pub(crate) attention: bool,
    pub(crate) feed_forward: bool,
}

/// The cache of one KV head.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeadCache {
    head: usize,
    /// With `kv_head: None`: where it applies is said by `head`.
    edit: KvBits,
    /// What its keys are divided by, where the edit smooths them; known after [`EditedModel::smooth`].
    scales: Option<Arc<[f32]>>,
}

impl EditedModel {
    /// The dense model.
    pub(crate) fn dense(config: &DecoderConfig) -> Self {
        let layers = vec![LayerEdits::default(); config.layers];
        let unchanged = vec![Plan::default(); config.layers];
        Self::of(layers, &unchanged, EmbeddingLevels::default())
    }

    /// The model that `plan` makes.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`] for the first edit that cannot be honoured exactly.
    pub(crate) fn new(plan: &Plan, config: &DecoderConfig) -> Result<Self, EvalFailure> {
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(honour::unsupported(other, format!("{one} changes the same place")));
        }
        let mut layers = vec![LayerEdits::default(); config.layers];
        let mut changes = vec![Plan::default(); config.layers];
        let (outside, within): (Vec<Edit>, Vec<Edit>) =
            plan.edits().iter().cloned().partition(EmbeddingLevels::has);
        let embeddings = EmbeddingLevels::of(outside.iter(), config)?;
        for edits in within.chunk_by(|one, other| layer(one) == layer(other)) {
            let changing = honour::apply(edits, config, &mut layers)?;
            if let [first, ..] = &changing[..] {
                let layer = layer(first) as usize;
                changes[layer] = Plan::from_canonical(changing.into_iter().cloned().collect());
            }
        }
        Ok(Self::of(layers, &changes, embeddings))
    }

    /// `changes` are the edits of each layer that change anything.
    fn of(layers: Vec<LayerEdits>, changes: &[Plan], embeddings: EmbeddingLevels) -> Self {
        let mut prefixes = vec![embeddings.prefix()];
        for (layer, edits) in changes.iter().enumerate() {
            prefixes.push(ContentHash::of_parts([
                prefixes[layer].as_bytes().as_slice(),
                edits.hash().as_bytes(),
            ]));
        }
        Self { layers, embeddings, prefixes }
    }

    /// Whether keys are smoothed anywhere: such a model runs after [`Self::smooth`].
    pub(crate) fn smooths(&self) -> bool {
        self.layers.iter().flat_map(|layer| &layer.caches).any(|cache| cache.edit.smoothing.is_some())
    }

    /// Sets the scales of smoothed keys.
    pub(crate) fn smooth(&mut self, maxima: &KeyMaxima) {
        for (number, layer) in self.layers.iter_mut().enumerate() {
            for cache in &mut layer.caches {
                cache.scales =
                    cache.edit.smoothing.map(|exponent| maxima.scales(number, cache.head, exponent));
            }
        }
    }

    /// Equal for plans whose edits of the first `layers` layers are written alike, apart from those that change nothing: such
    /// plans compute the same there.
    pub(crate) fn prefix(&self, layers: usize) -> ContentHash {
        self.prefixes[layers]
    }

    /// All of them, shortest first: neighbours in this order have most in common.
    pub(crate) fn prefixes(&self) -> &[ContentHash] {
        &self.prefixes
    }

    /// The levels of the matrices before the first layer and behind the last one. The latter is in no prefix: it changes no activation.
    pub(crate) fn embeddings(&self) -> &EmbeddingLevels {
        &self.embeddings
    }

    pub(crate) fn layer(&self, layer: usize) -> &LayerEdits {
        &self.layers[layer]
    }

    /// The levels of all layers.
    pub(crate) fn weights(&self) -> impl Iterator<Item = &ModuleLevels> {
        self.layers.iter().map(|layer| &layer.weights)
    }

    /// The levels of all layers: who rounds with error feedback gives them their codes before such a model runs.
    pub(crate) fn weights_mut(&mut self) -> impl Iterator<Item = &mut ModuleLevels> {
        self.layers.iter_mut().map(|layer| &mut layer.weights)
    }
}

impl LayerEdits {
    /// What each of `kv_heads` heads of the cache does in a sequence of `tokens`; `look` is what the model itself lets it see.
    pub(crate) fn views(&self, kv_heads: usize, look: AttentionMask, tokens: usize) -> Vec<HeadConfig> {
        let mut views = vec![HeadConfig { look, cache: None }; kv_heads];
        for cache in &self.caches {
            // A sink or a window that covers the sequence leaves nothing to quantise.
            if (cache.edit.sink.max(cache.edit.recent) as usize) < tokens {
                views[cache.head].cache = Some(cache.stored());
            }
        }
        for edit in &self.spans {
            let look = &mut views[edit.kv_head as usize].look;
            look.sink = edit.sink as usize;
            // A float-to-integer cast saturates, so a negative or huge span is clamped and not wrapped.
            look.span = ((edit.alpha + edit.beta * tokens as f64).floor() as usize).max(1);
        }
        views
    }
}

impl HeadCache {
    fn stored(&self) -> Cache {
        let edit = &self.edit;
        let grid = |bits, engine| {
            let (group_size, from) = (edit.group_size as usize, edit.shrink_from.unwrap_or(bits));
            (bits < 16).then_some(Grid { bits, group_size, from, scales: None, engine, interleaved: false })
        };
        let interleaved = edit.key_order == Some(ChannelOrder::Interleaved);
        let keys = grid(edit.keys, edit.key_grid);
        Cache {
            keys: keys.map(|keys| Grid { scales: self.scales.clone(), interleaved, ..keys }),
            values: grid(edit.values, edit.value_grid),
            sink: edit.sink as usize,
            recent: edit.recent as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_grow_with_the_sequence_and_never_vanish() {
        let span = |alpha, beta| {
            let spans = vec![AttentionSpan { layer: 0, kv_head: 1, sink: 2, alpha, beta }];
            LayerEdits { spans, ..LayerEdits::default() }.views(
                2,
                AttentionMask { window: 9, ..AttentionMask::FULL },
                10,
            )[1]
            .look
            .span
        };
        assert_eq!(span(3.0, 0.25), 5);
        assert_eq!(span(-100.0, 0.0), 1);
        let view = HeadConfig { look: AttentionMask { window: 9, ..AttentionMask::FULL }, cache: None };
        assert_eq!(
            LayerEdits::default().views(2, AttentionMask { window: 9, ..AttentionMask::FULL }, 10),
            [view.clone(), view]
        );
    }
}
