//! OLMoE (arXiv 2409.02060): experts in every layer, and norms of whole projections.

use crate::schema::{
    Attention, Count, ExpertTensors, Family, Flag, HeadDim, MixtureLayers, MixtureRule, NormRule, Null,
    Number, QkNorm, Router,
};

pub(super) const OLMOE: Family = Family {
    name: "olmoe",
    architecture: "OlmoeForCausalLM",
    models: "OLMoE 1B-7B",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm::PROJECTIONS),
        clip: Number::Optional("clip_qkv", None),
        ..Attention::LLAMA
    },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_experts", "num_local_experts"], default: Some(64) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(8) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::All,
        place: "mlp",
        router: Router { renormalised: Flag::Key("norm_topk_prob", false), ..Router::SOFTMAX },
        tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
        shared: None,
    }),
    ..Family::LLAMA
};
