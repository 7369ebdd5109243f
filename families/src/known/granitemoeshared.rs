//! Granite with experts, one of which answers for every token.

use crate::schema::{
    Attention, Count, ExpertTensors, Family, HeadDim, MixtureLayers, MixtureRule, Null, Number, Orientation,
    PartTensors, Router, Scales, SharedExpert, SharedInner,
};

pub(super) const GRANITEMOESHARED: Family = Family {
    name: "granitemoeshared",
    architecture: "GraniteMoeSharedForCausalLM",
    models: "Granite MoE with a shared expert",
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        scale: Number::Key("attention_multiplier", 1.0),
        ..Attention::LLAMA
    },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_local_experts"], default: Some(8) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(2) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::All,
        place: "block_sparse_moe",
        // A softmax over the logits of the chosen experts, which is the same.
        router: Router { matrix: "router.layer", ..Router::SOFTMAX },
        tensors: ExpertTensors::Stacked {
            gate_up: "input_linear.weight",
            down: "output_linear.weight",
            orientation: Orientation::Rows,
            biases: None,
        },
        shared: Some(SharedExpert {
            inner: SharedInner::Key { key: "shared_intermediate_size", default: 0 },
            place: "shared_mlp",
            tensors: PartTensors::Fused(["input_linear", "output_linear"]),
            gate: None,
        }),
    }),
    scales: Scales::GRANITE,
    ..Family::LLAMA
};
