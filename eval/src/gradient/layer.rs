//! One block of the dense model out of operations that can be differentiated.

use burn_tensor::{DType, IndexingUpdateOp, Tensor, activation};

use crate::decoder::{Positions, Routing, route};
use crate::model::{Experts, FeedForward, Gated, Model};
use crate::ops::heads::{self, HeadLayout, HeadNorms, Heads};
use crate::ops::rows::Routed;
use crate::ops::softmax::causal_softmax;
use crate::ops::swiglu;

/// What is added inside a block: zeros, whose gradients are those of what they are added to.
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
pub(super) enum Taps {
    /// Added to the attention weights: `[kv_heads, group·tokens, tokens]`.
    Weights(Tensor<3>),
    /// Added to keys and values where a cache would quantise them.
    Cache(CacheTaps),
}

/// Changes of what a cache holds.
pub(super) struct CacheTaps {
    /// `[kv_heads, tokens, head_dim]`, after rotation.
    pub(super) keys: Tensor<3>,
    /// `[kv_heads, tokens, head_dim]`.
    pub(super) values: Tensor<3>,
    /// 1 where a query sees the changed position, 0 where it sees the exact one:
    /// `[1, group·tokens, tokens]`.
    pub(super) seen: Tensor<3>,
}

/// What attention met inside the block, without the taps.
pub(super) struct Inside {
    pub(super) keys: Tensor<3>,
    pub(super) values: Tensor<3>,
    pub(super) weights: Tensor<3>,
}

/// One sequence through one block: `[tokens, hidden]` in and out.
pub(super) fn block(
    model: &Model,
    number: usize,
    x: Tensor<2>,
    positions: &Positions,
    taps: Option<&Taps>,
) -> (Tensor<2>, Inside) {
    let layer = &model.weights.layers[number];
    let (added, inside) = attention(model, number, layer.attention_norm.generic(x.clone()), positions, taps);
    let x = x + added;
    let normed = layer.feed_forward_norm.generic(x.clone());
    let added = match &layer.feed_forward {
        FeedForward::Dense(part) => gated(part, normed),
        FeedForward::Mixture(part) => mixture(model, part, normed),
    };
    (x + added, inside)
}

fn attention(
    model: &Model,
    number: usize,
    normed: Tensor<2>,
    positions: &Positions,
    taps: Option<&Taps>,
) -> (Tensor<2>, Inside) {
    let (config, layer) = (&model.config, &model.weights.layers[number]);
    let (kv_heads, group, head_dim) = (config.kv_heads, config.heads / config.kv_heads, config.head_dim);
    let tokens = normed.dims()[0];
    let layout = HeadLayout { sequences: 1, tokens, kv_heads, group, head_dim };
    let norms = HeadNorms { queries: layer.query_norm.as_ref(), keys: layer.key_norm.as_ref() };
    let Heads { queries, keys, values } = heads::generic(layer.qkv.apply(normed), layout, &norms, positions);
    let queries = queries.reshape([kv_heads, group * tokens, head_dim]);
    let mut scores = queries.clone().matmul(keys.clone().swap_dims(1, 2));
    if let Some(Taps::Cache(cache)) = taps {
        scores = scores + queries.matmul(cache.keys.clone().swap_dims(1, 2)) * cache.seen.clone();
    }
    let weights = causal_softmax(scores, 0..tokens, config.windows.of(number));
    let inside = Inside { keys, values: values.clone(), weights: weights.clone() };
    let weights = match taps {
        Some(Taps::Weights(change)) => weights + change.clone(),
        _ => weights,
    };
    let mut mixed = weights.clone().matmul(values);
    if let Some(Taps::Cache(cache)) = taps {
        mixed = mixed + (weights * cache.seen.clone()).matmul(cache.values.clone());
    }
    let mixed = mixed
        .reshape([kv_heads * group, tokens, head_dim])
        .swap_dims(0, 1)
        .reshape([tokens, kv_heads * group * head_dim]);
    (layer.attention_output.apply(mixed), inside)
}

fn gated(part: &Gated, x: Tensor<2>) -> Tensor<2> {
    part.down.apply(swiglu::generic(part.gate_up.apply(x)))
}

/// The experts that the router chooses, with weights that depend on its logits; the choice itself is constant.
fn mixture(model: &Model, part: &Experts, normed: Tensor<2>) -> Tensor<2> {
    let count = part.experts.len();
    let logits = part.router.apply(normed.clone()).cast(DType::F32);
    let on_host: Vec<f32> = logits.clone().into_data().iter::<f32>().collect();
    let mut routed = vec![Routed::default(); count];
    let routing = |_| Routing { kept: None, mapping: None, per_token: part.per_token };
    route(&on_host, count, &routing, None, &mut |row, expert, weight| {
        routed[expert].rows.push(row as u32);
        routed[expert].weights.push(weight);
    });
    // Rescaled to 1, the likeliest probabilities are a softmax over the logits of the chosen.
    let rows = normed.dims()[0];
    let mut unchosen = vec![true; rows * count];
    for (expert, routed) in routed.iter().enumerate() {
        routed.rows.iter().for_each(|&row| unchosen[row as usize * count + expert] = false);
    }
    let device = normed.device();
    let unchosen = burn_tensor::TensorData::new(unchosen, [rows, count]);
    let shares =
        activation::softmax(logits.mask_fill(Tensor::from_data(unchosen, &device), f32::NEG_INFINITY), 1);
    let mut sum = Tensor::zeros(normed.dims(), &device);
    for (number, (expert, routed)) in part.experts.iter().zip(routed).enumerate() {
        if routed.rows.is_empty() {
            continue;
        }
        let rows = model.compute.indices(&routed.rows);
        let answers = gated(expert, normed.clone().select(0, rows.clone()));
        let share = shares.clone().narrow(1, number, 1).select(0, rows.clone());
        sum = sum.select_assign(0, rows, answers * share, IndexingUpdateOp::Add);
    }
    sum
}
