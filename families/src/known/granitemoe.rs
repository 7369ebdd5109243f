//! Granite 3 with experts, stacked in two tensors per layer.

use crate::schema::{
    Attention, Count, ExpertTensors, Family, HeadDim, MixtureLayers, MixtureRule, Null, Number, Orientation,
    Router, Scales,
};

pub(super) const GRANITEMOE: Family = Family {
    name: "granitemoe",
    architecture: "GraniteMoeForCausalLM",
    models: "Granite 3.0 and 3.1, 1B-A400M and 3B-A800M",
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        scale: Number::Key("attention_multiplier", 1.0),
        ..Attention::LLAMA
    },
    mixture: Some(EXPERTS),
    scales: Scales::GRANITE,
    ..Family::LLAMA
};

/// The experts, without a shared one.
pub(super) const EXPERTS: MixtureRule = MixtureRule {
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
    shared: None,
};
