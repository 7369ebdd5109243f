//! From the fused projection to rotated heads.

use attune_families::schema::Pairs;
use burn_tensor::{DType, Tensor, TensorData};

use super::host;
use super::norm::Norm;
use super::rotations::Rotations;
use crate::compute::Compute;

/// How a projection is laid out: sequences of equal length, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadLayout {
    pub(crate) sequences: usize,
    pub(crate) tokens: usize,
    pub(crate) kv_heads: usize,
    /// Query heads per KV head.
    pub(crate) group: usize,
    /// Channels of a query or key head.
    pub(crate) head_dim: usize,
    /// Channels of a value head.
    pub(crate) value_dim: usize,
    /// Which channels turn together.
    pub(crate) pairs: Pairs,
    /// What queries are multiplied by; `None`: one divided by the root of `head_dim`.
    pub(crate) scale: Option<f64>,
}

/// Queries `[sequences·kv_heads, group, tokens, head_dim]`, keys `[sequences·kv_heads, tokens, head_dim]` and values
/// `[sequences·kv_heads, tokens, value_dim]`; queries and keys rotated, queries scaled.
#[derive(Clone)]
pub(crate) struct Heads {
    pub(crate) queries: Tensor<4>,
    pub(crate) keys: Tensor<3>,
    pub(crate) values: Tensor<3>,
}

/// Norms of queries and keys, in families that have them.
pub(crate) struct HeadNorms<'a> {
    pub(crate) queries: Option<&'a Norm>,
    pub(crate) keys: Option<&'a Norm>,
    /// Whether they stand behind rotation.
    pub(crate) after: bool,
}

/// What depends on positions.
#[derive(Clone, Copy, Default)]
pub(crate) struct Placed<'a> {
    /// Without them, heads stay as they are.
    pub(crate) rotations: Option<&'a Rotations>,
    /// What the query of each position is multiplied by.
    pub(crate) scales: Option<&'a [f32]>,
}

/// Splits `qkv: [sequences·tokens, (heads + kv_heads)·head_dim + kv_heads·value_dim]`.
pub(crate) fn split_heads(
    compute: &Compute,
    qkv: Tensor<2>,
    layout: HeadLayout,
    norms: &HeadNorms<'_>,
    placed: Placed<'_>,
) -> Heads {
    if compute.on_host() { on_host(qkv, layout, norms, placed) } else { generic(qkv, layout, norms, placed) }
}

