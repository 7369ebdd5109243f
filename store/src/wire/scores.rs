//! Scores with their per-item values.

use std::collections::BTreeMap;

use attune_core::scores::{Aggregate, MetricScore, Scores};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::WireError;
use super::float::{self, Float};

/// All metrics of one plan.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoresV1 {
    metrics: BTreeMap<String, MetricV1>,
    /// Stood here before it moved to the notes on runs.
    #[serde(default, skip_serializing, rename = "work")]
    _work: IgnoredAny,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricV1 {
    aggregate: AggregateV1,
    items: Vec<Float>,
    weights: Vec<Float>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AggregateV1 {
    Mean,
    ExpMean,
}

impl From<&Scores> for ScoresV1 {
    fn from(scores: &Scores) -> Self {
        let metrics = scores.metrics.iter().map(|(name, metric)| (name.clone(), metric.into())).collect();
        Self { metrics, _work: IgnoredAny }
    }
}

impl TryFrom<ScoresV1> for Scores {
    type Error = WireError;

    fn try_from(scores: ScoresV1) -> Result<Self, WireError> {
        let metrics = scores
            .metrics
            .into_iter()
            .map(|(name, metric)| {
                let metric = metric.into_domain(&name)?;
                Ok((name, metric))
            })
            .collect::<Result<_, WireError>>()?;
        Ok(Self { metrics })
    }
}

impl From<&MetricScore> for MetricV1 {
    fn from(metric: &MetricScore) -> Self {
        let aggregate = match metric.aggregate {
            Aggregate::Mean => AggregateV1::Mean,
            Aggregate::ExpMean => AggregateV1::ExpMean,
        };
        Self { aggregate, items: float::to_wire(&metric.items), weights: float::to_wire(&metric.weights) }
    }
}

impl MetricV1 {
    fn into_domain(self, name: &str) -> Result<MetricScore, WireError> {
        // Everything downstream indexes weights by item.
        if self.items.len() != self.weights.len() {
            return Err(WireError::Meaning(format!(
                "metric `{name}` has {} items and {} weights, expected as many",
                self.items.len(),
                self.weights.len()
            )));
        }
        let aggregate = match self.aggregate {
            AggregateV1::Mean => Aggregate::Mean,
            AggregateV1::ExpMean => Aggregate::ExpMean,
        };
        Ok(MetricScore {
            aggregate,
            items: float::from_wire(self.items),
            weights: float::from_wire(self.weights),
        })
    }
}
