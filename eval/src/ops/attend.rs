//! Attention of many candidates in one pass: spans and caches are parameters of each head of each sequence.
//!
//! Two bodies: tiles of queries on a CPU, blocks of Burn operations elsewhere. Levels, sinks, windows and spans go
//! through both as one number per head, so that candidates with different edits share every launch.

mod attention_mask;
mod blocks;
mod head_config;
mod packed;
mod product;
mod seen;
mod tile;
mod tiles;

pub(crate) use attention_mask::AttentionMask;
pub(crate) use head_config::{Cache, HeadConfig};

use burn_tensor::Tensor;

use super::heads::{HeadLayout, Heads};
use super::scores::ScoreRule;
use crate::compute::Compute;

/// What heads attend to, mixed: `[sequences·tokens, heads·value_dim]`. `views` has one entry per KV head of each
/// sequence, sequence by sequence.
pub(crate) fn attend(
    compute: &Compute,
    heads: Heads,
    layout: HeadLayout,
    views: &[HeadConfig],
    rule: ScoreRule<'_>,
) -> Tensor<2> {
    if compute.on_host() {
        tiles::attend(heads, layout, views, rule)
    } else {
        blocks::attend(compute, heads, layout, views, rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::quantise::Grid;
    use crate::ops::scores::Sinks;

    fn made(compute: &Compute, layout: HeadLayout) -> Heads {
        let HeadLayout { sequences, tokens, kv_heads, group, head_dim, value_dim, .. } = layout;
        let values = |count: usize, seed: usize| -> Vec<f32> {
            (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 500.0 - 2.0).collect()
        };
        let rows = sequences * kv_heads;
        let kv = rows * tokens * head_dim;
        Heads {
            queries: compute.tensor(values(kv * group, 1), [rows, group, tokens, head_dim]),
            keys: compute.tensor(values(kv, 2), [rows, tokens, head_dim]),
            values: compute.tensor(values(rows * tokens * value_dim, 3), [rows, tokens, value_dim]),
        }
    }

    fn layout(tokens: usize) -> HeadLayout {
        let pairs = attune_families::schema::Pairs::Halves;
        HeadLayout {
            sequences: 3,
            tokens,
            kv_heads: 2,
            group: 3,
            head_dim: 12,
            value_dim: 12,
            pairs,
            scale: None,
        }
    }

    fn views() -> Vec<HeadConfig> {
        let grid = |bits, group_size| {
            Some(Grid { bits, group_size, from: bits, scales: None, engine: None, interleaved: false })
        };
        let smooth = Grid {
            scales: Some((1..13).map(|i| i as f32 / 4.0).collect()),
            from: 16,
            bits: 2,
            group_size: 6,
            engine: None,
            interleaved: true,
        };
        let engine = Some(Grid { engine: Some(attune_vocabulary::CacheGrid::Fp8E4m3), ..smooth.clone() });
        let cache = |keys, values, sink, recent| Some(Cache { keys, values, sink, recent });
        let look = |window, sink, span| AttentionMask { window, sink, span, ..AttentionMask::FULL };
        let chunked = AttentionMask { chunk: 11, ..look(usize::MAX, 2, 9) };
        vec![
            HeadConfig { look: AttentionMask::FULL, cache: None },
            HeadConfig { look: AttentionMask::FULL, cache: cache(grid(2, 12), grid(3, 4), 3, 7) },
            HeadConfig { look: look(usize::MAX, 2, 5), cache: cache(grid(4, 4), engine, 0, 0) },
            HeadConfig { look: chunked, cache: cache(grid(2, 12), None, 12, 3) },
            HeadConfig { look: look(usize::MAX, 4, 20), cache: cache(None, grid(1, 6), 10, 1) },
            HeadConfig { look: look(25, 40, 1), cache: cache(Some(smooth), grid(2, 12), 1, 40) },
        ]
    }

    #[test]
    fn tiles_agree_with_blocks_whatever_heads_see() {
        let compute = Compute::cpu();
        for tokens in [1, 16, 53] {
            let layout = layout(tokens);
            let heads = made(&compute, layout);
            let sinks = Sinks::new(&compute, vec![0.3, -1.0, 2.0, 0.0, 9.0, -20.0]);
            let plain = ScoreRule::default();
            let mut met: Vec<Tensor<2>> = Vec::new();
            for rule in
                [plain, ScoreRule { cap: Some(3.0), ..plain }, ScoreRule { sinks: Some(&sinks), ..plain }]
            {
                let fast = tiles::attend(heads.clone(), layout, &views(), rule);
                let slow = blocks::attend(&compute, heads.clone(), layout, &views(), rule);
                let apart = (fast.clone() - slow).abs().max().into_scalar::<f32>();
                assert!(apart < 1e-5, "{tokens} tokens, {rule:?}: {apart}");
                for other in &met {
                    let changed = (fast.clone() - other.clone()).abs().max().into_scalar::<f32>();
                    assert!(tokens == 1 || changed > 1e-3, "{rule:?} changes nothing");
                }
                met.push(fast);
            }
        }
    }

    #[test]
    fn values_may_be_narrower_or_wider_than_keys() {
        let compute = Compute::cpu();
        // Groups of channels divide either width.
        let mut views = views();
        for view in &mut views {
            let side = view.cache.as_mut().map(|cache| &mut cache.values);
            if let Some(Some(grid)) = side {
                grid.group_size = 5;
            }
        }
        for value_dim in [5, 20] {
            let layout = HeadLayout { value_dim, ..layout(37) };
            let heads = made(&compute, layout);
            let fast = tiles::attend(heads.clone(), layout, &views, ScoreRule::default());
            let slow = blocks::attend(&compute, heads, layout, &views, ScoreRule::default());
            assert_eq!(fast.dims(), [3 * 37, 6 * value_dim]);
            let apart = (fast - slow).abs().max().into_scalar::<f32>();
            assert!(apart < 1e-5, "{value_dim}: {apart}");
        }
    }

    #[test]
    fn a_head_is_the_same_to_the_bit_in_any_company() {
        let compute = Compute::cpu();
        let layout = layout(53);
        let heads = made(&compute, layout);
        let together = tiles::attend(heads.clone(), layout, &views(), ScoreRule::default()).into_data();
        let together: Vec<f32> = together.iter().collect();
        let size = 53 * 6 * 12;
        for sequence in 0..3 {
            let alone = Heads {
                queries: heads.queries.clone().narrow(0, 2 * sequence, 2),
                keys: heads.keys.clone().narrow(0, 2 * sequence, 2),
                values: heads.values.clone().narrow(0, 2 * sequence, 2),
            };
            let layout = HeadLayout { sequences: 1, ..layout };
            let alone =
                tiles::attend(alone, layout, &views()[2 * sequence..][..2], ScoreRule::default()).into_data();
            let alone: Vec<f32> = alone.iter().collect();
            assert_eq!(alone, together[size * sequence..][..size]);
        }
    }
}
