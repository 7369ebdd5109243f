//! GLM-4.5 and 4.6 (arXiv 2508.06471): sigmoid routing with a correction, and a shared expert.

use crate::schema::{
    Attention, Correction, Count, ExpertTensors, Family, Flag, Groups, HeadDim, KvHeads, MixtureLayers,
    MixtureRule, NormRule, Null, Number, Over, PartRule, PartTensors, QkNorm, RotationRule, Router, Scores,
    SharedExpert, SharedInner,
};

pub(super) const GLM4_MOE: Family = Family {
    name: "glm4_moe",
    architecture: "Glm4MoeForCausalLM",
    models: "GLM-4.5, GLM-4.5-Air, GLM-4.6",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::PLAIN.head_dim },
        qkv_bias: Flag::Key("attention_bias", false),
        qk_norm: Some(QkNorm { over: Over::Head, present: Flag::Key("use_qk_norm", false), ..QkNorm::HEADS }),
        ..Attention::PLAIN
    },
    rotation: RotationRule { part: PartRule::Share(0.5), ..RotationRule::WHOLE },
    mixture: Some(EXPERTS),
    predictors: &["num_nextn_predict_layers", "num_mtp_layers"],
    ..Family::LLAMA
};

/// The experts, after the first layers.
pub(super) const EXPERTS: MixtureRule = MixtureRule {
    experts: Count { keys: &["n_routed_experts", "num_local_experts"], default: Some(128) },
    per_token: Count { keys: &["num_experts_per_tok"], default: Some(8) },
    inner: Count { keys: &["moe_intermediate_size"], default: Some(1408) },
    layers: MixtureLayers::From { key: "first_k_dense_replace", default: 1 },
    place: "mlp",
    router: ROUTER,
    tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
    shared: Some(SHARED),
};

/// The router, as DeepSeek V3 has it.
pub(super) const ROUTER: Router = Router {
    scores: Scores::Sigmoid,
    correction: Some(Correction { name: "gate.e_score_correction_bias", row: false }),
    renormalised: Flag::Key("norm_topk_prob", true),
    scale: Number::Key("routed_scaling_factor", 1.0),
    groups: Some(Groups {
        count: Count { keys: &["n_group"], default: Some(1) },
        kept: Count { keys: &["topk_group"], default: Some(1) },
        switch: None,
    }),
    ..Router::SOFTMAX
};

/// The experts that answer for every token.
pub(super) const SHARED: SharedExpert = SharedExpert {
    inner: SharedInner::Times { key: "n_shared_experts", default: 1 },
    place: "mlp.shared_experts",
    tensors: PartTensors::Gated(["gate_proj", "up_proj", "down_proj"]),
    gate: None,
};