fn on_host(qkv: Tensor<2>, layout: HeadLayout, norms: &HeadNorms<'_>, placed: Placed<'_>) -> Heads {
    let HeadLayout { sequences, tokens, kv_heads, group, head_dim, value_dim, pairs, scale } = layout;
    let device = qkv.device();
    let heads = kv_heads * group;
    let keys_at = heads * head_dim;
    let values_at = keys_at + kv_heads * head_dim;
    let width = values_at + kv_heads * value_dim;
    let scale = scale.map_or_else(|| 1.0 / (head_dim as f32).sqrt(), |scale| scale as f32);
    let (_, [queries, keys, values]) = host::read(qkv, |source| {
        // One output row per (sequence, head, token), head by head.
        let gather = |start: usize,
                      [count, channels]: [usize; 2],
                      finish: &(dyn Fn(usize, usize, &mut [f32]) + Sync)| {
            let mut out = vec![0.0; sequences * count * tokens * channels];
            host::for_rows(&mut out, channels, |first, rows| {
                host::vectorised(
                    #[inline(always)]
                    || {
                        for (row, to) in rows.chunks_exact_mut(channels).enumerate() {
                            let (line, token) = ((first + row) / tokens, (first + row) % tokens);
                            let (sequence, head) = (line / count, line % count);
                            let from = (sequence * tokens + token) * width + start + head * channels;
                            to.copy_from_slice(&source[from..from + channels]);
                            finish(head, token, to);
                        }
                    },
                );
            });
            out
        };
        let turn = |norm: Option<&Norm>, scale: f32, (head, token): (usize, usize), row: &mut [f32]| {
            let (before, after) = if norms.after { (None, norm) } else { (norm, None) };
            if let Some(norm) = before {
                norm.row(head, row);
            }
            // A norm behind rotation would take the scale away.
            let (scale, last) = if after.is_some() { (1.0, scale) } else { (scale, 1.0) };
            let still = match placed.rotations {
                None => &mut *row,
                Some(rotations) => {
                    let (turning, still) = row.split_at_mut(rotations.channels());
                    match pairs {
                        Pairs::Halves => {
                            rotate(turning, rotations.cos(token), rotations.sin(token), scale);
                        }
                        Pairs::Neighbours => {
                            rotate_neighbours(turning, rotations.cos(token), rotations.sin(token), scale);
                        }
                    }
                    still
                }
            };
            if scale != 1.0 {
                still.iter_mut().for_each(|value| *value *= scale);
            }
            if let Some(norm) = after {
                norm.row(head, row);
                row.iter_mut().for_each(|value| *value *= last);
            }
        };
        let scale = |token: usize| placed.scales.map_or(scale, |scales| scale * scales[token]);
        [
            gather(0, [heads, head_dim], &|head, token, row| {
                turn(norms.queries, scale(token), (head, token), row);
            }),
            gather(keys_at, [kv_heads, head_dim], &|head, token, row| {
                turn(norms.keys, 1.0, (head, token), row);
            }),
            gather(values_at, [kv_heads, value_dim], &|_, _, _| {}),
        ]
    });
    Heads {
        queries: host::tensor(queries, [sequences * kv_heads, group, tokens, head_dim], &device),
        keys: host::tensor(keys, [sequences * kv_heads, tokens, head_dim], &device),
        values: host::tensor(values, [sequences * kv_heads, tokens, value_dim], &device),
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

/// Turns channel pairs `(2c, 2c + 1)`.
#[inline(always)]
fn rotate_neighbours(row: &mut [f32], cos: &[f32], sin: &[f32], scale: f32) {
    for ((pair, cos), sin) in row.chunks_exact_mut(2).zip(cos).zip(sin) {
        let (a, b) = (pair[0], pair[1]);
        pair[0] = (a * cos - b * sin) * scale;
        pair[1] = (b * cos + a * sin) * scale;
    }
}

/// The same by Burn's operations.
pub(crate) fn generic(
    qkv: Tensor<2>,
    layout: HeadLayout,
    norms: &HeadNorms<'_>,
    placed: Placed<'_>,
) -> Heads {
    let HeadLayout { sequences, tokens, kv_heads, group, head_dim, value_dim, pairs, scale } = layout;
    let heads = kv_heads * group;
    let part = |start: usize, [count, channels]: [usize; 2]| -> Tensor<4> {
        qkv.clone()
            .narrow(1, start, count * channels)
            .reshape([sequences, tokens, count, channels])
            .swap_dims(1, 2)
    };
    let keys_at = heads * head_dim;
    let values_at = keys_at + kv_heads * head_dim;
    let norm = |norm: Option<&Norm>, x: Tensor<4>| match norm {
        Some(norm) => norm.generic(x),
        None => x,
    };
    let turn = |x: Tensor<4>| {
        let Some(rotations) = placed.rotations else { return x };
        let dtype = x.dtype();
        let (cos, sin) = rotations.on_device();
        let x = x.cast(DType::F32);
        let turning = rotations.channels();
        let still = (turning < head_dim).then(|| x.clone().narrow(3, turning, head_dim - turning));
        let [a, b, c, _] = x.dims();
        let (low, high) = match pairs {
            Pairs::Halves => (x.clone().narrow(3, 0, turning / 2), x.narrow(3, turning / 2, turning / 2)),
            Pairs::Neighbours => {
                let pairs = x.narrow(3, 0, turning).reshape([a, b, c, turning / 2, 2]);
                let of = |member| pairs.clone().narrow(4, member, 1).reshape([a, b, c, turning / 2]);
                (of(0), of(1))
            }
        };
        let (cos, sin) = (cos.unsqueeze::<4>(), sin.unsqueeze::<4>());
        let first = low.clone() * cos.clone() - high.clone() * sin.clone();
        let second = high * cos + low * sin;
        let mut turned = match pairs {
            Pairs::Halves => vec![first, second],
            Pairs::Neighbours => {
                vec![Tensor::stack::<5>(vec![first, second], 4).reshape([a, b, c, turning])]
            }
        };
        turned.extend(still);
        Tensor::cat(turned, 3).cast(dtype)
    };
    let scale = scale.unwrap_or_else(|| 1.0 / (head_dim as f64).sqrt());
    let flat = |channels| [sequences * kv_heads, tokens, channels];
    let place = |weight: Option<&Norm>, x: Tensor<4>| match norms.after {
        true => norm(weight, turn(x)),
        false => turn(norm(weight, x)),
    };
    let mut queries = place(norms.queries, part(0, [heads, head_dim])) * scale;
    if let Some(scales) = placed.scales {
        let data = TensorData::new(scales.to_vec(), [1, 1, tokens, 1]);
        let scales: Tensor<4> = Tensor::from_data(data, (&queries.device(), DType::F32));
        queries = queries.clone() * scales.cast(queries.dtype());
    }
    Heads {
        queries: queries.reshape([sequences * kv_heads, group, tokens, head_dim]),
        keys: place(norms.keys, part(keys_at, [kv_heads, head_dim])).reshape(flat(head_dim)),
        values: part(values_at, [kv_heads, value_dim]).reshape(flat(value_dim)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::layer_norm::LayerNorm;
    use crate::ops::norm::RmsNorm;
    use attune_families::{Rope, Scaling};

    #[test]
    fn the_loop_agrees_with_the_operations() {
        let compute = Compute::cpu();
        let width = (6 + 2) * 8 + 2 * 5;
        let values: Vec<f32> = (0..10 * width).map(|i| ((i * 7919) % 1001) as f32 / 500.0 - 1.0).collect();
        let qkv: Tensor<2> = compute.tensor(values, [10, width]);
        let rope = Rope { base: 100.0, scaling: Scaling::None };
        let weights = |count: u8| (0..count).map(|i| 1.0 + f32::from(i)).collect::<Vec<f32>>();
        let shared = Norm::Rms(RmsNorm::new(&compute, weights(8), 1e-6));
        let own = Norm::Layer(LayerNorm::new(&compute, weights(2 * 8), Some(weights(2 * 8)), 1e-6));
        let scales = [1.0, 1.5, 2.0, 0.5, 3.0];
        for (pairs, channels) in
            [(Pairs::Halves, 8), (Pairs::Neighbours, 8), (Pairs::Halves, 4), (Pairs::Neighbours, 4)]
        {
            let scale = (channels == 4).then_some(0.3);
            let layout = HeadLayout {
                sequences: 2,
                tokens: 5,
                kv_heads: 2,
                group: 3,
                head_dim: 8,
                value_dim: 5,
                pairs,
                scale,
            };
            let rotations = Rotations::new(&compute, &rope, channels, 5);
            let each = [Some(&rotations), None]
                .into_iter()
                .flat_map(|rotations| [None, Some(&scales[..])].map(|scales| Placed { rotations, scales }));
            for (placed, after) in each.flat_map(|placed| [(placed, false), (placed, true)]) {
                let norms = HeadNorms { queries: Some(&shared), keys: Some(&own), after };
                let fast = on_host(qkv.clone(), layout, &norms, placed);
                let slow = generic(qkv.clone(), layout, &norms, placed);
                let apart = |a: Tensor<3>, b: Tensor<3>| (a - b).abs().max().into_scalar::<f32>();
                assert!((fast.queries - slow.queries).abs().max().into_scalar::<f32>() < 1e-5);
                assert!(apart(fast.keys, slow.keys) < 1e-5);
                assert!(apart(fast.values, slow.values) == 0.0);
            }
        }
    }
}
