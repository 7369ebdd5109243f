//! From what a plan says of passages to its scores.

use std::collections::BTreeMap;

use attune_core::evaluator::{EvalFailure, Evaluation, Request};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};

use super::NativeEvaluator;
use crate::passages::Read;

/// What one plan said so far.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Of the passages of the request, in order.
    reads: Vec<Option<Read>>,
    computed: f64,
}

/// What items are worth by one metric.
#[derive(Default)]
struct Column {
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl Outcome {
    /// Nothing of so many passages.
    pub(super) fn of(passages: usize) -> Self {
        Self { reads: vec![None; passages], computed: 0.0 }
    }

    /// Adds passages at these places.
    pub(super) fn add(&mut self, places: &[usize], reads: Vec<Read>, computed: f64) {
        for (&place, read) in places.iter().zip(reads) {
            self.reads[place] = Some(read);
        }
        self.computed += computed;
    }
}

impl NativeEvaluator {
    /// What a plan scored on the items of a request, when they are complete.
    pub(super) fn evaluation(
        &self,
        outcome: &Outcome,
        request: &Request,
        seconds: f64,
    ) -> Result<Evaluation, EvalFailure> {
        let data = self.passages(request)?;
        let missing = || EvalFailure::Internal("a passage was not scored".to_owned());
        let reads: Vec<Read> = outcome.reads.iter().copied().collect::<Option<_>>().ok_or_else(missing)?;
        let metrics = &self.task.info().metrics;
        let mut columns: Vec<Column> = metrics.iter().map(|_| Column::default()).collect();
        let (mut place, mut tokens) = (0, 0);
        for &item in &request.items {
            let passages = data.of(item);
            let own = &reads[place..place + passages.len()];
            let main = data.main(item);
            let scored = data.scored(main) as f64;
            let Read { kl, nll } = own[(main - passages.start) as usize];
            let beside = [(kl / scored, scored), (nll / scored, scored)];
            let values = self.task.values(&request.split, item, own);
            let all = beside.into_iter().chain(values.into_iter().map(|value| (value, 1.0)));
            for (column, (value, weight)) in columns.iter_mut().zip(all) {
                column.values.push(value);
                column.weights.push(weight);
            }
            place += passages.len();
            tokens += data.size(item);
        }
        let mut scores = BTreeMap::new();
        for (number, (metric, Column { values, weights })) in metrics.iter().zip(columns).enumerate() {
            if let Some((item, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                return Err(EvalFailure::NotFinite { metric: metric.name.clone(), item, value });
            }
            let aggregate = if number == PERPLEXITY { Aggregate::ExpMean } else { Aggregate::Mean };
            scores.insert(metric.name.clone(), MetricScore { aggregate, items: values, weights });
        }
        let naive = (tokens * self.model.config.layers) as u64;
        let work = Work { computed: outcome.computed.round() as u64, naive };
        Ok(Evaluation { scores: Scores { metrics: scores }, work, seconds })
    }
}

/// Where it is among the metrics of every task, see [`crate::passages::metrics`].
const PERPLEXITY: usize = 1;
