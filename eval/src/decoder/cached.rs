//! The forward token by token, with keys and values of earlier tokens kept: what generation runs on.

use burn_tensor::Tensor;

use super::{Batch, Positions, Through, beside};
use crate::edits::LayerEdits;
use crate::model::Model;
use crate::ops::heads::Heads;
use crate::ops::softmax::causal_softmax;

/// Keys and values of every layer of the dense model, for sequences that grow together.
pub(crate) struct Caches {
    sequences: usize,
    /// Tokens that are kept.
    tokens: usize,
    /// Keys `[sequences·kv_heads, tokens, head_dim]` and values `[sequences·kv_heads, tokens, value_dim]`; what latents give is
    /// kept expanded.
    layers: Vec<Option<(Tensor<3>, Tensor<3>)>>,
}

impl Caches {
    pub(crate) fn new(sequences: usize, layers: usize) -> Self {
        Self { sequences, tokens: 0, layers: vec![None; layers] }
    }
}

impl Model {
    /// Continues every sequence by as many tokens each: `ids` are sequence after sequence, and `positions` those of
    /// the longest sequence that will be asked for. Returns the last norm of every sequence's last token:
    /// `[sequences, hidden]`.
    pub(crate) fn continue_with(&self, caches: &mut Caches, ids: &[u32], positions: &Positions) -> Tensor<2> {
        let batch = Batch { sequences: caches.sequences, tokens: ids.len() / caches.sequences };
        let positions = positions.part(caches.tokens, batch.tokens);
        let mut x = self.embed(ids);
        for number in 0..self.config.layers {
            let layer = &self.weights.layers[number];
            let (kept, normed) = beside(layer.attention_norm.as_ref(), x);
            let given = self.cached_attention(number, normed, batch, caches, &positions);
            let entered = self.config.is_parallel().then(|| kept.clone());
            let x_attended = kept + self.added(layer.after_attention_norm.as_ref(), given);
            x = self.feed_forward(number, x_attended, entered, batch, &[&LayerEdits::default()], None);
        }
        caches.tokens += batch.tokens;
        let hidden = self.config.hidden;
        let last = x
            .reshape([batch.sequences, batch.tokens, hidden])
            .narrow(1, batch.tokens - 1, 1)
            .reshape([batch.sequences, hidden]);
        self.finish(last)
    }

    fn cached_attention(
        &self,
        number: usize,
        normed: Tensor<2>,
        batch: Batch,
        caches: &mut Caches,
        positions: &Positions,
    ) -> Tensor<2> {
        let (config, layer) = (&self.config, &self.weights.layers[number]);
        let group = config.heads / config.kv_heads;
        let Batch { sequences, tokens } = batch;
        let (_, Heads { queries, keys, values }) =
            self.heads(number, normed, batch, positions, &Through::DENSE);
        let (keys, values) = match caches.layers[number].take() {
            None => (keys, values),
            Some((old_keys, old_values)) => {
                (Tensor::cat(vec![old_keys, keys], 1), Tensor::cat(vec![old_values, values], 1))
            }
        };
        caches.layers[number] = Some((keys.clone(), values.clone()));
        let heads = sequences * config.kv_heads;
        let asked = queries.reshape([heads, group * tokens, config.head_dim]);
        let asking = caches.tokens..caches.tokens + tokens;
        let rule = (self.score_rule(number), config.kv_heads);
        let scores = asked.matmul(keys.swap_dims(1, 2));
        let weights = causal_softmax(scores, asking, self.mask(number), rule);
        let mixed = weights
            .matmul(values)
            .reshape([sequences, config.heads, tokens, config.value_dim()])
            .swap_dims(1, 2)
            .reshape([sequences * tokens, config.heads * config.value_dim()]);
        layer.attention_output.apply(mixed)
    }
}
