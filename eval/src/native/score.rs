//! Scoring a few plans on one group of items.

use std::time::{Duration, Instant};

use attune_core::evaluator::EvalFailure;
use burn_tensor::Tensor;

use super::NativeEvaluator;
use super::groups::Group;
use super::outcome::ItemScore;
use crate::decoder::RouterProbe;
use crate::edits::EditedModel;
use crate::ops::divergence::TokenScore;

/// Time per plan, and when it is over.
pub(super) type Limit = Option<(Duration, Instant)>;

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
        let scores = if self.model.compute.on_host() {
            self.compare_on_host(&reference, &finished, &targets, limit)?
        } else {
            self.compare_on_device(&reference, &finished, &targets, limit)?
        };
        Ok(scores.iter().map(|tokens| items(tokens, group.items.len())).collect())
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
            in_time(limit)?;
            x = self.model.layer(layer, x, batch, edited.layer(layer), &positions, probes.next());
        }
        let hidden = self.model.config.hidden;
        let predicting = x
            .reshape([batch.sequences, batch.tokens, hidden])
            .narrow(1, 0, batch.tokens - 1)
            .reshape([batch.sequences * (batch.tokens - 1), hidden]);
        Ok(self.model.finish(predicting))
    }
}

pub(super) fn in_time(limit: Limit) -> Result<(), EvalFailure> {
    match limit {
        Some((each, end)) if Instant::now() > end => Err(EvalFailure::Deadline(each)),
        _ => Ok(()),
    }
}

fn items(tokens: &[TokenScore], count: usize) -> Vec<ItemScore> {
    let per_item = tokens.len() / count;
    let mean = |of: &[TokenScore], value: &dyn Fn(&TokenScore) -> f64| {
        of.iter().map(value).sum::<f64>() / per_item as f64
    };
    tokens
        .chunks_exact(per_item)
        .map(|item| ItemScore { kl: mean(item, &|token| token.kl), nll: mean(item, &|token| token.nll) })
        .collect()
}
