//! GLM-4.7-Flash: the experts of GLM-4.5 behind latent attention.

use super::deepseek_v3::{ATTENTION, ROTATION};
use super::glm4_moe::{EXPERTS, ROUTER};
use crate::schema::{
    Accepted, Attention, Count, Family, KvHeads, LatentRule, MixtureLayers, MixtureRule, NormRule, Null,
    Number, Router,
};

pub(super) const GLM4_MOE_LITE: Family = Family {
    name: "glm4_moe_lite",
    architecture: "Glm4MoeLiteForCausalLM",
    models: "GLM-4.7-Flash",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(20), null: Null::Refused },
        latent: Some(LatentRule { query_rank: 768, unrotated: 192, value: 256, ..LatentRule::DEEPSEEK }),
        ..ATTENTION
    },
    rotation: ROTATION,
    mixture: Some(MixtureRule {
        experts: Count { default: Some(64), ..EXPERTS.experts },
        per_token: Count { default: Some(4), ..EXPERTS.per_token },
        inner: Count { default: Some(1536), ..EXPERTS.inner },
        layers: MixtureLayers::Listed { key: "mlp_layer_types", from: 1 },
        router: Router { scale: Number::Key("routed_scaling_factor", 1.8), ..ROUTER },
        ..EXPERTS
    }),
    predictors: &["num_nextn_predict_layers"],
    // Keys of older files that transformers does not read.
    only: &[
        ("first_k_dense_replace", Accepted::Number(1.0)),
        ("topk_method", Accepted::Word("noaux_tc")),
        ("scoring_func", Accepted::Word("sigmoid")),
    ],
    ..Family::LLAMA
};
