//! Attention on a CPU: heads tile by tile, each with its own span and cache.

use burn_tensor::Tensor;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::HeadConfig;
use super::packed::Packed;
use super::product::LANES;
use super::tile::{Scratch, Tile};
use crate::ops::heads::{HeadLayout, Heads};
use crate::ops::host;
use crate::ops::scores::ScoreRule;

/// Queries of one task: few enough for every thread to have some, enough to share what a task sets up.
const QUERIES: usize = 4 * LANES;

/// See [`super::attend`].
pub(super) fn attend(
    heads: Heads,
    layout: HeadLayout,
    views: &[HeadConfig],
    rule: ScoreRule<'_>,
) -> Tensor<2> {
    let HeadLayout { sequences, tokens, kv_heads, group, head_dim, value_dim, .. } = layout;
    let device = heads.queries.device();
    let width = kv_heads * group * value_dim;
    let (_, packed) = host::read(heads.keys, |keys| {
        let (_, packed) = host::read(heads.values, |values| -> Vec<Packed> {
            let sides =
                keys.par_chunks_exact(tokens * head_dim).zip(values.par_chunks_exact(tokens * value_dim));
            let pack = |(view, (keys, values))| Packed::new(view, (keys, head_dim), (values, value_dim));
            views.par_iter().zip(sides).map(pack).collect()
        });
        packed
    });
    let (_, mixed) = host::read(heads.queries, |queries| {
        let mut mixed = vec![0.0; sequences * tokens * width];
        mixed.par_chunks_exact_mut(tokens * width).enumerate().for_each(|(sequence, mixed)| {
            let heads = sequence * kv_heads..(sequence + 1) * kv_heads;
            let sequence = Sequence {
                queries: &queries[heads.start * group * tokens * head_dim..],
                views: &views[heads.clone()],
                packed: &packed[heads],
                layout,
                rule,
            };
            mixed.par_chunks_mut(QUERIES * width).enumerate().for_each(|(number, mixed)| {
                pulp::Arch::new().dispatch(Task { sequence, first: number * QUERIES, mixed });
            });
        });
        mixed
    });
    host::tensor(mixed, [sequences * tokens, width], &device)
}

/// The heads of one sequence.
#[derive(Clone, Copy)]
struct Sequence<'a> {
    /// From its first one on, `[heads, tokens, head_dim]`.
    queries: &'a [f32],
    views: &'a [HeadConfig],
    packed: &'a [Packed],
    layout: HeadLayout,
    rule: ScoreRule<'a>,
}

/// Some neighbouring queries of all heads.
struct Task<'a> {
    sequence: Sequence<'a>,
    /// Position of the first query.
    first: usize,
    /// `[queries, heads·value_dim]`.
    mixed: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sequence, first, mixed } = self;
        let HeadLayout { tokens, kv_heads, group, head_dim, value_dim, .. } = sequence.layout;
        let width = kv_heads * group * value_dim;
        let mut scratch = Scratch::default();
        for (head, queries) in
            sequence.queries.chunks_exact(tokens * head_dim).take(kv_heads * group).enumerate()
        {
            for (number, mixed) in mixed.chunks_mut(LANES * width).enumerate() {
                let at = first + number * LANES;
                let tile = Tile {
                    queries,
                    head_dim,
                    value_dim,
                    first: at,
                    end: at + mixed.len() / width,
                    look: sequence.views[head / group].look,
                    packed: &sequence.packed[head / group],
                    cap: sequence.rule.cap,
                    sink: sequence.rule.sinks.map(|sinks| sinks.of(head)),
                };
                tile.run(
                    simd,
                    &mut scratch,
                    #[inline(always)]
                    |channels, sums| {
                        for (lane, row) in mixed.chunks_exact_mut(width).enumerate() {
                            let row = &mut row[head * value_dim..][channels..value_dim];
                            for (value, sums) in row.iter_mut().zip(sums) {
                                *value = sums[lane];
                            }
                        }
                    },
                );
            }
        }
    }
}
