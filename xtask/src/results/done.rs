//! A study that has a result.

use serde_json::Value;

/// A study that has a result.
pub(super) struct Done<'a> {
    pub(super) label: &'a str,
    pub(super) seed: u64,
    pub(super) metric: String,
    pub(super) result: Value,
}

impl Done<'_> {
    /// Mean of the objective of `who` on the report split.
    pub(super) fn quality(&self, who: &Value) -> Option<f64> {
        who["report"][&self.metric]["mean"].as_f64()
    }

    pub(super) fn best(&self) -> &Value {
        &self.result["best"]
    }

    /// What it was compared with.
    pub(super) fn baselines(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.result["baselines"].as_object().into_iter().flatten()
    }

    /// The first cost of `who`, with its unit.
    pub(super) fn cost(&self, who: &Value) -> Option<(f64, String)> {
        let cost = who["cost"].as_object()?.values().next()?;
        Some((cost["value"].as_f64()?, cost["unit"].as_str()?.to_owned()))
    }
}
