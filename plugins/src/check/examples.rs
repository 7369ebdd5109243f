//! Models to try a technique on. Nothing is loaded: a technique sees no more than facts.

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::space::Axis;
use attune_core::technique::{Signal, TechniqueInfo};
use attune_vocabulary::ModelFacts;

/// A dense model, a mixture of experts, and for techniques that mix checkpoints an image generator with several, all
/// small.
pub(super) fn models(technique: &TechniqueInfo) -> Vec<Facts> {
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
        checkpoints: 1,
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
    let generator = ModelFacts {
        name: "example-generator".to_owned(),
        fingerprint: ContentHash::of(b"example-generator"),
        family: "attune_denoiser".to_owned(),
        layers: 5,
        hidden: 96,
        heads: 0,
        kv_heads: 0,
        head_dim: 0,
        context: 0,
        vocab: 0,
        checkpoints: 12,
        parameters: 180_000,
        ..dense.clone()
    };
    let mixes = technique.edits.iter().any(|edit| edit == "combine-checkpoints");
    // A component of before generators may well divide by the number of heads.
    let models = if mixes { vec![dense, mixture, generator] } else { vec![dense, mixture] };
    models.into_iter().map(Facts::from).collect()
}

/// A made-up measurement of a signal over layers and their experts or parts; `None` for another one.
pub(super) fn signal(name: &str, model: &Facts) -> Option<Signal> {
    let model = ModelFacts::of(model);
    let places = match name {
        "expert-frequency" | "expert-soft-activation" => Axis::new("expert", model.experts),
        "block-influence" => Axis::new("part", 3),
        _ => return None,
    };
    let cells = u64::from(model.layers) * u64::from(places.len);
    // Different in every layer, and without ties: 37 and 101 have no common factor.
    let values = (0..cells).map(|cell| (cell * 37 % 101) as f64 / 101.0).collect();
    Some(Signal { name: name.to_owned(), axes: vec![Axis::new("layer", model.layers), places], values })
}
