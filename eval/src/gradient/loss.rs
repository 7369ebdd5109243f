//! The loss, and its gradient behind the last layer.

use std::ops::Range;

use burn_tensor::{Int, Tensor, activation};

use crate::model::Model;

/// Rows whose logits are in memory at once.
pub(super) const ROWS: usize = 64;

/// Mean cross-entropy of the tokens `scored` of `ids`, nats per token, and its gradient by the last layer's output
/// `x: [tokens, hidden]`. The token at position `p` is predicted by row `p − 1`.
pub(super) fn loss_and_gradient(
    model: &Model,
    x: &Tensor<2>,
    ids: &[u32],
    scored: Range<usize>,
) -> (f64, Tensor<2>) {
    let [tokens, hidden] = x.dims();
    let count = scored.len() as f64;
    let rows = scored.start - 1..scored.end - 1;
    let zeros = |rows: usize| Tensor::<2>::zeros([rows, hidden], &x.device());
    let mut total = 0.0;
    let mut parts = Vec::new();
    if rows.start > 0 {
        parts.push(zeros(rows.start));
    }
    for first in rows.clone().step_by(ROWS) {
        let part = first..(first + ROWS).min(rows.end);
        let leaf = x.clone().narrow(0, part.start, part.len()).autodiff().require_grad();
        let finished = model.weights.norm.generic(leaf.clone());
        let logits = model.logits(finished, 0, model.config.vocab);
        let next: Vec<i32> = ids[part.start + 1..part.end + 1].iter().map(|&id| id as i32).collect();
        let next: Tensor<2, Int> =
            Tensor::<1, Int>::from_data(next.as_slice(), &logits.device()).reshape([part.len(), 1]);
        let loss = activation::log_softmax(logits, 1).gather(1, next).sum().neg();
        total += f64::from(loss.clone().into_scalar::<f32>());
        let mut gradients = loss.backward();
        let gradient = leaf.grad_remove(&mut gradients);
        parts.push(gradient.unwrap_or_else(|| zeros(part.len())) / count);
    }
    if rows.end < tokens {
        parts.push(zeros(tokens - rows.end));
    }
    (total / count, Tensor::cat(parts, 0))
}
