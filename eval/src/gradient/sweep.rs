//! From the loss back through all layers.

use std::ops::Range;

use burn_tensor::{Gradients, Tensor};

use super::layer::{CacheTaps, Inside, Taps, block};
use super::loss::loss_and_gradient;
use crate::decoder::{Batch, Positions};
use crate::edits::EditedModel;
use crate::model::Model;

/// Whose gradients are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish {
    /// Those of attention weights.
    Weights,
    /// Those of keys and values, as far as queries see them through a cache that keeps the first `sink` positions
    /// and the last `recent` ones, the query's own included, exact.
    Cache { sink: usize, recent: usize },
}

/// What attention of one layer met, and the gradients of the loss by it.
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
pub(crate) enum Attended {
    /// Weights `[kv_heads, group·tokens, tokens]`.
    Weights { weights: Tensor<3>, gradient: Tensor<3> },
    /// Keys after rotation and values, `[kv_heads, tokens, head_dim]`.
    Cache { keys: Tensor<3>, values: Tensor<3>, key_gradient: Tensor<3>, value_gradient: Tensor<3> },
}

/// Runs the dense model on one sequence and its loss back through all layers, the last one first. `visit` gets each
/// layer's own gradients. Returns the mean cross-entropy of the tokens `scored`, nats per token.
pub(crate) fn sweep(
    model: &Model,
    ids: &[u32],
    scored: Range<usize>,
    positions: &Positions,
    wish: Wish,
    visit: &mut dyn FnMut(usize, Attended),
) -> f64 {
    let dense = EditedModel::dense(&model.config);
    let batch = Batch { sequences: 1, tokens: ids.len() };
    let mut inputs = Vec::with_capacity(model.config.layers);
    let mut x = model.embed(ids);
    for number in 0..model.config.layers {
        inputs.push(x.clone());
        x = model.layer(number, x, batch, &[dense.layer(number)], positions, None);
    }
    let (loss, mut gradient) = loss_and_gradient(model, &x, ids, scored);
    while let Some(x) = inputs.pop() {
        let number = inputs.len();
        let x = x.autodiff().require_grad();
        let taps = taps(model, &x, wish);
        let (out, inside) = block(model, number, x.clone(), positions, Some(&taps));
        let mut gradients = (out * gradient).sum().backward();
        let Inside { keys, values, weights } = inside;
        let attended = match &taps {
            Taps::Weights(change) => Attended::Weights {
                weights: weights.without_autodiff(),
                gradient: of(change, &mut gradients),
            },
            Taps::Cache(cache) => Attended::Cache {
                keys: keys.without_autodiff(),
                values: values.without_autodiff(),
                key_gradient: of(&cache.keys, &mut gradients),
                value_gradient: of(&cache.values, &mut gradients),
            },
        };
        gradient = of(&x, &mut gradients);
        visit(number, attended);
    }
    loss
}

/// The gradient by a leaf; 0 where the loss does not depend on it.
fn of<const D: usize>(leaf: &Tensor<D>, gradients: &mut Gradients) -> Tensor<D> {
    let zeros = || Tensor::zeros(leaf.dims(), &leaf.device().without_autodiff());
    leaf.grad_remove(gradients).unwrap_or_else(zeros)
}

fn taps(model: &Model, x: &Tensor<2>, wish: Wish) -> Taps {
    let config = &model.config;
    let (tokens, device) = (x.dims()[0], x.device());
    let leaf = |shape: [usize; 3]| Tensor::<3>::zeros(shape, &device).require_grad();
    match wish {
        Wish::Weights => {
            let lines = config.heads / config.kv_heads * tokens;
            Taps::Weights(leaf([config.kv_heads, lines, tokens]))
        }
        Wish::Cache { sink, recent } => {
            let shape = |channels| [config.kv_heads, tokens, channels];
            let seen = seen(model, tokens, sink, recent);
            let (keys, values) = (leaf(shape(config.head_dim)), leaf(shape(config.value_dim())));
            Taps::Cache(CacheTaps { keys, values, seen })
        }
    }
}

/// 1 where a query of a sequence of `tokens` sees a position through the cache's quantiser, else 0:
/// `[1, group·tokens, tokens]`.
pub(super) fn seen(model: &Model, tokens: usize, sink: usize, recent: usize) -> Tensor<3> {
    let lines = model.config.heads / model.config.kv_heads * tokens;
    let value = |line: usize, key: usize| key >= sink && key + recent <= line % tokens;
    let values =
        (0..lines).flat_map(|line| (0..tokens).map(move |key| f32::from(u8::from(value(line, key)))));
    model.compute.float32(values.collect(), [1, lines, tokens])
}
