//! How fast the dense forward and attention are. Examples and benchmarks use this; studies do not.

use std::time::Instant;

use attune_core::evaluator::EvalFailure;
use attune_families::schema::Pairs;
use burn_tensor::Tensor;

use crate::compute::Compute;
use crate::decoder::{Batch, Positions};
use crate::edits::EditedModel;
use crate::model::Model;
use crate::native::host_parallel;
use crate::ops::attend::{AttentionMask, Cache, HeadConfig, attend};
use crate::ops::heads::{HeadLayout, Heads};
use crate::ops::quantise::Grid;
use crate::ops::scores::ScoreRule;

/// Tokens per second of `runs` forwards, logits included, of `sequences` sequences of `tokens` tokens each;
/// one warm-up run goes before. On a CPU the sequences are spread over the processors, as in a study.
///
/// # Errors
/// A failure of the device.
pub fn dense_forward(
    model: &Model,
    sequences: usize,
    tokens: usize,
    runs: usize,
) -> Result<Vec<f64>, EvalFailure> {
    let config = model.config();
    let positions = Positions::new(&model.compute, config, tokens);
    let dense = EditedModel::dense(config);
    let ids: Vec<u32> = (0..sequences * tokens).map(|at| (at * 7919 % config.vocab) as u32).collect();
    // A CPU runs sequences side by side, other devices run them as one batch.
    let (parts, batch) = if model.compute.on_host() {
        (sequences, Batch { sequences: 1, tokens })
    } else {
        (1, Batch { sequences, tokens })
    };
    let once = || {
        host_parallel::run(&model.compute, parts, |part| {
            let rows = batch.sequences * tokens;
            let mut x = model.embed(&ids[part * rows..][..rows]);
            for layer in 0..config.layers {
                x = model.layer(layer, x, batch, &[dense.layer(layer)], &positions, None);
            }
            let finished = model.finish(x);
            // In pieces of a size that stays in memory at hand; the last one is read to wait for the device.
            let mut last: Option<Tensor<2>> = None;
            for first in (0..config.vocab).step_by(PIECE) {
                last = Some(model.logits(finished.clone(), first, PIECE.min(config.vocab - first)));
            }
            Ok(last.map(|logits| logits.narrow(0, 0, 1).into_data()))
        })
    };
    once()?;
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            once()?;
            Ok((sequences * tokens) as f64 / start.elapsed().as_secs_f64())
        })
        .collect()
}

const PIECE: usize = 4096;

/// Seconds of attention alone, without its projections: of heads that attend to everything, heads with a cache of 3 bits
/// (keys) and 2 bits (values), and heads that see 4 first and 64 last positions. Best of `runs`, taken in turn.
pub fn attention(compute: &Compute, tokens: usize, head_dim: usize, runs: usize) -> [(&'static str, f64); 3] {
    let layout = HeadLayout {
        sequences: 1,
        tokens,
        kv_heads: 3,
        group: 3,
        head_dim,
        value_dim: head_dim,
        pairs: Pairs::Halves,
        scale: None,
    };
    let HeadLayout { kv_heads, group, .. } = layout;
    let values = |count: usize, seed: usize| -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0).collect()
    };
    let kv = kv_heads * tokens * head_dim;
    let queries = compute.tensor(values(kv * group, 1), [kv_heads, group, tokens, head_dim]);
    let keys: Tensor<3> = compute.tensor(values(kv, 2), [kv_heads, tokens, head_dim]);
    let heads = || Heads {
        // Tensors of their own, as a layer makes them.
        queries: queries.clone() * 1.0,
        keys: keys.clone() * 1.0,
        values: keys.clone() * 1.0,
    };
    let grid = |bits| {
        Some(Grid { bits, group_size: head_dim, from: bits, scales: None, engine: None, interleaved: false })
    };
    let cache = Cache { keys: grid(3), values: grid(2), sink: 4, recent: 32 };
    let span = AttentionMask { sink: 4, span: 64, ..AttentionMask::FULL };
    let views = [
        ("everything", HeadConfig { look: AttentionMask::FULL, cache: None }),
        ("3 and 2 bits", HeadConfig { look: AttentionMask::FULL, cache: Some(cache) }),
        ("4 first and 64 last", HeadConfig { look: span, cache: None }),
    ];
    let mut best = views.each_ref().map(|(name, _)| (*name, f64::INFINITY));
    for _ in 0..=runs {
        for ((_, view), (_, best)) in views.iter().zip(&mut best) {
            let (heads, views) = (heads(), vec![view.clone(); kv_heads]);
            let start = Instant::now();
            // Reading waits for the device.
            let _ = attend(compute, heads, layout, &views, ScoreRule::default()).into_data();
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    best
}
