//! Qwen1.5 and Qwen2 with experts (arXiv 2407.10671), one of which answers for every token.

use crate::schema::{
    Accepted, Attention, Count, ExpertTensors, Family, Flag, HeadDim, KvHeads, MixtureLayers, MixtureRule,
    Null, PartTensors, Router, SharedExpert, SharedInner,
};

pub(super) const QWEN2_MOE: Family = Family {
    name: "qwen2_moe",
    architecture: "Qwen2MoeForCausalLM",
    models: "Qwen1.5-MoE A2.7B, Qwen2 57B-A14B",
    attention: Attention {
        kv_heads: KvHeads { default: Some(16), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("qkv_bias", true),
        ..Attention::PLAIN
    },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_experts"], default: Some(60) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(4) },
        inner: Count { keys: &["moe_intermediate_size"], default: Some(1408) },
        layers: MixtureLayers::Every,
        place: "mlp",
        router: Router { renormalised: Flag::Key("norm_topk_prob", false), ..Router::SOFTMAX },
        tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
        shared: Some(SharedExpert {
            inner: SharedInner::Key { key: "shared_expert_intermediate_size", default: 5632 },
            place: "mlp.shared_expert",
            tensors: PartTensors::Gated(["gate_proj", "up_proj", "down_proj"]),
            gate: Some("mlp.shared_expert_gate"),
        }),
    }),
    // Versions differ in which layers have a window when they are in use.
    only: &[("use_sliding_window", Accepted::Flag(false))],
    ignored: &["max_window_layers", "sliding_window"],
    ..Family::LLAMA
};
