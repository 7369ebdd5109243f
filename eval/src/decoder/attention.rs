//! Grouped-query attention over what each head sees, with a cache of any bit width.

use burn_tensor::Tensor;

use super::{Batch, Positions};
use crate::edits::{HeadView, LayerEdits};
use crate::model::Model;
use crate::ops::attend::attend;
use crate::ops::heads::{HeadLayout, HeadNorms, split_heads};

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
        let layout = HeadLayout {
            sequences: batch.sequences,
            tokens: batch.tokens,
            kv_heads: config.kv_heads,
            group: config.heads / config.kv_heads,
            head_dim: config.head_dim,
        };
        let norms = HeadNorms { queries: layer.query_norm.as_ref(), keys: layer.key_norm.as_ref() };
        let heads = split_heads(&self.compute, layer.qkv.apply(normed), layout, &norms, positions);
        let each = batch.sequences / edits.len();
        let views: Vec<HeadView> = edits
            .iter()
            .flat_map(|edits| {
                let views = edits.views(config.kv_heads, config.windows[number], batch.tokens);
                std::iter::repeat_n(views, each).flatten()
            })
            .collect();
        layer.attention_output.apply(attend(&self.compute, heads, layout, &views))
    }
}
