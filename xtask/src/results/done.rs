//! A study that has a result.

use serde_json::Value;

use super::estimate::interval;

/// A study that has a result.
pub(super) struct Done<'a> {
    pub(super) label: &'a str,
    pub(super) seed: u64,
    /// The objectives of its profile, the first one first: what tables and plots are about.
    pub(super) objectives: &'a [Objective],
    pub(super) result: &'a Value,
}

/// A metric that a profile minimises or maximises.
pub(super) struct Objective {
    pub(super) metric: String,
    pub(super) maximised: bool,
}

impl Objective {
    /// The objectives among the metrics that the text of a profile names.
    pub(super) fn all(profile: &str) -> Vec<Self> {
        let named = profile.split("metric: \"").skip(1).filter_map(|rest| {
            let (metric, rest) = rest.split_once('"')?;
            let rest = &rest[..rest.find(')').unwrap_or(rest.len())];
            let direction = rest.split_once("direction:")?.1.trim_start();
            Some(Self { metric: metric.to_owned(), maximised: direction.starts_with("maximise") })
        });
        named.collect()
    }
}

impl Done<'_> {
    /// The metric of its first objective.
    pub(super) fn metric(&self) -> &str {
        self.objectives.first().map_or("", |objective| &objective.metric)
    }

    /// Mean of the first objective of `who` on the report split.
    pub(super) fn quality(&self, who: &Value) -> Option<f64> {
        who["report"][self.metric()]["mean"].as_f64()
    }

    /// The same as something that is less where it is better.
    pub(super) fn loss(&self, who: &Value) -> Option<f64> {
        let maximised = self.objectives.first().is_some_and(|objective| objective.maximised);
        self.quality(who).map(|quality| if maximised { -quality } else { quality })
    }

    /// The metrics of its other objectives.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.objectives.iter().skip(1).map(|objective| objective.metric.as_str())
    }

    /// How far `who` is from the bounds that are known of the first objective, and how many items reach theirs.
    pub(super) fn gap(&self, who: &Value) -> Option<String> {
        let gap = &who["gap"][self.metric()];
        let (known, reached) = (gap["known"].as_u64()?, gap["reached"].as_u64()?);
        let far = match gap["share"]["mean"].as_f64() {
            Some(share) => format!("{:.2} %", 100.0 * share),
            None => interval(&gap["distance"]),
        };
        Some(format!("{far}, {reached} of {known} reach it"))
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
