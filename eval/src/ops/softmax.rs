//! Softmax of attention scores over what each query sees.

use burn_tensor::{DType, Device, Int, Tensor, activation};

use super::{host, math};
use crate::compute::Compute;
use crate::edits::Look;

/// The scores of a run of queries: `[sequences·kv_heads, group·queries, keys]`.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    /// Position of the first query.
    pub(crate) first_query: usize,
    /// Queries in the block.
    pub(crate) queries: usize,
    /// Position of the first key.
    pub(crate) first_key: usize,
    /// One per KV head.
    pub(crate) looks: &'a [Look],
}

/// Attention weights: invisible positions get exactly 0.
pub(crate) fn visible_softmax(compute: &Compute, scores: Tensor<3>, block: Block<'_>) -> Tensor<3> {
    if compute.on_host() { on_host(scores, block) } else { generic(scores, block) }
}

fn on_host(scores: Tensor<3>, block: Block<'_>) -> Tensor<3> {
    let [_, lines, keys] = scores.dims();
    host::edit(scores, |values| {
        host::for_rows(values, keys, |first, rows| {
            host::vectorised(
                #[inline(always)]
                || {
                    for (row, scores) in rows.chunks_exact_mut(keys).enumerate() {
                        let (head, line) = ((first + row) / lines, (first + row) % lines);
                        let look = block.looks[head % block.looks.len()];
                        let query = block.first_query + line % block.queries;
                        let [sinks, local] = look.ranges(query).map(|seen| {
                            seen.start.saturating_sub(block.first_key)
                                ..seen.end.saturating_sub(block.first_key)
                        });
                        softmax_row(scores, sinks, local);
                    }
                },
            );
        });
    })
}

#[inline(always)]
fn softmax_row(scores: &mut [f32], sinks: std::ops::Range<usize>, local: std::ops::Range<usize>) {
    let top = math::max(&scores[local.clone()]).max(math::max(&scores[sinks.clone()]));
    let mut total = 0.0;
    for seen in [sinks.clone(), local.clone()] {
        total += math::map_sum(&mut scores[seen], |score| math::exp(score - top));
    }
    let scale = 1.0 / total;
    for seen in [sinks.clone(), local.clone()] {
        scores[seen].iter_mut().for_each(|weight| *weight *= scale);
    }
    scores[..sinks.start].fill(0.0);
    scores[sinks.end..local.start].fill(0.0);
    scores[local.end..].fill(0.0);
}

/// The same by Burn's operations.
pub(crate) fn generic(scores: Tensor<3>, block: Block<'_>) -> Tensor<3> {
    let [heads, lines, keys] = scores.dims();
    let (dtype, device) = (scores.dtype(), scores.device());
    let kv_heads = block.looks.len();
    let by_query = [heads / kv_heads, kv_heads, lines / block.queries, block.queries, keys];
    let hidden = hidden(block, keys, &device).unsqueeze_dims::<5>(&[0, 2]);
    let scores =
        scores.cast(DType::F32).reshape(by_query).mask_fill(hidden.expand(by_query), f32::NEG_INFINITY);
    activation::softmax(scores, 4).cast(dtype).reshape([heads, lines, keys])
}

/// What is invisible: `[kv_heads, queries, keys]`.
fn hidden(block: Block<'_>, keys: usize, device: &Device) -> Tensor<3, burn_tensor::Bool> {
    let kv_heads = block.looks.len();
    let limit = |of: &dyn Fn(&Look) -> usize| -> Tensor<3, Int> {
        let limits: Vec<i32> =
            block.looks.iter().map(|look| i32::try_from(of(look)).unwrap_or(i32::MAX)).collect();
        Tensor::<1, Int>::from_data(limits.as_slice(), device).reshape([kv_heads, 1, 1])
    };
    let full = [kv_heads, block.queries, keys];
    let (key, age) = key_and_age(block.first_query, block.queries, block.first_key, keys, device);
    let key = key.unsqueeze::<3>().expand(full);
    let age = age.unsqueeze::<3>().expand(full);
    let beyond = |of: &dyn Fn(&Look) -> usize| age.clone().greater_equal(limit(of).expand(full));
    let no_sink = key.greater_equal(limit(&|look| look.sink).expand(full));
    let future = age.clone().lower_elem(0);
    future.bool_or(beyond(&|look| look.window)).bool_or(beyond(&|look| look.span).bool_and(no_sink))
}

/// Position of each key, and how many tokens before the query it lies: `[queries, keys]` each.
pub(crate) fn key_and_age(
    first_query: usize,
    queries: usize,
    first_key: usize,
    keys: usize,
    device: &Device,
) -> (Tensor<2, Int>, Tensor<2, Int>) {
    let range = |first: usize, count: usize| Tensor::arange(first as i64..(first + count) as i64, device);
    let key = range(first_key, keys).reshape([1, keys]).expand([queries, keys]);
    let query = range(first_query, queries).reshape([queries, 1]).expand([queries, keys]);
    (key.clone(), query - key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_agrees_with_the_operations() {
        let compute = Compute::cpu();
        let (heads, group, queries, keys) = (4, 3, 5, 11);
        let values: Vec<f32> =
            (0..heads * group * queries * keys).map(|i| ((i * 7919) % 1001) as f32 / 100.0 - 5.0).collect();
        let scores: Tensor<3> = compute.tensor(values, [heads, group * queries, keys]);
        let looks = [Look { sink: 2, span: 3, ..Look::FULL }, Look { window: 7, ..Look::FULL }];
        let block = Block { first_query: 6, queries, first_key: 0, looks: &looks };
        let (fast, slow) = (on_host(scores.clone(), block), generic(scores, block));
        let sums: Vec<f32> = fast.clone().sum_dim(2).into_data().iter().collect();
        assert!(sums.into_iter().all(|sum: f32| (sum - 1.0).abs() < 1e-6));
        assert!((fast - slow).abs().max().into_scalar::<f32>() < 1e-6);
    }
}
