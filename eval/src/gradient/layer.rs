//! One block of the dense model out of operations that can be differentiated.

use attune_families::schema::Scores;
use burn_tensor::{Bool, DType, IndexingUpdateOp, Tensor, activation};

use crate::decoder::{Batch, Positions, Routing, Through, near, route};
use crate::model::{Experts, FeedForward, Gated, Model, SharedExpert};
use crate::ops::activate;
use crate::ops::heads::{self, Heads};
use crate::ops::norm::Norm;
use crate::ops::rows::Routed;
use crate::ops::softmax::causal_softmax;

/// What is added inside a block: zeros, whose gradients are those of what they are added to.
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
pub(crate) enum Taps {
    /// Added to the attention weights: `[kv_heads, group·tokens, tokens]`.
    Weights(Tensor<3>),
    /// Added to keys and values where a cache would quantise them.
    Cache(CacheTaps),
}

/// Changes of what a cache holds.
pub(crate) struct CacheTaps {
    /// `[kv_heads, tokens, head_dim]`, after rotation.
    pub(super) keys: Tensor<3>,
    /// `[kv_heads, tokens, value_dim]`.
    pub(super) values: Tensor<3>,
    /// 1 where a query sees the changed position, 0 where it sees the exact one:
    /// `[1, group·tokens, tokens]`.
    pub(super) seen: Tensor<3>,
}

/// What attention met inside the block, without the taps.
pub(crate) struct Inside {
    pub(super) keys: Tensor<3>,
    pub(super) values: Tensor<3>,
    pub(super) weights: Tensor<3>,
}

/// One sequence through one block: `[tokens, hidden]` in and out.
pub(crate) fn block(
    model: &Model,
    number: usize,
    x: Tensor<2>,
    positions: &Positions,
    taps: Option<&Taps>,
) -> (Tensor<2>, Inside) {
    let layer = &model.weights.layers[number];
    let normed = |norm: Option<&Norm>, x: Tensor<2>| match norm {
        None => x,
        Some(norm) => norm.generic(x),
    };
    let entering = normed(layer.attention_norm.as_ref(), x.clone());
    let (given, inside) = attention(model, number, entering, positions, taps);
    let attended = x.clone() + model.scaled(normed(layer.after_attention_norm.as_ref(), given));
    let entering = match model.config.is_parallel() {
        true => normed(layer.entering_feed_forward(), x),
        false => normed(layer.feed_forward_norm.as_ref(), attended.clone()),
    };
    let given = match &layer.feed_forward {
        FeedForward::Dense(part) => gated(model, part, entering),
        FeedForward::Mixture(part) => mixture(model, part, entering),
    };
    (attended + model.scaled(normed(layer.after_feed_forward_norm.as_ref(), given)), inside)
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
    let layout = model.layout(Batch { sequences: 1, tokens });
    let qkv = model.projections(number, normed, &Through::DIFFERENTIABLE);
    let Heads { queries, keys, values } =
        heads::generic(qkv, layout, &layer.head_norms(), positions.of(number));
    let queries = queries.reshape([kv_heads, group * tokens, head_dim]);
    let mut scores = queries.clone().matmul(keys.clone().swap_dims(1, 2));
    if let Some(Taps::Cache(cache)) = taps {
        scores = scores + queries.matmul(cache.keys.clone().swap_dims(1, 2)) * cache.seen.clone();
    }
    let rule = (model.score_rule(number), kv_heads);
    let weights = causal_softmax(scores, 0..tokens, model.mask(number), rule);
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
        .reshape([kv_heads * group, tokens, config.value_dim()])
        .swap_dims(0, 1)
        .reshape([tokens, kv_heads * group * config.value_dim()]);
    (layer.attention_output.apply(mixed), inside)
}

fn gated(model: &Model, part: &Gated, x: Tensor<2>) -> Tensor<2> {
    let config = &model.config;
    part.down.apply(activate::generic(config.activation, config.is_gated(), part.inner.apply(x)))
}

