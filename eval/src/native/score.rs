//! Scoring a few plans on one group of items.

use std::ops::Range;
use std::time::{Duration, Instant};

use attune_core::evaluator::EvalFailure;
use burn_tensor::{DType, Tensor, TensorData};

use super::NativeEvaluator;
use super::groups::Group;
use super::outcome::ItemScore;
use crate::decoder::RouterProbe;
use crate::edits::EditedModel;
use crate::ops::divergence::{Divergence, TokenScore};

/// Time per plan, and when it is over.
pub(super) type Limit = Option<(Duration, Instant)>;

/// Logits that are alive at once, per lane on a CPU: 16 MiB stay below the size from which allocators
/// return memory to the system after every use.
const PIECE_ELEMENTS: usize = 1 << 22;

impl NativeEvaluator {
    /// The items of each plan on `group`.
    pub(super) fn score_group(
        &self,
        group: &Group<'_>,
        plans: &[&EditedModel],
        limit: Limit,
    ) -> Result<Vec<Vec<ItemScore>>, EvalFailure> {
        let reference = self.reference(group, limit)?;
        let finished =
            plans.iter().map(|edited| self.finished(group, edited, limit)).collect::<Result<Vec<_>, _>>()?;
        let targets = group.targets();
        let mut scores: Vec<Divergence> = plans.iter().map(|_| Divergence::new(targets.len())).collect();
        for (number, piece) in self.pieces().enumerate() {
            self.in_time(limit)?;
            let fresh;
            let dense = match &reference.logits {
                Some(kept) => &kept[number],
                None => {
                    fresh = self.piece(&reference.finished, &piece);
                    &fresh
                }
            };
            for (scores, finished) in scores.iter_mut().zip(&finished) {
                let candidate = self.piece(finished, &piece);
                let (dense, candidate) = (floats(dense)?, floats(&candidate)?);
                scores.add(dense, candidate, piece.start, piece.len(), &targets);
            }
        }
        Ok(scores.into_iter().map(|plan| items(plan.finish().collect(), group.items.len())).collect())
    }

    /// The rows of a plan that predict something: `[targets, hidden]`.
    pub(super) fn finished(
        &self,
        group: &Group<'_>,
        edited: &EditedModel,
        limit: Limit,
    ) -> Result<Tensor<2>, EvalFailure> {
        self.forward(group, edited, limit, &mut [])
    }

    /// Like `finished`; `probes`, one per layer or none, see what the routers say.
    pub(super) fn forward(
        &self,
        group: &Group<'_>,
        edited: &EditedModel,
        limit: Limit,
        probes: &mut [RouterProbe],
    ) -> Result<Tensor<2>, EvalFailure> {
        let batch = group.batch;
        let positions = self.positions(batch.tokens);
        let mut probes = probes.iter_mut();
        let mut x = self.model.embed(group.ids);
        for layer in 0..self.model.config.layers {
            self.in_time(limit)?;
            x = self.model.layer(layer, x, batch, edited.layer(layer), &positions, probes.next());
        }
        let hidden = self.model.config.hidden;
        let predicting = x
            .reshape([batch.sequences, batch.tokens, hidden])
            .narrow(1, 0, batch.tokens - 1)
            .reshape([batch.sequences * (batch.tokens - 1), hidden]);
        Ok(self.model.finish(predicting))
    }

    /// The vocabulary in pieces.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let vocab = self.model.config.vocab;
        let rows = self.task.length().max(512);
        let width = (PIECE_ELEMENTS / rows).clamp(1, vocab);
        (0..vocab).step_by(width).map(move |first| first..(first + width).min(vocab))
    }

    fn piece(&self, finished: &Tensor<2>, piece: &Range<usize>) -> TensorData {
        self.model.logits(finished.clone(), piece.start, piece.len()).cast(DType::F32).into_data()
    }

    fn in_time(&self, limit: Limit) -> Result<(), EvalFailure> {
        match limit {
            Some((each, end)) if Instant::now() > end => Err(EvalFailure::Deadline(each)),
            _ => Ok(()),
        }
    }
}

fn floats(data: &TensorData) -> Result<&[f32], EvalFailure> {
    data.as_slice().map_err(|error| EvalFailure::Internal(format!("cannot read logits: {error:?}")))
}

fn items(tokens: Vec<TokenScore>, count: usize) -> Vec<ItemScore> {
    let per_item = tokens.len() / count;
    let mean = |of: &[TokenScore], value: &dyn Fn(&TokenScore) -> f64| {
        of.iter().map(value).sum::<f64>() / per_item as f64
    };
    tokens
        .chunks_exact(per_item)
        .map(|item| ItemScore { kl: mean(item, &|token| token.kl), nll: mean(item, &|token| token.nll) })
        .collect()
}
