//! ERNIE 4.5 with experts: a softmax with a correction for the choice, shared experts, neighbouring channels rotated.

use crate::schema::{
    Accepted, Attention, Correction, Count, ExpertTensors, Family, HeadDim, KvHeads, MixtureLayers,
    MixtureRule, NormRule, Null, Pairs, PartTensors, RotationRule, Router, SharedExpert, SharedInner,
};

pub(super) const ERNIE4_5_MOE: Family = Family {
    name: "ernie4_5_moe",
    architecture: "Ernie4_5_MoeForCausalLM",
    models: "ERNIE 4.5 21B-A3B and 300B-A47B",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(4), null: Null::Refused },
        head_dim: HeadDim { null: Null::Refused, ..Attention::PLAIN.head_dim },
        ..Attention::PLAIN
    },
    rotation: RotationRule { base: 500_000.0, pairs: Pairs::Neighbours, ..RotationRule::WHOLE },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["moe_num_experts", "num_experts"], default: Some(64) },
        per_token: Count { keys: &["moe_k", "num_experts_per_tok"], default: Some(6) },
        inner: Count { keys: &["moe_intermediate_size"], default: Some(1536) },
        layers: MixtureLayers::Span,
        place: "mlp",
        router: Router {
            correction: Some(Correction { name: "moe_statics.e_score_correction_bias", row: true }),
            ..Router::SOFTMAX
        },
        tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
        shared: Some(SharedExpert {
            inner: SharedInner::Times { key: "moe_num_shared_experts", default: 2 },
            place: "mlp.shared_experts",
            tensors: PartTensors::Gated(["gate_proj", "up_proj", "down_proj"]),
            gate: None,
        }),
    }),
    tied: true,
    // With it, the output matrix has a bias, too.
    only: &[("use_bias", Accepted::Flag(false)), ("moe_norm_min", Accepted::Number(1e-12))],
    ..Family::LLAMA
};
