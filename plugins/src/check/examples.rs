//! Models to try a technique on. Nothing is loaded: a technique sees no more than facts.

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::OptionValue;
use attune_core::space::Axis;
use attune_core::technique::{Signal, TechniqueInfo};
use attune_vocabulary::{EXPERT_LAYERS, LinearModules, Matrices, ModelFacts, NamedModule};

/// A dense model, a mixture of experts, one whose first layer has none, and for techniques that mix checkpoints an image
/// generator with several, all small.
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
    let generators = if mixes { vec![Facts::from(generator)] } else { Vec::new() };
    let some = some_layers(&mixture);
    [Facts::from(dense), Facts::from(mixture), some].into_iter().chain(generators).collect()
}

/// The mixture without experts in its first layer, as a new evaluator tells of it.
fn some_layers(mixture: &ModelFacts) -> Facts {
    let (hidden, inner) = (mixture.hidden, mixture.feed_forward);
    let (queries, kv) = (mixture.heads * mixture.head_dim, mixture.kv_heads * mixture.head_dim);
    let module = |(number, (name, input)): (usize, (&str, usize))| NamedModule {
        name: name.to_owned(),
        input,
        tensor: number,
    };
    let names = [("q", 0), ("k", 0), ("v", 0), ("o", 3), ("gate", 4), ("up", 4), ("down", 6)];
    let layer = |inner, count, rows| {
        let matrix = |outputs, inputs, count, rows| Some(Matrices { outputs, inputs, count, rows });
        vec![
            matrix(queries, hidden, 1, 1),
            matrix(kv, hidden, 1, 1),
            matrix(kv, hidden, 1, 1),
            matrix(hidden, queries, 1, 1),
            matrix(inner, hidden, count, 1),
            matrix(inner, hidden, count, 1),
            matrix(hidden, inner, count, rows),
        ]
    };
    let mut layers = vec![layer(inner, mixture.experts, mixture.experts_per_token); mixture.layers as usize];
    layers[0] = layer(4 * inner, 1, 1);
    let mut facts = Facts::from(ModelFacts {
        name: "example-some-layers".to_owned(),
        fingerprint: ContentHash::of(b"example-some-layers"),
        family: "glm4_moe".to_owned(),
        ..mixture.clone()
    });
    LinearModules { modules: names.into_iter().enumerate().map(module).collect(), layers }
        .say(&mut facts.values);
    let with_experts = (1..mixture.layers).map(i64::from).collect();
    facts.values.insert(EXPERT_LAYERS.to_owned(), OptionValue::Ints(with_experts));
    facts
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
