//! FlexOlmo (arXiv 2507.07024): OLMo 2 with experts.

use crate::schema::{
    Attention, Count, ExpertTensors, Family, Flag, HeadDim, MixtureLayers, MixtureRule, NormRule, Null,
    Placement, QkNorm, RotationRule, Router,
};

pub(super) const FLEX_OLMO: Family = Family {
    name: "flex_olmo",
    architecture: "FlexOlmoForCausalLM",
    models: "FlexOlmo 7x7B",
    norms: NormRule {
        placement: Placement::After {
            attention: "post_attention_layernorm",
            feed_forward: "post_feedforward_layernorm",
        },
        ..NormRule::RMS
    },
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm::PROJECTIONS),
        ..Attention::LLAMA
    },
    rotation: RotationRule { base: 500_000.0, ..RotationRule::WHOLE },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_experts", "num_local_experts"], default: Some(7) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(5) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::All,
        place: "mlp",
        router: Router { renormalised: Flag::Key("norm_topk_prob", false), ..Router::SOFTMAX },
        tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
        shared: None,
    }),
    ..Family::LLAMA
};
