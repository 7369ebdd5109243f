//! From the fused projection to rotated heads.

use burn_tensor::{DType, Tensor};

use super::host;
use super::norm::RmsNorm;
use crate::compute::Compute;
use crate::decoder::Positions;

/// How a projection is laid out: sequences of equal length, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLayout {
    pub(crate) sequences: usize,
    pub(crate) tokens: usize,
    pub(crate) kv_heads: usize,
    /// Query heads per KV head.
    pub(crate) group: usize,
    pub(crate) head_dim: usize,
}

/// Queries `[sequences·kv_heads, group, tokens, head_dim]`, keys and values
/// `[sequences·kv_heads, tokens, head_dim]`; queries and keys rotated, queries divided by `√head_dim`.
#[derive(Clone)]
pub(crate) struct Heads {
    pub(crate) queries: Tensor<4>,
    pub(crate) keys: Tensor<3>,
    pub(crate) values: Tensor<3>,
}

/// Norms of queries and keys before rotation, in families that have them.
pub(crate) struct HeadNorms<'a> {
    pub(crate) queries: Option<&'a RmsNorm>,
    pub(crate) keys: Option<&'a RmsNorm>,
}

/// Splits `qkv: [sequences·tokens, (heads + 2·kv_heads)·head_dim]`.
pub(crate) fn split_heads(
    compute: &Compute,
    qkv: Tensor<2>,
    layout: HeadLayout,
    norms: &HeadNorms<'_>,
    positions: &Positions,
) -> Heads {
    if compute.on_host() {
        on_host(qkv, layout, norms, positions)
    } else {
        generic(qkv, layout, norms, positions)
    }
}

fn on_host(qkv: Tensor<2>, layout: HeadLayout, norms: &HeadNorms<'_>, positions: &Positions) -> Heads {
    let HeadLayout { sequences, tokens, kv_heads, group, head_dim } = layout;
    let device = qkv.device();
    let heads = kv_heads * group;
    let width = (heads + 2 * kv_heads) * head_dim;
    let scale = 1.0 / (head_dim as f32).sqrt();
    let (_, [queries, keys, values]) = host::read(qkv, |source| {
        // One output row per (sequence, head, token), head by head.
        let gather = |first_head: usize, count: usize, finish: &(dyn Fn(usize, &mut [f32]) + Sync)| {
            let mut out = vec![0.0; sequences * count * tokens * head_dim];
            host::for_rows(&mut out, head_dim, |first, rows| {
                host::vectorised(
                    #[inline(always)]
                    || {
                        for (row, to) in rows.chunks_exact_mut(head_dim).enumerate() {
                            let (line, token) = ((first + row) / tokens, (first + row) % tokens);
                            let (sequence, head) = (line / count, line % count);
                            let from = (sequence * tokens + token) * width + (first_head + head) * head_dim;
                            to.copy_from_slice(&source[from..from + head_dim]);
                            finish(token, to);
                        }
                    },
                );
            });
            out
        };
        let turn = |norm: Option<&RmsNorm>, scale: f32, token: usize, row: &mut [f32]| {
            if let Some(norm) = norm {
                norm.row(row);
            }
            rotate(row, positions.cos(token), positions.sin(token), scale);
        };
        [
            gather(0, heads, &|token, row| turn(norms.queries, scale, token, row)),
            gather(heads, kv_heads, &|token, row| turn(norms.keys, 1.0, token, row)),
            gather(heads + kv_heads, kv_heads, &|_, _| {}),
        ]
    });
    Heads {
        queries: host::tensor(queries, [sequences * kv_heads, group, tokens, head_dim], &device),
        keys: host::tensor(keys, [sequences * kv_heads, tokens, head_dim], &device),
        values: host::tensor(values, [sequences * kv_heads, tokens, head_dim], &device),
    }
}

/// Turns channel pairs `(c, c + head_dim/2)`, the half-split form of `transformers`.
#[inline(always)]
fn rotate(row: &mut [f32], cos: &[f32], sin: &[f32], scale: f32) {
    let (low, high) = row.split_at_mut(cos.len());
    for (((low, high), cos), sin) in low.iter_mut().zip(high).zip(cos).zip(sin) {
        let (a, b) = (*low, *high);
        *low = (a * cos - b * sin) * scale;
        *high = (b * cos + a * sin) * scale;
    }
}

fn generic(qkv: Tensor<2>, layout: HeadLayout, norms: &HeadNorms<'_>, positions: &Positions) -> Heads {
    let HeadLayout { sequences, tokens, kv_heads, group, head_dim } = layout;
    let heads = kv_heads * group;
    let part = |first: usize, count: usize| -> Tensor<4> {
        qkv.clone()
            .narrow(1, first * head_dim, count * head_dim)
            .reshape([sequences, tokens, count, head_dim])
            .swap_dims(1, 2)
    };
    let norm = |norm: Option<&RmsNorm>, x: Tensor<4>| match norm {
        Some(norm) => norm.generic(x),
        None => x,
    };
    let turn = |x: Tensor<4>| {
        let dtype = x.dtype();
        let (cos, sin) = positions.on_device();
        let x = x.cast(DType::F32);
        let low = x.clone().narrow(3, 0, head_dim / 2);
        let high = x.narrow(3, head_dim / 2, head_dim / 2);
        let (cos, sin) = (cos.unsqueeze::<4>(), sin.unsqueeze::<4>());
        let turned = vec![low.clone() * cos.clone() - high.clone() * sin.clone(), high * cos + low * sin];
        Tensor::cat(turned, 3).cast(dtype)
    };
    let scale = 1.0 / (head_dim as f64).sqrt();
    let flat = [sequences * kv_heads, tokens, head_dim];
    let queries = turn(norm(norms.queries, part(0, heads))) * scale;
    Heads {
        queries: queries.reshape([sequences * kv_heads, group, tokens, head_dim]),
        keys: turn(norm(norms.keys, part(heads, kv_heads))).reshape(flat),
        values: part(heads + kv_heads, kv_heads).reshape(flat),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Rope, Scaling};

    #[test]
    fn the_loop_agrees_with_the_operations() {
        let compute = Compute::cpu();
        let layout = HeadLayout { sequences: 2, tokens: 5, kv_heads: 2, group: 3, head_dim: 8 };
        let width = (6 + 4) * 8;
        let values: Vec<f32> = (0..10 * width).map(|i| ((i * 7919) % 1001) as f32 / 500.0 - 1.0).collect();
        let qkv: Tensor<2> = compute.tensor(values, [10, width]);
        let rope = Rope { base: 100.0, scaling: Scaling::None };
        let positions = Positions::new(&compute, &rope, 8, 5);
        let norm = RmsNorm::new(&compute, (0..8).map(|i| 1.0 + i as f32).collect(), 1e-6);
        let norms = HeadNorms { queries: Some(&norm), keys: None };
        let fast = on_host(qkv.clone(), layout, &norms, &positions);
        let slow = generic(qkv, layout, &norms, &positions);
        let apart = |a: Tensor<3>, b: Tensor<3>| (a - b).abs().max().into_scalar::<f32>();
        assert!((fast.queries - slow.queries).abs().max().into_scalar::<f32>() < 1e-5);
        assert!(apart(fast.keys, slow.keys) < 1e-5);
        assert!(apart(fast.values, slow.values) == 0.0);
    }
}
