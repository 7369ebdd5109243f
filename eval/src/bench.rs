//! How fast the dense forward is. Examples and benchmarks use this; studies do not.

use std::time::Instant;

use attune_core::evaluator::EvalFailure;
use burn_tensor::Tensor;

use crate::decoder::{Batch, Positions};
use crate::edits::EditedModel;
use crate::model::Model;
use crate::native::lanes;

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
    let positions = Positions::new(&model.compute, &config.rope, config.head_dim, tokens);
    let dense = EditedModel::dense(config);
    let ids: Vec<u32> = (0..sequences * tokens).map(|at| (at * 7919 % config.vocab) as u32).collect();
    // A CPU runs sequences side by side, other devices run them as one batch.
    let (parts, batch) = if model.compute.on_host() {
        (sequences, Batch { sequences: 1, tokens })
    } else {
        (1, Batch { sequences, tokens })
    };
    let once = || {
        lanes::run(&model.compute, parts, |part| {
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
