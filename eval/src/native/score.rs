//! Scoring plans on one group of items.

use attune_core::evaluator::EvalFailure;
use burn_tensor::Tensor;

use super::NativeEvaluator;
use super::compare::Candidate;
use super::groups::Group;
use super::limit::{Limit, in_time};
use super::population::Passed;
use super::share::Share;
use crate::decoder::{Batch, RouterProbe};
use crate::edits::EditedModel;
use crate::ops::divergence::TokenScore;
use crate::passages::Read;

/// What one group says about each plan.
pub(super) struct Scored {
    /// Passage by passage.
    pub(super) reads: Vec<Vec<Read>>,
    /// Tokens times layers computed for each plan.
    pub(super) computed: Vec<f64>,
}

impl NativeEvaluator {
    /// What each plan says of the passages of `group`.
    pub(super) fn score_group(
        &self,
        group: &Group,
        plans: &[&EditedModel],
        limit: Limit,
        share: Share<'_>,
    ) -> Result<Scored, EvalFailure> {
        #[cfg(test)]
        assert!(plans.len() * group.passages.len() <= self.room, "GPU out of memory");
        let references = self.references(group, limit)?;
        let (passing, comparing) = self.shares(group, share);
        let Passed { last, computed } = self.pass(group, plans, limit, passing)?;
        let candidates: Vec<Candidate<'_>> = last
            .into_iter()
            .zip(plans)
            .map(|(x, edited)| Candidate { finished: self.finish(x, group), edited })
            .collect();
        let targets = group.targets();
        let scores = if self.model.compute.on_host() {
            self.compare_on_host(&references, &candidates, &targets, limit, comparing)?
        } else {
            self.compare_on_device(&references, &candidates, &targets, limit, comparing)?
        };
        let reads = scores.iter().map(|tokens| reads(tokens, group.scored)).collect();
        Ok(Scored { reads, computed })
    }

    /// Passing through the layers, which take 12·hidden² products a token each (attention 4, feed-forward 8, as in the
    /// original transformer), and comparing what is predicted with the vocabulary.
    fn shares<'a>(&self, group: &Group, share: Share<'a>) -> (Share<'a>, Share<'a>) {
        let config = &self.model.config;
        let hidden = config.hidden as f64;
        let layers = 12.0 * hidden * hidden * (config.layers * group.batch.tokens) as f64;
        share.split(layers, hidden * (config.vocab * group.scored) as f64)
    }

    /// The rows of one plan that predict something, `[targets, hidden]`, without looking at what is in memory;
    /// `probes`, one per layer or none, see what the routers say.
    pub(super) fn forward(
        &self,
        group: &Group,
        edited: &EditedModel,
        limit: Limit,
        probes: &mut [RouterProbe],
    ) -> Result<Tensor<2>, EvalFailure> {
        let batch = group.batch;
        let positions = self.positions(batch.tokens);
        let mut probes = probes.iter_mut();
        let mut x = self.model.embed_edited(edited, &group.ids);
        for layer in 0..self.model.config.layers {
            in_time(limit)?;
            x = self.model.layer(layer, x, batch, &[edited.layer(layer)], &positions, probes.next());
        }
        Ok(self.finish(x, group))
    }

    /// The last norm of the rows that predict what is scored: the last `scored` of each sequence but its very last.
    fn finish(&self, x: Tensor<2>, group: &Group) -> Tensor<2> {
        let (hidden, scored) = (self.model.config.hidden, group.scored);
        let Batch { sequences, tokens } = group.batch;
        let predicting = x
            .reshape([sequences, tokens, hidden])
            .narrow(1, tokens - 1 - scored, scored)
            .reshape([sequences * scored, hidden]);
        self.model.finish(predicting)
    }
}

fn reads(tokens: &[TokenScore], scored: usize) -> Vec<Read> {
    let sum = |of: &[TokenScore], value: &dyn Fn(&TokenScore) -> f64| of.iter().map(value).sum::<f64>();
    tokens
        .chunks_exact(scored)
        .map(|passage| Read { kl: sum(passage, &|token| token.kl), nll: sum(passage, &|token| token.nll) })
        .collect()
}
