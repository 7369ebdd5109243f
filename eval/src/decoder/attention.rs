//! Grouped-query attention over what each head sees, with a cache of any bit width.

use attune_families::Window;
use attune_families::schema::{Over, QkPlace};
use attune_vocabulary::Module;
use burn_tensor::Tensor;

use super::grouped_linear::CandidateRows;
use super::{Batch, Positions, beside};
use crate::edits::LayerEdits;
use crate::model::{Layer, Model, QkNorms, Site};
use crate::ops::attend::{AttentionMask, HeadConfig, attend};
use crate::ops::heads::{HeadLayout, HeadNorms, Heads, split_heads};
use crate::ops::norm::Norm;
use crate::ops::scores::ScoreRule;

impl Model {
    /// The attention part of a block: normed rows in, as many for each entry of `edits`, what is added to the
    /// residual out.
    pub(super) fn attention(
        &self,
        number: usize,
        normed: Tensor<2>,
        batch: Batch,
        edits: &[&LayerEdits],
        positions: &Positions,
    ) -> Tensor<2> {
        let (config, layer) = (&self.config, &self.weights.layers[number]);
        let owners = CandidateRows::evenly(edits, batch);
        let site = |module| Site { layer: number, expert: 0, module };
        let parts = [Module::Query, Module::Key, Module::Value];
        let qkv = self.product(&layer.qkv, site(Module::Query), &parts, normed, &owners);
        let (layout, heads) = self.heads(number, qkv, batch, positions);
        let each = batch.sequences / edits.len();
        let views: Vec<HeadConfig> = edits
            .iter()
            .flat_map(|edits| {
                let views = edits.views(config.kv_heads, self.mask(number), batch.tokens);
                std::iter::repeat_n(views, each).flatten()
            })
            .collect();
        let mixed = attend(&self.compute, heads, layout, &views, self.score_rule(number));
        self.product(&layer.attention_output, site(Module::Output), &[Module::Output], mixed, &owners)
    }

    /// Rotated heads of queries, keys and values side by side.
    fn heads(
        &self,
        number: usize,
        qkv: Tensor<2>,
        batch: Batch,
        positions: &Positions,
    ) -> (HeadLayout, Heads) {
        let layout = self.layout(batch);
        let qkv = self.projections_normed(number, qkv, |norm, x| norm.beside(x).1);
        let norms = self.weights.layers[number].head_norms();
        (layout, split_heads(&self.compute, qkv, layout, &norms, positions.of(number)))
    }

    /// How projections of `batch` are laid out.
    pub(crate) fn layout(&self, batch: Batch) -> HeadLayout {
        let config = &self.config;
        HeadLayout {
            sequences: batch.sequences,
            tokens: batch.tokens,
            kv_heads: config.kv_heads,
            group: config.heads / config.kv_heads,
            head_dim: config.head_dim,
            pairs: config.family.rotation.pairs,
            scale: config.attention_scale,
        }
    }

    /// What queries of layer `number` see by the model itself.
    pub(crate) fn mask(&self, number: usize) -> AttentionMask {
        match self.config.windows.of(number) {
            None => AttentionMask::FULL,
            Some(Window::Sliding(window)) => AttentionMask { window, ..AttentionMask::FULL },
            Some(Window::Chunk(chunk)) => AttentionMask { chunk, ..AttentionMask::FULL },
        }
    }

    /// What is done to scores of layer `number` beside their scale.
    pub(crate) fn score_rule(&self, number: usize) -> ScoreRule<'_> {
        ScoreRule {
            cap: self.config.attention_cap.map(|cap| cap as f32),
            sinks: self.weights.layers[number].sinks.as_deref(),
        }
    }

    /// `qkv` with queries and keys normalised over all of their heads, and all three within bounds, in families that do that.
    pub(crate) fn projections_normed(
        &self,
        number: usize,
        qkv: Tensor<2>,
        apply: impl Fn(&Norm, Tensor<2>) -> Tensor<2>,
    ) -> Tensor<2> {
        let (q, kv) = (self.config.heads * self.config.head_dim, self.config.kv_heads * self.config.head_dim);
        let qkv = match &self.weights.layers[number].qk_norms {
            Some(QkNorms { over: Over::Projection, queries, keys, .. }) => {
                let part = |first: usize, width: usize| qkv.clone().narrow(1, first, width);
                Tensor::cat(vec![apply(queries, part(0, q)), apply(keys, part(q, kv)), part(q + kv, kv)], 1)
            }
            _ => qkv,
        };
        match self.config.clip {
            None => qkv,
            Some(bound) => qkv.clamp(-bound, bound),
        }
    }

    /// Largest magnitudes of the keys that layer `number` makes of `x`, `[kv_heads, head_dim/2]`; of the two
    /// channels that RoPE turns together, the larger.
    pub(crate) fn key_maxima(
        &self,
        number: usize,
        x: Tensor<2>,
        batch: Batch,
        positions: &Positions,
    ) -> Vec<f32> {
        let layer = &self.weights.layers[number];
        let (_, normed) = beside(layer.attention_norm.as_ref(), x);
        let (layout, heads) = self.heads(number, layer.qkv.apply(normed), batch, positions);
        let HeadLayout { sequences, tokens, kv_heads, head_dim, .. } = layout;
        let keys = heads.keys.abs().reshape([sequences, kv_heads, tokens * 2, head_dim / 2]);
        keys.max_dim(2).max_dim(0).into_data().iter().collect()
    }
}

impl Layer {
    /// Norms of queries and keys over each head, in families that have them.
    pub(crate) fn head_norms(&self) -> HeadNorms<'_> {
        match &self.qk_norms {
            Some(QkNorms { over: Over::Head | Over::EachHead, place, queries, keys }) => HeadNorms {
                queries: Some(queries),
                keys: Some(keys),
                after: *place == QkPlace::AfterRotation,
            },
            _ => HeadNorms { queries: None, keys: None, after: false },
        }
    }
}
