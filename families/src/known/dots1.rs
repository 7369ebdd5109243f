//! dots.llm1 (arXiv 2506.05767): sigmoid routing with a correction, shared experts, norms of heads.

use super::glm4_moe::{EXPERTS, ROUTER, SHARED};
use crate::schema::{
    Attention, Count, Family, Flag, HeadDim, KvHeads, MixtureLayers, MixtureRule, Null, QkNorm, Router,
    SharedExpert, SharedInner, WindowRule,
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
        experts: Count { default: None, ..EXPERTS.experts },
        per_token: Count { default: None, ..EXPERTS.per_token },
        layers: MixtureLayers::From { key: "first_k_dense_replace", default: 0 },
        router: Router { renormalised: Flag::Key("norm_topk_prob", false), ..ROUTER },
        shared: Some(SharedExpert {
            inner: SharedInner::Times { key: "n_shared_experts", default: 0 },
            ..SHARED
        }),
        ..EXPERTS
    }),
    // All layers attend fully, as `layer_types` has to say.
    ignored: &["max_window_layers", "sliding_window"],
    ..Family::LLAMA
};
