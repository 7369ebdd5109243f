//! The model that a plan was searched for.

use serde::Serialize;

use attune_core::facts::Facts;
use attune_vocabulary::ModelFacts;

/// Identity and shape of a model.
#[derive(Serialize)]
pub(crate) struct ModelJson {
    name: String,
    fingerprint: String,
    family: String,
    layers: u32,
    hidden: u32,
    heads: u32,
    kv_heads: u32,
    head_dim: u32,
    experts: u32,
    experts_per_token: u32,
    parameters: u64,
}

impl From<&Facts> for ModelJson {
    fn from(facts: &Facts) -> Self {
        let model = ModelFacts::of(facts);
        Self {
            name: model.name,
            fingerprint: model.fingerprint.to_string(),
            family: model.family,
            layers: model.layers,
            hidden: model.hidden,
            heads: model.heads,
            kv_heads: model.kv_heads,
            head_dim: model.head_dim,
            experts: model.experts,
            experts_per_token: model.experts_per_token,
            parameters: model.parameters,
        }
    }
}
