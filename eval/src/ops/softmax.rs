//! Softmax of the attention scores of the dense model, by Burn's operations alone: what gradients go through.

use std::ops::Range;

use burn_tensor::{DType, Int, Tensor};

use super::attend::AttentionMask;
use super::scores::ScoreRule;

/// Attention weights of the positions `queries` over all positions from 0: `[rows, group·queries, keys]` in and out, a row
/// being a KV head of a sequence. A query sees what `look` says; it has no sinks and no span.
pub(crate) fn causal_softmax(
    scores: Tensor<3>,
    queries: Range<usize>,
    look: AttentionMask,
    (rule, kv_heads): (ScoreRule<'_>, usize),
) -> Tensor<3> {
    let [rows, lines, keys] = scores.dims();
    let (count, dtype, device) = (queries.len(), scores.dtype(), scores.device());
    let key: Tensor<2, Int> = Tensor::arange(0..keys as i64, &device).reshape([1, keys]);
    let query: Tensor<2, Int> =
        Tensor::arange(queries.start as i64..queries.end as i64, &device).reshape([count, 1]);
    let query = query.expand([count, keys]);
    let age = query.clone() - key.expand([count, keys]);
    let limit = |tokens: usize| i32::try_from(tokens).unwrap_or(i32::MAX);
    let other_chunk = age.clone().greater(query.remainder_scalar(limit(look.chunk)));
    let hidden = age.clone().lower_elem(0).bool_or(age.greater_equal_elem(limit(look.window)));
    let hidden = hidden.bool_or(other_chunk);
    let hidden = hidden
        .reshape([1, 1, count, keys])
        .expand([rows, lines / count, count, keys])
        .reshape([rows, lines, keys]);
    let scores = rule.capped(scores.cast(DType::F32)).mask_fill(hidden, f32::NEG_INFINITY);
    rule.softmax(scores, kv_heads).cast(dtype)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::Compute;

    #[test]
    fn queries_see_themselves_and_what_their_window_holds() {
        let compute = Compute::cpu();
        let scores = |lines| compute.tensor(vec![0.0; 2 * lines * 5], [2, lines, 5]);
        let seen = |weights: Tensor<3>| -> Vec<u32> {
            weights.into_data().iter::<f32>().map(|weight| (weight * 60.0).round() as u32).collect()
        };
        let rule = (ScoreRule::default(), 2);
        // Two query heads of each row, queries 3 and 4.
        let all = seen(causal_softmax(scores(4), 3..5, AttentionMask::FULL, rule));
        assert_eq!(all[..10], [15, 15, 15, 15, 0, 12, 12, 12, 12, 12]);
        assert_eq!(all[..10], all[10..20]);
        let window = AttentionMask { window: 2, ..AttentionMask::FULL };
        let two = seen(causal_softmax(scores(2), 3..5, window, rule));
        assert_eq!(two[..10], [0, 0, 30, 30, 0, 0, 0, 0, 30, 30]);
        assert_eq!(two[..10], two[10..]);
        let chunk = AttentionMask { chunk: 4, ..AttentionMask::FULL };
        let own = seen(causal_softmax(scores(2), 3..5, chunk, rule));
        assert_eq!(own[..10], [15, 15, 15, 15, 0, 0, 0, 0, 0, 60]);
    }
}
