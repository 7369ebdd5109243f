//! A model to try the technique on: made up, small, dense.

use attune_guest::{Model, Setting};

pub(super) fn small() -> Model {
    Model {
        name: "small".to_owned(),
        family: "llama".to_owned(),
        layers: 4,
        hidden: 64,
        heads: 4,
        kv_heads: 2,
        head_dim: 16,
        experts: 0,
        experts_per_token: 0,
        context: 512,
        vocab: 1000,
        parameters: 300_000,
        expert_parameters: 0,
        bytes_per_parameter: 2.0,
        extra: vec![("feed-forward".to_owned(), Setting::Int(128))],
    }
}
