//! Grouped-query attention over what each head sees, with a cache of any bit width.

use burn_tensor::Tensor;

use super::{Batch, Positions};
use crate::edits::{HeadView, LayerEdits};
use crate::model::Model;
use crate::ops::attend::attend;
use crate::ops::heads::{HeadLayout, HeadNorms, Heads, split_heads};

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
        let config = &self.config;
        let (layout, heads) = self.heads(number, normed, batch, positions);
        let each = batch.sequences / edits.len();
        let views: Vec<HeadView> = edits
            .iter()
            .flat_map(|edits| {
                let views = edits.views(config.kv_heads, config.windows[number], batch.tokens);
                std::iter::repeat_n(views, each).flatten()
            })
            .collect();
        let mixed = attend(&self.compute, heads, layout, &views);
        self.weights.layers[number].attention_output.apply(mixed)
    }

    /// Rotated heads of normed rows.
    fn heads(
        &self,
        number: usize,
        normed: Tensor<2>,
        batch: Batch,
        positions: &Positions,
    ) -> (HeadLayout, Heads) {
        let (config, layer) = (&self.config, &self.weights.layers[number]);
        let layout = HeadLayout {
            sequences: batch.sequences,
            tokens: batch.tokens,
            kv_heads: config.kv_heads,
            group: config.heads / config.kv_heads,
            head_dim: config.head_dim,
        };
        let norms = HeadNorms { queries: layer.query_norm.as_ref(), keys: layer.key_norm.as_ref() };
        (layout, split_heads(&self.compute, layer.qkv.apply(normed), layout, &norms, positions))
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
        let (_, normed) = self.weights.layers[number].attention_norm.beside(x);
        let (layout, heads) = self.heads(number, normed, batch, positions);
        let HeadLayout { sequences, tokens, kv_heads, head_dim, .. } = layout;
        let keys = heads.keys.abs().reshape([sequences, kv_heads, tokens * 2, head_dim / 2]);
        keys.max_dim(2).max_dim(0).into_data().iter().collect()
    }
}