/// The experts that the router chooses, with weights that depend on its logits; the choice itself is constant.
fn mixture(model: &Model, part: &Experts, normed: Tensor<2>) -> Tensor<2> {
    let count = part.experts.len();
    let logits = part.router.apply(normed.clone()).cast(DType::F32);
    let on_host: Vec<f32> = logits.clone().into_data().iter::<f32>().collect();
    let mut routed = vec![Routed::default(); count];
    let routing = |_| Routing { kept: None, mapping: None, per_token: part.per_token };
    route(&on_host, count, &part.rule, &routing, None, &mut |row, expert, weight| {
        routed[expert].rows.push(row as u32);
        routed[expert].weights.push(weight);
    });
    let shares = shares(part, logits, &routed);
    let device = normed.device();
    let mut sum = Tensor::zeros(normed.dims(), &device);
    for (number, (expert, routed)) in part.experts.iter().zip(routed).enumerate() {
        if routed.rows.is_empty() {
            continue;
        }
        let rows = model.compute.indices(&routed.rows);
        let entering = normed.clone().select(0, rows.clone());
        let share = shares.clone().narrow(1, number, 1).select(0, rows.clone());
        let answers = match part.rule.weighs_input {
            true => gated(model, expert, entering * share),
            false => gated(model, expert, entering) * share,
        };
        sum = sum.select_assign(0, rows, answers, IndexingUpdateOp::Add);
    }
    let Some(SharedExpert { part, gate }) = &part.shared else { return sum };
    let answer = gated(model, part, normed.clone());
    match gate {
        None => sum + answer,
        Some(gate) => sum + answer * activation::sigmoid(gate.apply(normed)),
    }
}

/// The weight of every expert, `[rows, experts]`, as a function of the router's logits; what it says of experts that a row
/// did not choose is not read.
fn shares(part: &Experts, logits: Tensor<2>, routed: &[Routed]) -> Tensor<2> {
    let [rows, count] = logits.dims();
    let mut unchosen = vec![true; rows * count];
    for (expert, routed) in routed.iter().enumerate() {
        routed.rows.iter().for_each(|&row| unchosen[row as usize * count + expert] = false);
    }
    let device = logits.device();
    let unchosen: Tensor<2, Bool> =
        Tensor::from_data(burn_tensor::TensorData::new(unchosen, [rows, count]), &device);
    let shares = match (part.rule.scores, part.rule.renormalised) {
        // Rescaled to 1, the likeliest probabilities are a softmax over the logits of the chosen.
        (Scores::Softmax, true) => activation::softmax(logits.mask_fill(unchosen, f32::NEG_INFINITY), 1),
        (Scores::Softmax, false) => activation::softmax(logits, 1),
        (Scores::Sigmoid, false) | (Scores::ChosenSigmoid, _) => activation::sigmoid(logits),
        (Scores::SparseMixer { .. }, _) => sparsemixer_shares(part, logits),
        (Scores::Sigmoid, true) => {
            let chosen = activation::sigmoid(logits).mask_fill(unchosen, 0.0);
            chosen.clone() / (chosen.sum_dim(1) + 1e-20)
        }
    };
    match part.rule.scale {
        None => shares,
        Some(scale) => shares * scale,
    }
}

/// The weights of SparseMixer: for each of the two choices a softmax over the logits that were near the best one.
fn sparsemixer_shares(part: &Experts, logits: Tensor<2>) -> Tensor<2> {
    let [rows, count] = logits.dims();
    let device = logits.device();
    let on_host: Vec<f32> = logits.clone().into_data().iter::<f32>().collect();
    let mut left: Vec<Vec<usize>> = vec![(0..count).collect(); rows];
    let mut shares = Tensor::zeros([rows, count], &device);
    for _ in 0..part.per_token {
        let (mut far, mut others) = (vec![true; rows * count], vec![true; rows * count]);
        for (row, left) in left.iter_mut().enumerate() {
            let Some((best, near)) = near(&on_host[row * count..][..count], left, part.rule.sparsemixer_eps)
            else {
                continue;
            };
            near.iter().for_each(|expert| far[row * count + expert] = false);
            others[row * count + best] = false;
            left.retain(|&expert| expert != best);
        }
        let mask = |values: Vec<bool>| -> Tensor<2, Bool> {
            Tensor::from_data(burn_tensor::TensorData::new(values, [rows, count]), &device)
        };
        let near = activation::softmax(logits.clone().mask_fill(mask(far), f32::NEG_INFINITY), 1);
        shares = shares + near.mask_fill(mask(others), 0.0);
    }
    shares
}
