//! Grouped-query attention over what each head sees, with a cache of any bit width.

use attune_families::Window;
use attune_families::schema::{Over, QkPlace};
use attune_vocabulary::Module;
use burn_tensor::Tensor;

use super::grouped_linear::CandidateRows;
use super::{Batch, Positions, Through, beside};
use crate::edits::LayerEdits;
use crate::model::{Layer, Linear, Model, QkNorms, Site};
use crate::ops::attend::{AttentionMask, HeadConfig, attend};
use crate::ops::heads::{HeadLayout, HeadNorms, Heads, split_heads};
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
        let product = |linear: &Linear, modules: &[Module], x: Tensor<2>| {
            self.product(linear, site(modules[0]), modules, x, &owners)
        };
        let through = Through { product: &product, ..Through::DENSE };
        let (layout, heads) = self.heads(number, normed, batch, positions, &through);
        let each = batch.sequences / edits.len();
        let views: Vec<HeadConfig> = edits
            .iter()
            .flat_map(|edits| {
                let views = edits.views(config.cache_heads(), self.mask(number), batch.tokens);
                // What a latent leaves in the cache is met by all heads that are made of it.
                let alike = config.kv_heads / config.cache_heads();
                let views = views.into_iter().flat_map(|view| std::iter::repeat_n(view, alike));
                std::iter::repeat_n(views.collect::<Vec<_>>(), each).flatten()
            })
            .collect();
        let mixed = attend(&self.compute, heads, layout, &views, self.score_rule(number));
        self.product(&layer.attention_output, site(Module::Output), &[Module::Output], mixed, &owners)
    }

    /// Rotated heads of queries, keys and values that layer `number` makes of normed rows.
    pub(super) fn heads(
        &self,
        number: usize,
        normed: Tensor<2>,
        batch: Batch,
        positions: &Positions,
        through: &Through<'_>,
    ) -> (HeadLayout, Heads) {
        let layout = self.layout(batch);
        let qkv = self.projections(number, normed, through);
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
            value_dim: config.value_dim(),
            pairs: config.pairs,
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
            sinks: self.weights.layers[number].sinks.as_ref(),
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
        let (layout, heads) = self.heads(number, normed, batch, positions, &Through::DENSE);
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
