//! From token scores to the scores of a plan.

use std::collections::BTreeMap;

use attune_core::evaluator::{EvalFailure, Evaluation};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};

use super::NativeEvaluator;
use crate::text::Items;

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
    computed: f64,
}

impl Outcome {
    pub(super) fn extend(&mut self, items: Vec<ItemScore>, computed: f64) {
        self.items.extend(items);
        self.computed += computed;
    }
}

impl NativeEvaluator {
    /// What a plan scored on items of a split, when they are complete.
    pub(super) fn evaluation(
        &self,
        outcome: &Outcome,
        of: &Items,
        seconds: f64,
    ) -> Result<Evaluation, EvalFailure> {
        let items = &outcome.items;
        let column = |name: &str, aggregate, value: &dyn Fn(&ItemScore) -> f64| {
            let values: Vec<f64> = items.iter().map(value).collect();
            if let Some((item, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                return Err(EvalFailure::NotFinite { metric: name.to_owned(), item, value });
            }
            let weights = vec![of.scored as f64; values.len()];
            Ok((name.to_owned(), MetricScore { aggregate, items: values, weights }))
        };
        let metrics = BTreeMap::from([
            column("kl", Aggregate::Mean, &|item| item.kl)?,
            column("perplexity", Aggregate::ExpMean, &|item| item.nll)?,
        ]);
        let naive = (items.len() * of.length * self.model.config.layers) as u64;
        let work = Work { computed: outcome.computed.round() as u64, naive };
        Ok(Evaluation { scores: Scores { metrics }, work, seconds })
    }
}
