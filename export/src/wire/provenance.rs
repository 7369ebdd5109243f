//! Provenance: where a plan comes from and how it scored.

use std::collections::BTreeMap;

use serde::Serialize;

use attune_core::exporter::Provenance;
use attune_core::stats::Estimate;
use attune_core::technique::Cost;

/// Study, trial and scores. A number that is not finite becomes `null`.
#[derive(Serialize)]
pub(crate) struct ProvenanceJson {
    study: String,
    trial: u64,
    technique: String,
    seed: u64,
    numerics: String,
    cost: BTreeMap<String, CostJson>,
    search: BTreeMap<String, f64>,
    report: BTreeMap<String, EstimateJson>,
}

#[derive(Serialize)]
struct CostJson {
    value: f64,
    dense: f64,
    unit: String,
}

#[derive(Serialize)]
struct EstimateJson {
    mean: f64,
    low: f64,
    high: f64,
}

impl From<&Provenance> for ProvenanceJson {
    fn from(provenance: &Provenance) -> Self {
        let cost = |cost: &Cost| {
            let Cost { resource, unit, value, dense } = cost.clone();
            (resource, CostJson { value, dense, unit })
        };
        let estimate = |(name, found): (&String, &Estimate)| {
            (name.clone(), EstimateJson { mean: found.mean, low: found.low, high: found.high })
        };
        Self {
            study: provenance.study.clone(),
            trial: provenance.trial,
            technique: provenance.technique.clone(),
            seed: provenance.seed,
            numerics: provenance.numerics.clone(),
            cost: provenance.costs.iter().map(cost).collect(),
            search: provenance.search.clone(),
            report: provenance.report.iter().map(estimate).collect(),
        }
    }
}
