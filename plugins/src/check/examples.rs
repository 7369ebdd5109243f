//! Models to try a technique on. Nothing is loaded: a technique sees no more than facts.

use attune_core::facts::ModelFacts;
use attune_core::hash::ContentHash;
use attune_core::space::Axis;
use attune_core::technique::Signal;

/// A dense model and a mixture of experts, both small.
pub(super) fn models() -> [ModelFacts; 2] {
    let dense = ModelFacts {
        name: "example-dense".to_owned(),
        fingerprint: ContentHash::of(b"example-dense"),
        family: "llama".to_owned(),
        layers: 8,
        hidden: 512,
        heads: 8,
        kv_heads: 2,
        head_dim: 64,
        experts: 0,
        experts_per_token: 0,
        context: 4096,
        vocab: 32_000,
        parameters: 45_000_000,
        feed_forward: 1024,
        expert_parameters: 0,
        bytes_per_parameter: 2.0,
    };
    let mixture = ModelFacts {
        name: "example-mixture".to_owned(),
        fingerprint: ContentHash::of(b"example-mixture"),
        family: "mixtral".to_owned(),
        experts: 8,
        experts_per_token: 2,
        parameters: 120_000_000,
        expert_parameters: 1_500_000,
        ..dense.clone()
    };
    [dense, mixture]
}

/// A made-up measurement of a signal over layers and experts; `None` for one that evaluators do not know.
pub(super) fn signal(name: &str, model: &ModelFacts) -> Option<Signal> {
    if !["expert-frequency", "expert-soft-activation"].contains(&name) {
        return None;
    }
    let cells = u64::from(model.layers) * u64::from(model.experts);
    // Different in every layer, and without ties: 37 and 101 have no common factor.
    let values = (0..cells).map(|cell| (cell * 37 % 101) as f64 / 101.0).collect();
    let axes = vec![Axis::new("layer", model.layers), Axis::new("expert", model.experts)];
    Some(Signal { name: name.to_owned(), axes, values })
}
