//! DeepSeek V2 (arXiv 2405.04434): latent attention, softmax routing that groups may limit.

use super::deepseek_v3::{ATTENTION, RELEASED};
use super::glm4_moe::{EXPERTS, SHARED};
use crate::schema::{
    Accepted, Attention, Count, Family, Flag, GroupSwitch, Groups, HeadDim, KvHeads, MixtureLayers,
    MixtureRule, Null, Number, Pairs, RotationRule, Router, SharedExpert, SharedInner,
};

pub(super) const DEEPSEEK_V2: Family = Family {
    name: "deepseek_v2",
    architecture: "DeepseekV2ForCausalLM",
    models: "DeepSeek V2, V2.5, V2-Lite and DeepSeek-Coder-V2",
    attention: Attention {
        kv_heads: KvHeads { default: None, null: Null::Absent },
        head_dim: HeadDim { always_divides: true, ..ATTENTION.head_dim },
        ..ATTENTION
    },
    rotation: RotationRule { pairs: Pairs::Neighbours, ..RotationRule::WHOLE },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["n_routed_experts", "num_experts"], default: Some(64) },
        per_token: Count { keys: &["num_experts_per_tok"], default: None },
        inner: Count { keys: &["moe_intermediate_size"], default: Some(1407) },
        layers: MixtureLayers::From { key: "first_k_dense_replace", default: 0 },
        router: Router {
            // transformers rescales nothing, whatever `norm_topk_prob` says; the released code does.
            renormalised: Flag::Always(false),
            scale: Number::Key("routed_scaling_factor", 1.0),
            groups: Some(Groups {
                count: Count { keys: &["n_group"], default: None },
                kept: Count { keys: &["topk_group"], default: None },
                switch: Some(GroupSwitch { key: "topk_method", on: "group_limited_greedy", off: "greedy" }),
            }),
            ..Router::SOFTMAX
        },
        shared: Some(SharedExpert {
            inner: SharedInner::Times { key: "n_shared_experts", default: 2 },
            ..SHARED
        }),
        ..EXPERTS
    }),
    only: &[
        ("norm_topk_prob", Accepted::Flag(false)),
        ("scoring_func", Accepted::Word("softmax")),
        ("moe_layer_freq", Accepted::Number(1.0)),
    ],
    ignored: RELEASED,
    ..Family::LLAMA
};
