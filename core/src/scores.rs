//! Scores with their per-item values, so that comparisons are paired and have intervals.

use std::collections::BTreeMap;

/// How per-item values become the reported number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// `Σ w·x / Σ w`.
    Mean,
    /// `exp(Σ w·x / Σ w)`: perplexity from mean negative log-likelihoods.
    ExpMean,
}

/// One metric of one plan on one split.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricScore {
    /// How `items` are aggregated.
    pub aggregate: Aggregate,
    /// One value per item, in item order.
    pub items: Vec<f64>,
    /// The weight of each item (for example how much of it is predicted). As long as `items`.
    pub weights: Vec<f64>,
}

impl MetricScore {
    /// The aggregated value; NaN without items.
    pub fn value(&self) -> f64 {
        self.value_of((0..self.items.len()).map(|index| (index, 1.0)))
    }

    /// The aggregate over chosen items `(index, multiplicity)`, as a bootstrap needs it.
    pub fn value_of(&self, chosen: impl Iterator<Item = (usize, f64)>) -> f64 {
        let (sum, weight) = chosen.fold((0.0, 0.0), |(sum, weight), (index, times)| {
            let w = self.weights[index] * times;
            (sum + w * self.items[index], weight + w)
        });
        match self.aggregate {
            Aggregate::Mean => sum / weight,
            Aggregate::ExpMean => (sum / weight).exp(),
        }
    }
}

/// What an evaluation cost to compute, in units that do not depend on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Work {
    /// Of the evaluator's own units of work (for example tokens times layers), those that were really computed; what several plans share counts in equal parts.
    pub computed: u64,
    /// Those that evaluating every plan alone, on all items, would have computed.
    pub naive: u64,
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.computed += other.computed;
        self.naive += other.naive;
    }
}

/// All metrics of one plan on one split at one fidelity.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Scores {
    /// By metric name (`kl`, `perplexity`, …).
    pub metrics: BTreeMap<String, MetricScore>,
}

impl Scores {
    /// Scores over other items: for each wanted one, the scores that have it and its position there. Metrics
    /// that not all of them have are left out.
    pub fn assemble(wanted: &[(&Self, usize)]) -> Self {
        let Some((first, _)) = wanted.first() else { return Self::default() };
        let metric = |name: &String, aggregate| {
            let mut score = MetricScore { aggregate, items: Vec::new(), weights: Vec::new() };
            for (scores, position) in wanted {
                let from = scores.metrics.get(name)?;
                score.items.push(*from.items.get(*position)?);
                score.weights.push(*from.weights.get(*position)?);
            }
            Some((name.clone(), score))
        };
        let metrics = first.metrics.iter().filter_map(|(name, score)| metric(name, score.aggregate));
        Self { metrics: metrics.collect() }
    }

    /// The aggregated value of a metric, if it was measured.
    pub fn value(&self, metric: &str) -> Option<f64> {
        self.metrics.get(metric).map(MetricScore::value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregates_weigh_items() {
        let score = |aggregate| MetricScore { aggregate, items: vec![1.0, 3.0], weights: vec![3.0, 1.0] };
        assert_eq!(score(Aggregate::Mean).value(), 1.5);
        assert_eq!(score(Aggregate::ExpMean).value(), 1.5_f64.exp());
    }
}
