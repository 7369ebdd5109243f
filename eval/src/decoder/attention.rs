//! Grouped-query attention over what each head sees, with a cache of any bit width.

use attune_vocabulary::Module;
use burn_tensor::Tensor;

use super::grouped_linear::CandidateRows;
use super::{Batch, Positions};
use crate::edits::{HeadConfig, LayerEdits};
use crate::model::{Model, Site};
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
                let views = edits.views(config.kv_heads, config.windows.of(number), batch.tokens);
                std::iter::repeat_n(views, each).flatten()
            })
            .collect();
        let mixed = attend(&self.compute, heads, layout, &views);
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
        let (config, layer) = (&self.config, &self.weights.layers[number]);
        let layout = HeadLayout {
            sequences: batch.sequences,
            tokens: batch.tokens,
            kv_heads: config.kv_heads,
            group: config.heads / config.kv_heads,
            head_dim: config.head_dim,
        };
        let norms = HeadNorms { queries: layer.query_norm.as_ref(), keys: layer.key_norm.as_ref() };
        (layout, split_heads(&self.compute, qkv, layout, &norms, positions))
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
        let (_, normed) = layer.attention_norm.beside(x);
        let (layout, heads) = self.heads(number, layer.qkv.apply(normed), batch, positions);
        let HeadLayout { sequences, tokens, kv_heads, head_dim, .. } = layout;
        let keys = heads.keys.abs().reshape([sequences, kv_heads, tokens * 2, head_dim / 2]);
        keys.max_dim(2).max_dim(0).into_data().iter().collect()
    }
}
