//! dots.llm1 (arXiv 2506.05767): sigmoid routing with a correction, shared experts, norms of heads.

use crate::schema::{
    Attention, Correction, Count, ExpertTensors, Family, Flag, Groups, HeadDim, KvHeads, MixtureLayers,
    MixtureRule, Null, Number, PartTensors, QkNorm, Router, Scores, SharedExpert, SharedInner, WindowRule,
};

pub(super) const DOTS1: Family = Family {
    name: "dots1",
    architecture: "Dots1ForCausalLM",
    models: "dots.llm1",
    attention: Attention {
        kv_heads: KvHeads { default: Some(32), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm::HEADS),
        windows: WindowRule::None,
        ..Attention::LLAMA
    },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["n_routed_experts", "num_local_experts"], default: None },
        per_token: Count { keys: &["num_experts_per_tok"], default: None },
        inner: Count { keys: &["moe_intermediate_size"], default: Some(1408) },
        layers: MixtureLayers::From { key: "first_k_dense_replace", default: 0 },
        place: "mlp",
        router: Router {
            scores: Scores::Sigmoid,
            correction: Some(Correction { name: "gate.e_score_correction_bias", row: false }),
            renormalised: Flag::Key("norm_topk_prob", false),
            scale: Number::Key("routed_scaling_factor", 1.0),
            groups: Some(Groups {
                count: Count { keys: &["n_group"], default: Some(1) },
                kept: Count { keys: &["topk_group"], default: Some(1) },
            }),
            ..Router::SOFTMAX
        },
        tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
        shared: Some(SharedExpert {
            inner: SharedInner::Times { key: "n_shared_experts", default: 0 },
            place: "mlp.shared_experts",
            tensors: PartTensors::Gated(["gate_proj", "up_proj", "down_proj"]),
            gate: None,
        }),
    }),
    // All layers attend fully, as `layer_types` has to say.
    ignored: &["max_window_layers", "sliding_window"],
    ..Family::LLAMA
};
