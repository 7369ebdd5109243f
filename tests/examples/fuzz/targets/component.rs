//! Components, from their bytes to what they say about themselves.

use std::sync::LazyLock;

use attune_core::options::Settings;
use attune_core::technique::Technique as _;
use attune_plugins::{Host, HostError};

use crate::{Target, scratch};

static HOST: LazyLock<Result<Host, HostError>> = LazyLock::new(Host::new);

pub(crate) const TARGET: Target = Target {
    name: "component",
    seeds: |root| {
        scratch::contents(root, &["plugins/fixtures/example.wasm", "plugins/fixtures/technique-0.1.wasm"])
    },
    run: |input| {
        let Ok(host) = &*HOST else { return };
        if let Ok(technique) = host.load("fuzz.wasm", input) {
            let _ = technique.damage_signals(&model(), &Settings::new());
            if let Ok(space) = technique.space(&model(), &Settings::new()) {
                space.count();
            }
        }
    },
};

pub(super) fn model() -> attune_core::facts::Facts {
    attune_core::facts::Facts::from(attune_vocabulary::ModelFacts {
        name: "dense".into(),
        fingerprint: attune_core::hash::ContentHash::of(b"dense"),
        family: "llama".into(),
        layers: 4,
        hidden: 256,
        heads: 4,
        kv_heads: 2,
        head_dim: 64,
        experts: 8,
        experts_per_token: 2,
        context: 2048,
        vocab: 1000,
        checkpoints: 1,
        parameters: 4_000_000,
        feed_forward: 512,
        expert_parameters: 100_000,
        bytes_per_parameter: 2.0,
    })
}
