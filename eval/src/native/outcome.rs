//! From token scores to the scores of a plan.

use std::collections::BTreeMap;

use attune_core::evaluator::EvalFailure;
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};

use super::NativeEvaluator;

/// What one item says, averaged over its predicted tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ItemScore {
    /// KL(dense ‖ candidate), nats per token.
    pub(super) kl: f64,
    /// Negative log-likelihood, nats per token.
    pub(super) nll: f64,
}

/// The items of one plan so far, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    items: Vec<ItemScore>,
}

impl Outcome {
    pub(super) fn extend(&mut self, items: Vec<ItemScore>) {
        self.items.extend(items);
    }
}

impl NativeEvaluator {
    /// The scores of a plan whose items are complete.
    pub(super) fn scores(&self, outcome: Outcome) -> Result<Scores, EvalFailure> {
        let items = &outcome.items;
        let column = |name: &str, aggregate, value: &dyn Fn(&ItemScore) -> f64| {
            let values: Vec<f64> = items.iter().map(value).collect();
            if let Some((item, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                return Err(EvalFailure::NotFinite { metric: name.to_owned(), item, value });
            }
            let weights = vec![(self.task.length() - 1) as f64; values.len()];
            Ok((name.to_owned(), MetricScore { aggregate, items: values, weights }))
        };
        let metrics = BTreeMap::from([
            column("kl", Aggregate::Mean, &|item| item.kl)?,
            column("perplexity", Aggregate::ExpMean, &|item| item.nll)?,
        ]);
        let layer_tokens = (items.len() * self.task.length() * self.model.config.layers) as u64;
        Ok(Scores { metrics, work: Work { computed: layer_tokens, naive: layer_tokens } })
    }
}
