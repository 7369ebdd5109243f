//! Qwen3 with experts (arXiv 2505.09388).

use crate::schema::{
    Attention, Count, ExpertTensors, Family, Flag, HeadDim, KvHeads, MixtureLayers, MixtureRule, Null,
    QkNorm, Router, WindowRule,
};

pub(super) const QWEN3_MOE: Family = Family {
    name: "qwen3_moe",
    architecture: "Qwen3MoeForCausalLM",
    models: "Qwen3 30B-A3B and 235B-A22B",
    attention: Attention {
        kv_heads: KvHeads { default: Some(4), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm::HEADS),
        windows: WindowRule::Switched { tokens: Some(4096), first: None },
        ..Attention::LLAMA
    },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_experts", "num_local_experts"], default: Some(128) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(8) },
        inner: Count { keys: &["moe_intermediate_size"], default: Some(768) },
        layers: MixtureLayers::Every,
        place: "mlp",
        router: Router { renormalised: Flag::Key("norm_topk_prob", false), ..Router::SOFTMAX },
        tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
        shared: None,
    }),
    // Written, and read by no version.
    ignored: &["max_window_layers"],
    ..Family::LLAMA
};
