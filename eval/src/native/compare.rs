//! Candidates' next-token distributions against the dense model's.

use std::ops::Range;
use std::sync::Arc;

use attune_core::evaluator::EvalFailure;
use burn_tensor::{Int, Tensor, TensorData, activation};

use super::NativeEvaluator;
use super::limit::{Limit, in_time};
use super::reference::Reference;
use super::share::Share;
use crate::edits::EditedModel;
use crate::ops::divergence::{Divergence, TokenScore};

/// Logits that are alive at once, per lane on a CPU: 16 MiB stay below the size from which allocators
/// return memory to the system after every use.
const CPU_LOGITS: usize = 1 << 22;

/// Logits that are alive at once on other devices: 256 MiB, of which an evaluation holds a handful.
const DEVICE_LOGITS: usize = 1 << 26;

/// What a plan predicts from.
pub(super) struct Candidate<'a> {
    /// The last norm of the rows that predict, `[targets, hidden]`.
    pub(super) finished: Tensor<2>,
    /// The plan, whose output matrix may be another one.
    pub(super) edited: &'a EditedModel,
}

impl NativeEvaluator {
    /// Scores of every row of every candidate, over the vocabulary in pieces.
    pub(super) fn compare_on_host(
        &self,
        references: &[Arc<Reference>],
        candidates: &[Candidate<'_>],
        targets: &[u32],
        limit: Limit,
        share: Share<'_>,
    ) -> Result<Vec<Vec<TokenScore>>, EvalFailure> {
        let rows = targets.len() / references.len();
        let pieces = self.pieces(rows).count();
        let mut scores: Vec<Vec<Divergence>> =
            candidates.iter().map(|_| references.iter().map(|_| Divergence::new(rows)).collect()).collect();
        for (number, piece) in self.pieces(rows).enumerate() {
            in_time(limit)?;
            // What is not kept is computed once for all candidates.
            let fresh: Vec<TensorData> = references
                .iter()
                .filter(|reference| reference.logits.is_none())
                .map(|reference| self.piece(&reference.finished, &piece))
                .collect();
            for (scores, plan) in scores.iter_mut().zip(candidates) {
                let logits =
                    self.model.logits_edited(plan.edited, plan.finished.clone(), piece.start, piece.len());
                let candidate = logits.into_data();
                let mut fresh = fresh.iter();
                let parts = floats(&candidate)?.chunks_exact(rows * piece.len());
                for (((scores, reference), candidate), targets) in
                    scores.iter_mut().zip(references).zip(parts).zip(targets.chunks_exact(rows))
                {
                    let kept = reference.logits.as_ref().map(|kept| &kept[number]);
                    let Some(dense) = kept.or_else(|| fresh.next()) else { continue };
                    scores.add(floats(dense)?, candidate, piece.start, piece.len(), targets);
                }
            }
            share.done(1, pieces);
        }
        Ok(scores.into_iter().map(|plan| plan.into_iter().flat_map(Divergence::finish).collect()).collect())
    }

    /// The same by Burn's operations, a run of rows at a time over the whole vocabulary: only two numbers
    /// per token leave the device.
    pub(super) fn compare_on_device(
        &self,
        references: &[Arc<Reference>],
        candidates: &[Candidate<'_>],
        targets: &[u32],
        limit: Limit,
        share: Share<'_>,
    ) -> Result<Vec<Vec<TokenScore>>, EvalFailure> {
        let vocab = self.model.config.vocab;
        let reference = Tensor::cat(references.iter().map(|one| one.finished.clone()).collect(), 0);
        let step = (DEVICE_LOGITS / vocab).max(1);
        let mut scores = vec![Vec::with_capacity(targets.len()); candidates.len()];
        for first in (0..targets.len()).step_by(step) {
            in_time(limit)?;
            let rows = first..(first + step).min(targets.len());
            let own = |finished: &Tensor<2>| finished.clone().narrow(0, rows.start, rows.len());
            let dense = activation::log_softmax(self.model.logits(own(&reference), 0, vocab), 1);
            let weights = dense.clone().exp();
            let next: Tensor<2, Int> =
                self.model.compute.indices(&targets[rows.clone()]).reshape([rows.len(), 1]);
            for (scores, plan) in scores.iter_mut().zip(candidates) {
                let logits = self.model.logits_edited(plan.edited, own(&plan.finished), 0, vocab);
                let candidate = activation::log_softmax(logits, 1);
                let kl = (weights.clone() * (dense.clone() - candidate.clone())).sum_dim(1);
                let nll = -candidate.gather(1, next.clone());
                let both = Tensor::cat(vec![kl, nll], 1).into_data();
                scores.extend(floats(&both)?.chunks_exact(2).map(|pair| TokenScore::new(pair[0], pair[1])));
            }
            share.done(rows.len(), targets.len());
        }
        Ok(scores)
    }

    /// The vocabulary in pieces, for items with so many scored rows. Sums depend on where pieces end, so it is the same
    /// for an item in every company and every task.
    pub(super) fn pieces(&self, scored: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let vocab = self.model.config.vocab;
        let rows = (scored + 1).max(512);
        let width = (CPU_LOGITS / rows).clamp(1, vocab);
        (0..vocab).step_by(width).map(move |first| first..(first + width).min(vocab))
    }

    /// Logits of one piece of the vocabulary.
    pub(super) fn piece(&self, finished: &Tensor<2>, piece: &Range<usize>) -> TensorData {
        self.model.logits(finished.clone(), piece.start, piece.len()).into_data()
    }
}

fn floats(data: &TensorData) -> Result<&[f32], EvalFailure> {
    data.as_slice().map_err(|error| EvalFailure::Internal(format!("cannot read logits: {error:?}")))
}
