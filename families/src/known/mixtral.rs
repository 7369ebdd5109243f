//! Mixtral (arXiv 2401.04088).

use crate::schema::{
    Attention, Count, ExpertTensors, Family, HeadDim, KvHeads, MixtureLayers, MixtureRule, NormRule, Null,
    RotationRule, Router, WindowRule,
};

pub(super) const MIXTRAL: Family = Family {
    name: "mixtral",
    architecture: "MixtralForCausalLM",
    models: "Mixtral 8x7B and 8x22B",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        // Its config class leaves the key null, and rotations that need it fail in every version.
        head_dim: HeadDim { needed_by_scaling: true, ..Attention::PLAIN.head_dim },
        windows: WindowRule::Every { tokens: None, listed: true },
        ..Attention::PLAIN
    },
    rotation: RotationRule { base: 1e6, ..RotationRule::WHOLE },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_local_experts"], default: Some(8) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(2) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::All,
        place: "block_sparse_moe",
        router: Router::SOFTMAX,
        tensors: ExpertTensors::Apart(["w1", "w3", "w2"]),
        shared: None,
    }),
    ..Family::LLAMA
};
