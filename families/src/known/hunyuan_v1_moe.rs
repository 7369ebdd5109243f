//! HunYuan with experts in every layer, and one that answers for every token.

use super::hunyuan_v1_dense::HUNYUAN_V1_DENSE;
use crate::schema::{
    Accepted, Count, ExpertTensors, Family, MixtureLayers, MixtureRule, PartTensors, Router, SharedExpert,
    SharedInner,
};

pub(super) const HUNYUAN_V1_MOE: Family = Family {
    name: "hunyuan_v1_moe",
    architecture: "HunYuanMoEV1ForCausalLM",
    models: "models of HunYuan's class with one number of experts in all layers",
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_experts", "num_local_experts"], default: Some(1) },
        per_token: Count { keys: &["moe_topk", "num_experts_per_tok"], default: Some(1) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::All,
        place: "mlp",
        router: Router { matrix: "gate.wg", ..Router::SOFTMAX },
        tensors: ExpertTensors::Apart(["gate_proj", "up_proj", "down_proj"]),
        shared: Some(SharedExpert {
            inner: SharedInner::AsExpert,
            place: "mlp.shared_mlp",
            tensors: PartTensors::Gated(["gate_proj", "up_proj", "down_proj"]),
            gate: None,
        }),
    }),
    by_layer: &["moe_topk", "num_experts"],
    only: &[
        ("moe_layer_num_skipped", Accepted::Number(0.0)),
        ("norm_type", Accepted::Word("rms")),
        ("position_embedding_xdrope", Accepted::Flag(false)),
        ("use_cla", Accepted::Flag(false)),
        ("use_mixed_mlp_moe", Accepted::Flag(true)),
        ("use_mla", Accepted::Flag(false)),
        ("use_qk_norm", Accepted::Flag(true)),
        ("use_rotary_pos_emb", Accepted::Flag(true)),
    ],
    ..HUNYUAN_V1_DENSE
};
