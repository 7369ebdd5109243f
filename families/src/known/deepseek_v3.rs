//! DeepSeek V3 and R1 (arXiv 2412.19437): latent attention, sigmoid routing within groups with a correction.

use super::glm4_moe::{EXPERTS, ROUTER};
use crate::schema::{
    Accepted, Attention, Count, Family, Flag, Groups, KvHeads, LatentRule, MixtureLayers, MixtureRule, Null,
    Number, Pairs, RotationRule, Router,
};

pub(super) const DEEPSEEK_V3: Family = Family {
    name: "deepseek_v3",
    architecture: "DeepseekV3ForCausalLM",
    models: "DeepSeek V3, V3.1 and R1, and models in their layout",
    attention: ATTENTION,
    rotation: ROTATION,
    mixture: Some(MixtureRule {
        experts: Count { keys: &["n_routed_experts", "num_local_experts"], default: Some(256) },
        inner: Count { keys: &["moe_intermediate_size"], default: Some(2048) },
        layers: MixtureLayers::From { key: "first_k_dense_replace", default: 3 },
        router: Router {
            scale: Number::Key("routed_scaling_factor", 2.5),
            groups: Some(Groups {
                count: Count { keys: &["n_group"], default: Some(8) },
                kept: Count { keys: &["topk_group"], default: Some(4) },
                switch: None,
            }),
            ..ROUTER
        },
        ..EXPERTS
    }),
    predictors: &["num_nextn_predict_layers", "num_mtp_layers"],
    // Keys of the released code that transformers does not read: nothing but what they say is computed.
    only: &[
        ("topk_method", Accepted::Word("noaux_tc")),
        ("scoring_func", Accepted::Word("sigmoid")),
        ("moe_layer_freq", Accepted::Number(1.0)),
    ],
    ignored: RELEASED,
    ..Family::LLAMA
};

/// Latent attention with biases where `attention_bias` says so.
pub(super) const ATTENTION: Attention = Attention {
    kv_heads: KvHeads { default: Some(128), null: Null::Absent },
    qkv_bias: Flag::Key("attention_bias", false),
    output_bias: Flag::Key("attention_bias", false),
    latent: Some(LatentRule::DEEPSEEK),
    ..Attention::PLAIN
};

/// Neighbouring channels turn together unless `rope_interleave` says otherwise.
pub(super) const ROTATION: RotationRule =
    RotationRule { pairs: Pairs::Neighbours, neighbours_key: Some("rope_interleave"), ..RotationRule::WHOLE };

/// How the released code trains and is spread over devices.
pub(super) const RELEASED: &[&str] = &["aux_loss_alpha", "ep_size", "seq_aux"];
