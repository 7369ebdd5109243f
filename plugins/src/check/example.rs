//! One config of a technique, in words.

use attune_core::facts::Facts;
use attune_core::format;
use attune_core::options::Settings;
use attune_core::plan::Vocabulary;
use attune_core::rng;
use attune_core::technique::{Cost, Technique};

use super::words;

/// Seed of the draw; any would do.
const SEED: u64 = 1;

/// One config: what it looks like, does and costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The model, by name.
    pub model: String,
    /// Each dimension with its values.
    pub config: Vec<String>,
    /// What its plan does, in sentences of whoever scores it.
    pub plan: Vec<String>,
    /// Each resource with its amount, against the model as it is.
    pub costs: Vec<String>,
}

/// A config that is drawn at random, with its plan in the words of `edits`; `None` where the technique is not for the model, or fails,
/// which its findings say.
pub(super) fn of(technique: &dyn Technique, model: &Facts, edits: &Vocabulary) -> Option<Example> {
    let options = Settings::new();
    let space = technique.space(model, &options).ok()?;
    let config = space.sample(&mut rng::derive(SEED, "example", &[0])).ok()?;
    let plan = technique.lower(model, &options, &config).ok()?;
    let costs = technique.cost(model, &options, &config).ok()?;
    let cost = |cost: &Cost| match format::saving(cost) {
        same if same == "–" => format!("{} {}", cost.resource, format::cost(cost)),
        saving => format!("{} {} ({saving})", cost.resource, format::cost(cost)),
    };
    Some(Example {
        model: model.name.clone(),
        config: words::config(&space, &config),
        plan: edits.describe(&plan),
        costs: costs.iter().map(cost).collect(),
    })
}
